"""PHP's own web server, with scripts of a test and users who are logged in."""

import os
import socket

from .engine import Engine
from .http1 import NotAnswered, Response, read_head

USERS = 1000


class PHPServer(Engine):
    """Serves scripts, each request by a worker of its own. Its user N has the session `userN`."""

    name = "php"

    def __init__(self, scripts, workers, environment):
        self.scripts = scripts
        # The first process serves too.
        self.environment = {**os.environ, **environment, "PHP_CLI_SERVER_WORKERS": str(workers - 1)}
        super().__init__()

    def prepare(self):
        os.mkdir(self.path("site"))
        os.mkdir(self.path("sessions"))
        for name, code in {"ping.php": "<?php echo 'pong';", **self.scripts}.items():
            with open(self.path(f"site/{name}"), "w") as file:
                file.write(code)
        for user in range(1, USERS + 1):
            with open(self.path(f"sessions/sess_user{user}"), "w") as file:
                file.write(f"user_id|i:{user};")

    def command(self):
        return [
            "php", "-d", f"session.save_path={self.path('sessions')}", "-d", "session.use_strict_mode=0",
            "-d", "output_buffering=0", "-S", self.address, "-t", self.path("site"),
        ]  # fmt: skip

    def answers(self):
        try:
            return self.get("/ping.php").text == "pong"
        except (OSError, NotAnswered):
            return False

    def connect(self, timeout=10):
        return socket.create_connection(("127.0.0.1", self.port), timeout=timeout)

    def get(self, path, user=1, timeout=10):
        """The answer to a request; it ends with the connection."""
        name, value = session(user)
        received = b""
        with self.connect(timeout) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {self.address}\r\n{name}: {value}\r\n\r\n".encode())
            try:
                while data := connection.recv(1 << 16):
                    received += data
            except TimeoutError:
                raise NotAnswered(f"no answer within {timeout} s", received) from None
        head, found, body = received.partition(b"\r\n\r\n")
        if not found:
            raise NotAnswered("the connection was closed", received)
        return Response(*read_head(head), body)

    def workers(self):
        """The processes that serve, the first of them the one that has started the others."""
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as file:
            return [self.process.pid, *map(int, file.read().split())]

    def kill(self):
        if self.process and self.process.poll() is None:
            for worker in self.workers()[1:]:
                os.kill(worker, 9)
        super().kill()


def session(user):
    return ("Cookie", f"PHPSESSID=user{user}")
