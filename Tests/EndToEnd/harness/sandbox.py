"""What systemd's sandbox lets a program's system calls do, without systemd: sandbox.py RULES PROGRAM ARGUMENT…

RULES is a file with JSON: `allowed`, the names of system calls; `families`, those of sockets; `errno` for all others. It
is run as a program of its own, since a filter can't be taken off again. It takes libseccomp, as systemd does.
"""

import ctypes
import errno
import json
import os
import socket
import sys

ALLOW = 0x7FFF0000
EQUAL, MASKED_EQUAL = 4, 7
PROT_WRITE, PROT_EXEC = 2, 4


def failing(number):
    return 0x00050000 | number


class Comparison(ctypes.Structure):
    """`struct scmp_arg_cmp`."""

    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


class Filter:
    """A filter of libseccomp; the strictest answer of all that are loaded holds."""

    def __init__(self, otherwise):
        self.library = ctypes.CDLL("libseccomp.so.2", use_errno=True)
        self.library.seccomp_init.restype = ctypes.c_void_p
        self.context = ctypes.c_void_p(self.library.seccomp_init(ctypes.c_uint32(otherwise)))

    def rule(self, action, name, *comparisons):
        number = self.library.seccomp_syscall_resolve_name(name.encode())
        # Negative: another architecture's, or newer than this library.
        if number < 0:
            return
        some = (Comparison * len(comparisons))(*comparisons)
        done = self.library.seccomp_rule_add_array(
            self.context, ctypes.c_uint32(action), number, ctypes.c_uint(len(some)), some
        )
        if done:
            raise OSError(-done, f"{name}: {os.strerror(-done)}")

    def load(self):
        done = self.library.seccomp_load(self.context)
        if done:
            raise OSError(-done, os.strerror(-done))


def enter(rules):
    # `MemoryDenyWriteExecute=`, `RestrictAddressFamilies=` and `RestrictNamespaces=` first: loading a filter is a
    # system call too.
    details = Filter(ALLOW)
    both = PROT_WRITE | PROT_EXEC
    details.rule(failing(errno.EPERM), "mmap", Comparison(2, MASKED_EQUAL, both, both))
    details.rule(failing(errno.EPERM), "mprotect", Comparison(2, MASKED_EQUAL, PROT_EXEC, PROT_EXEC))
    details.rule(failing(errno.EPERM), "pkey_mprotect", Comparison(2, MASKED_EQUAL, PROT_EXEC, PROT_EXEC))
    families = {getattr(socket, name).value for name in rules["families"]}
    for family in set(range(64)) - families:
        details.rule(failing(errno.EAFNOSUPPORT), "socket", Comparison(0, EQUAL, family, 0))
    details.rule(failing(errno.ENOSYS), "clone3")
    # CLONE_NEWUSER, the first of them.
    details.rule(failing(errno.EPERM), "clone", Comparison(0, MASKED_EQUAL, 0x10000000, 0x10000000))
    details.rule(failing(errno.EPERM), "unshare")
    details.load()
    calls = Filter(failing(rules["errno"]))
    for name in rules["allowed"]:
        calls.rule(ALLOW, name)
    calls.load()


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        enter(json.load(file))
    os.execv(sys.argv[2], sys.argv[2:])
