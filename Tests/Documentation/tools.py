"""What rules share: the program, and folders that end with the run."""

import functools
import pathlib
import shutil
import subprocess
import tempfile

from harness.certificates import Authority


class Tools:
    def __init__(self, binary):
        self.binary = str(pathlib.Path(binary).resolve())
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="martlet-docs-"))
        self.closing = []

    def folder(self, name):
        path = self.root / name
        path.mkdir()
        return path

    @functools.cached_property
    def certificate(self):
        """The path of one for this machine, with its key in the same file, as HAProxy wants it; others take it too."""
        folder = self.folder("certificate")
        both = folder / "both.pem"
        both.write_text("".join(pathlib.Path(part).read_text() for part in Authority(str(folder)).issue("hub")))
        return both

    def closes(self, thing):
        self.closing.append(thing)
        return thing

    def close(self):
        for thing in reversed(self.closing):
            thing.close()
        shutil.rmtree(self.root, ignore_errors=True)


def refusal(command, **options):
    """What a program says that ends with an error, or None."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, **options)
    return (done.stderr.strip() or done.stdout.strip() or f"exit code {done.returncode}") if done.returncode else None


def program(name):
    """Where a program is that may not be on a user's path, or None."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
