"""Servers of a test's own that sources watch: Redis and databases, each in a folder of its own."""

import atexit
import functools
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time

from .lifetime import die_with_parent
from .outcome import Failure
from .site import unused_port
from .waiting import wait_for


@functools.cache
def shared(kind):
    """The one engine of a kind for scenarios that begin with a database of their own; it ends with the run."""
    engine = kind()
    atexit.register(engine.close)
    return engine


class Engine:
    """A process on a free port of loopback, which runs once it is made. Subclasses say by which `command`, how it is to
    `prepare` before it first runs and to `set_up` right after, and whether it `answers`."""

    name = "the server"
    # Those that refuse to be run by root are run by this user then.
    user = None
    environment = None

    def __init__(self):
        self.port = unused_port()
        self.folder = tempfile.mkdtemp(prefix="martlet-engine-")
        self.process = None
        self.as_user = {}
        if self.user and os.geteuid() == 0:
            entry = pwd.getpwnam(self.user)
            self.as_user = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
            os.chown(self.folder, entry.pw_uid, entry.pw_gid)
        try:
            self.prepare()
            self.start()
            self.set_up()
        except BaseException:
            self.close()
            raise

    def prepare(self):
        pass

    def set_up(self):
        pass

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self, within=30):
        with open(self.path("output"), "wb") as output:
            self.process = subprocess.Popen(
                self.command(),
                cwd=self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                preexec_fn=die_with_parent,
                **self.as_user,
            )

        def is_up():
            if self.process.poll() is not None:
                raise Failure(f"{self.name} did not start: {self.output()}")
            return self.answers()

        wait_for(is_up, within, lambda: f"{self.name} answers ({self.output()})", every=0.02)

    def output(self):
        with open(self.path("output"), errors="replace") as file:
            return file.read()[-1000:]

    def run(self, command, input=None, timeout=30):
        """What a program prints that is run as the server's user."""
        done = subprocess.run(
            command, input=input, capture_output=True, text=True, timeout=timeout, cwd=self.folder, **self.as_user
        )
        if done.returncode:
            raise Failure(f"{os.path.basename(command[0])}: {(done.stderr or done.stdout).strip()[-500:]}")
        return done.stdout

    def kill(self):
        """`kill -9`, and its death is waited for."""
        if self.process and self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGKILL)
        if self.process:
            self.process.wait()

    def close(self):
        self.kill()
        # What the server has started may still be writing.
        deadline = time.monotonic() + 5
        while os.path.exists(self.folder) and time.monotonic() < deadline:
            shutil.rmtree(self.folder, ignore_errors=True)
