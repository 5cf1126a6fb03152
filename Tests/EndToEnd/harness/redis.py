"""A Redis of a test's own, asked over one connection."""

import socket

from .engine import Engine
from .outcome import Failure

# What a hub has no reason to send; these are the test's.
OWN = {"info", "set", "lpush", "xadd", "publish", "config|resetstat", "del", "acl|setuser", "llen"}


class RedisError(Exception):
    """What Redis answers to a command that it refuses."""


class Redis(Engine):
    """Keeps nothing over a `kill`, unless it `is_durable`."""

    name = "Redis"

    def __init__(self, is_durable=False, options=()):
        self.is_durable = is_durable
        self.options = options
        self.connection = None
        super().__init__()

    def command(self):
        durable = ["--appendonly", "yes", "--appendfsync", "everysec"] if self.is_durable else ["--appendonly", "no"]
        return [
            "redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.folder, "--save", "",
            *durable, *self.options,
        ]  # fmt: skip

    @property
    def url(self):
        return f"redis://{self.address}"

    def answers(self):
        try:
            return self.ask("PING") == "PONG"
        except (OSError, RedisError):
            return False

    def kill(self):
        super().kill()
        if self.connection:
            self.connection.close()
        self.connection = None

    def ask(self, *words):
        """What Redis answers to a command."""
        return self.ask_all([words])[0]

    def ask_all(self, commands):
        """The answers to many commands, sent at once."""
        if not self.connection:
            self.connection = Connection(self.port)
        try:
            return self.connection.ask(commands)
        except OSError:
            self.connection.close()
            self.connection = None
            raise

    def calls(self):
        """How often the hub's commands were called, by name."""
        found = {}
        for line in self.ask("INFO", "commandstats").splitlines():
            name, _, rest = line.partition(":calls=")
            if rest and (name := name.removeprefix("cmdstat_")) not in OWN:
                found[name] = int(rest.partition(",")[0])
        return found


class Connection:
    """One connection, which speaks RESP2."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.file = self.socket.makefile("rb")

    def ask(self, commands):
        self.socket.sendall(b"".join(map(encoded, commands)))
        answers = [self.answer() for _ in commands]
        refused = next((answer for answer in answers if isinstance(answer, RedisError)), None)
        if refused:
            raise refused
        return answers

    def line(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("Redis closed the connection")
        return line[:-2].decode("utf-8", "surrogateescape")

    def answer(self):
        line = self.line()
        kind, rest = line[0], line[1:]
        if kind == "+":
            return rest
        if kind == ":":
            return int(rest)
        if kind == "-":
            return RedisError(rest)
        if kind == "$":
            return None if rest == "-1" else self.file.read(int(rest) + 2)[:-2].decode("utf-8", "surrogateescape")
        if kind == "*":
            return None if rest == "-1" else [self.answer() for _ in range(int(rest))]
        raise Failure(f"Redis answers {line!r}")

    def close(self):
        self.file.close()
        self.socket.close()


class Monitor(Connection):
    """All commands that any client sends, with their words, from when it is made."""

    def __init__(self, port):
        super().__init__(port)
        self.ask([("MONITOR",)])

    def read_until(self, word):
        """The words of each command, as Redis quotes them, up to one that has a word."""
        found = []
        while True:
            words = self.line().partition("] ")[2].split('" "')
            words = [part.removeprefix('"').removesuffix('"') for part in words]
            if word in words:
                return found
            found.append(words)


def encoded(words):
    parts = [word if isinstance(word, bytes) else str(word).encode("utf-8") for word in words]
    return b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
