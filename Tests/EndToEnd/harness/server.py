"""A `martlet serve` of one's own."""

import json
import os
import re
import resource
import signal
import subprocess
import time

from .http1 import request
from .lifetime import die_with_parent
from .outcome import Failure
from .waiting import wait_for

BOUND = re.compile(r"(Hub|Dashboard) on (https?)://([0-9.]+):([0-9]+)")


class Server:
    """Starts the program on free ports of loopback and, unless told otherwise, waits until it listens."""

    def __init__(
        self, binary, folder, log="memory", loops=None, settings=None, config="", descriptors=None, starts=True,
        environment=None, address="127.0.0.1:0", admin="127.0.0.1:0",
    ):
        self.folder = folder
        configuration = os.path.join(folder, "martlet.yaml")
        if config is not None:
            with open(configuration, "w") as file:
                # Without a file there would be a clock; a test wants only its own updates.
                file.write(config or "streams: { heartbeat: 15s }\n")
        self.number = next(
            n for n in range(1, 10_000) if not os.path.exists(os.path.join(folder, f"server-{n}.stderr"))
        )
        self.stderr_path = os.path.join(folder, f"server-{self.number}.stderr")
        command = [binary, "serve", "--log", log]
        if config is not None:
            command += ["--config", configuration]
        command += ["--address", address, "--admin", admin]
        if loops:
            command += ["--loops", str(loops)]
        for key, value in (settings or {}).items():
            command += ["--set", f"{key}={value}"]

        def prepare():
            die_with_parent()
            os.setpgid(0, 0)
            if descriptors:
                resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))

        clean = {key: value for key, value in os.environ.items() if not key.startswith("MARTLET_")}
        with open(self.stderr_path, "wb") as stderr:
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                env={**clean, **(environment or {})},
                stdin=subprocess.DEVNULL,
                stdout=stderr,
                stderr=stderr,
                preexec_fn=prepare,
            )
        self.ended_by_test = not starts
        self.hub = self.admin = None
        # Whether the hub's listener speaks TLS.
        self.is_tls = False
        if starts:
            self.wait_until_listening()

    @property
    def pid(self):
        return self.process.pid

    def wait_until_listening(self, within=20):
        def listening():
            if self.process.poll() is not None:
                raise Failure(f"the server did not start ({self.how_it_ended()}): {self.stderr()}")
            found = {kind: (scheme, (host, int(port))) for kind, scheme, host, port in BOUND.findall(self.stderr())}
            return found if len(found) == 2 else None

        found = wait_for(listening, within, "the server listens")
        (scheme, self.hub), (_, self.admin) = found["Hub"], found["Dashboard"]
        self.is_tls = scheme == "https"

    def stderr(self, tail=None):
        with open(self.stderr_path, errors="replace") as file:
            text = file.read()
        return text if tail is None else "\n".join(text.splitlines()[-tail:])

    def status(self):
        """The counters of the admin listener."""
        return json.loads(request(self.admin, "GET", "/status").text)

    def wait_for_status(self, holds, within, what, every=0.02):
        """The counters once they hold."""
        last = {}

        def condition():
            nonlocal last
            last = self.status()
            return last if holds(last) else None

        return wait_for(condition, within, lambda: f"{what} (status: {last})", every)

    def resident(self):
        """Bytes of memory that are resident."""
        with open(f"/proc/{self.pid}/status") as file:
            for line in file:
                if line.startswith("VmRSS:"):
                    return int(line.split()[1]) << 10
        raise Failure("no VmRSS")

    def cpu_seconds(self):
        """What it has computed, itself and the system for it."""
        with open(f"/proc/{self.pid}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def how_it_ended(self):
        code = self.process.poll()
        if code is None:
            return "still running"
        return f"ended by signal {-code}" if code < 0 else f"exit code {code}"

    def kill(self):
        """`kill -9`, and its death is waited for."""
        self.ended_by_test = True
        if self.process.poll() is None:
            os.kill(self.pid, signal.SIGKILL)
        self.process.wait()

    def reload(self):
        os.kill(self.pid, signal.SIGHUP)

    def terminate(self):
        self.ended_by_test = True
        os.kill(self.pid, signal.SIGTERM)

    def wait(self, within, what="the server ends"):
        """Its exit code (negative: the signal) and how long it took."""
        start = time.monotonic()
        self.ended_by_test = True
        try:
            code = self.process.wait(within)
        except subprocess.TimeoutExpired:
            raise Failure(f"{what}: not within {within:g} s") from None
        return code, time.monotonic() - start
