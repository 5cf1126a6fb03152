"""A unit of systemd, read: its directives, and what of its sandbox concerns system calls."""

import errno
import subprocess

from .outcome import Failure


class Unit:
    """`[Service]` of a unit; a directive has all of its values."""

    def __init__(self, text):
        self.directives = {}
        section = ""
        for line in text.splitlines():
            if line.startswith("["):
                section = line
            elif section == "[Service]" and line and not line.startswith("#"):
                name, _, value = line.partition("=")
                self.directives.setdefault(name, []).append(value)

    def one(self, name):
        values = self.directives.get(name, [])
        if len(values) != 1:
            raise Failure(f"{name} is not there once, but {len(values)} times")
        return values[0]

    def seconds(self, name):
        return float(self.one(name).removesuffix("s"))

    def sandbox(self):
        """The rules for `sandbox.py`."""
        allowed = set()
        for value in self.directives["SystemCallFilter"]:
            names = calls(value.removeprefix("~").split())
            allowed = allowed - names if value.startswith("~") else allowed | names
        return {
            # What systemd adds to each list itself.
            "allowed": sorted(allowed | calls(["@default"])),
            "families": self.one("RestrictAddressFamilies").split(),
            "errno": getattr(errno, self.one("SystemCallErrorNumber")),
        }


def calls(names):
    """The system calls of these names, and of sets among them."""
    found = set()
    for name in names:
        if not name.startswith("@"):
            found.add(name)
            continue
        listed = subprocess.run(["systemd-analyze", "syscall-filter", name], capture_output=True, text=True, timeout=20)
        if listed.returncode:
            raise Failure(f"systemd-analyze syscall-filter {name}: {listed.stderr}")
        lines = [line.strip() for line in listed.stdout.splitlines()[1:]]
        found |= calls(line for line in lines if line and not line.startswith("#"))
    return found
