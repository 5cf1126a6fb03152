"""Many subscribers in one process, on one epoll."""

import errno
import select
import socket
import time

from .http1 import ChunkDecoder, read_head
from .outcome import Failure, check

# Connections under way at a time; beyond the server's backlog they would be refused.
CONNECTING = 500


class Member:
    """One subscriber: `receive(payload)` is what becomes of the body's bytes as they come."""

    __slots__ = ("number", "socket", "chunks", "head", "end", "ended_at", "headers", "receive")

    def __init__(self, number, receive):
        self.number = number
        self.receive = receive
        self.socket = None
        self.chunks = ChunkDecoder()
        self.head = b""
        self.headers = None
        self.end = None
        self.ended_at = None


class Crowd:
    """Opens subscriptions and reads all of them in `turn`."""

    def __init__(self, address):
        self.address = address
        self.poll = select.epoll()
        self.members = {}
        self.joined = 0
        self.open = 0

    def join(self, count, request, receiver, meanwhile=lambda: None, within=60):
        """Opens `count` streams: `request(number)` is a path and headers, `receiver(number)` takes a stream's payload."""
        host = f"{self.address[0]}:{self.address[1]}"
        started = 0
        deadline = time.monotonic() + within
        goal = self.joined + count
        while self.joined < goal:
            while started < count and started + goal - count - self.joined < CONNECTING:
                number = len(self.members)
                path, fields = request(number)
                head = [f"GET {path} HTTP/1.1", f"Host: {host}", *(f"{k}: {v}" for k, v in fields)]
                member = Member(number, receiver(number))
                member.socket = socket.socket()
                member.socket.setblocking(False)
                code = member.socket.connect_ex(self.address)
                check(code in (0, errno.EINPROGRESS), f"connection {number} cannot be made: errno {code}")
                member.head = ("\r\n".join(head) + "\r\n\r\n").encode("utf-8")
                self.members[member.socket.fileno()] = member
                self.poll.register(member.socket, select.EPOLLOUT)
                started += 1
                if started % 50 == 0:
                    break
            self.turn(0.01)
            meanwhile()
            check(time.monotonic() < deadline, f"{self.joined} of {goal} streams were open within {within} s")

    def turn(self, within):
        """Reads what has come to anybody, waiting for it up to `within` seconds."""
        members = self.members
        for descriptor, events in self.poll.poll(within, 1024):
            member = members[descriptor]
            if events & select.EPOLLOUT:
                try:
                    member.socket.send(member.head)
                except OSError as error:
                    raise Failure(f"connection {member.number} was not made: {error}") from None
                member.head = b""
                self.poll.modify(descriptor, select.EPOLLIN)
                continue
            try:
                data = member.socket.recv(1 << 18)
            except ConnectionError:
                data = b""
            except BlockingIOError:
                continue
            if not data:
                self.end(member, "cut")
                continue
            if member.headers is None:
                data = self.take_head(member, member.head + data)
            if data:
                payload = member.chunks.feed(data)
                if payload:
                    member.receive(payload)
                if member.chunks.ended:
                    self.end(member, "terminated")

    def take_head(self, member, data):
        head, found, rest = data.partition(b"\r\n\r\n")
        if not found:
            member.head = data
            return b""
        status, headers = read_head(head)
        check(status == 200, f"stream {member.number} was refused with {status}: {rest[:200]!r}")
        member.head = b""
        member.headers = headers
        self.joined += 1
        self.open += 1
        return rest

    def end(self, member, how):
        check(member.headers is not None, f"connection {member.number} was {how} before an answer")
        member.end = how
        member.ended_at = time.monotonic()
        self.open -= 1
        self.poll.unregister(member.socket)
        member.socket.close()

    def run_until(self, condition, within, what):
        deadline = time.monotonic() + within
        while not condition():
            if time.monotonic() > deadline:
                raise Failure(f"{what() if callable(what) else what}: not within {within} s")
            self.turn(0.02)

    def close(self):
        for member in self.members.values():
            member.socket.close()
        self.poll.close()
