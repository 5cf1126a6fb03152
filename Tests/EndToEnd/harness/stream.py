"""One subscriber on a blocking socket, that reads when it is told to."""

import socket
import time
import urllib.parse

from .http1 import ChunkDecoder, read_head
from .outcome import Failure, check
from .sse import EventParser

HUB = "/.well-known/mercure"


def hub_path(*topics, **parameters):
    """The path that subscribes to topics; a parameter `lastEventID` goes into the query."""
    pairs = [("topic", topic) for topic in topics] + list(parameters.items())
    return HUB + "?" + urllib.parse.urlencode(pairs)


class Reading:
    """The events of a subscription, read when it is told to. Whoever has the bytes implements `receive`."""

    def __init__(self):
        self.events = []
        self.taken = 0
        # None while it is open, "terminated" if it was ended as HTTP ends a body, "cut" if not.
        self.end = None
        self.body = b""

    def read(self, count, within=10):
        """The next `count` events."""
        deadline = time.monotonic() + within
        while len(self.events) - self.taken < count:
            left = deadline - time.monotonic()
            if left <= 0 or self.end:
                raise Failure(
                    f"{len(self.events) - self.taken} events of {count} came "
                    + (f"before the stream was {self.end}" if self.end else f"within {within:g} s")
                    + f"; the last of all: {self.events[-1:]}"
                )
            self.receive(left)
        found = self.events[self.taken:self.taken + count]
        self.taken += count
        return found

    def read_until(self, is_last, within=10):
        """The next events up to the first one that `is_last`, with it."""
        deadline = time.monotonic() + within
        at = self.taken
        while True:
            while at < len(self.events):
                at += 1
                if is_last(self.events[at - 1]):
                    found = self.events[self.taken:at]
                    self.taken = at
                    return found
            left = deadline - time.monotonic()
            if left <= 0 or self.end:
                raise Failure(
                    f"after {at - self.taken} events the expected one had not come "
                    + (f"when the stream was {self.end}" if self.end else f"within {within:g} s")
                    + f"; the last: {self.events[-1:]}"
                )
            self.receive(left)

    def forget(self):
        """Drops the events that were read, so that a long stream does not fill this process's memory."""
        del self.events[:self.taken]
        self.taken = 0

    def read_to_end(self, within=10):
        """The events until the server ends the stream."""
        deadline = time.monotonic() + within
        while not self.end:
            left = deadline - time.monotonic()
            check(left > 0, f"the stream was not ended within {within:g} s")
            self.receive(left)
        found = self.events[self.taken:]
        self.taken = len(self.events)
        return found


class Stream(Reading):
    """A subscription. `status`, `headers` and, if it was refused, `body` are there once it is made."""

    def __init__(
        self, address, path, last_event_id=None, headers=(), timeout=20, receive_buffer=None, tls=None, source=None
    ):
        self.socket = socket.socket()
        if source:
            # The address of this machine that it comes from.
            self.socket.bind((source, 0))
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        self.socket.connect(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname=address[0])
        lines = [f"GET {path} HTTP/1.1", f"Host: {address[0]}:{address[1]}", "Accept: text/event-stream"]
        lines += [f"{name}: {value}" for name, value in headers]
        if last_event_id is not None:
            lines.append(f"Last-Event-ID: {last_event_id}")
        self.socket.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("utf-8"))
        super().__init__()
        data = b""
        while b"\r\n\r\n" not in data:
            more = self.socket.recv(65536)
            check(more, f"the connection was closed before an answer to GET {path}")
            data += more
        head, _, data = data.partition(b"\r\n\r\n")
        self.status, self.headers = read_head(head)
        if self.status != 200:
            length = int(self.headers["content-length"])
            while len(data) < length:
                more = self.socket.recv(65536)
                check(more, "the connection was closed in the midst of a refusal")
                data += more
            self.body = data
            return
        check(self.headers.get("transfer-encoding") == "chunked", f"a stream that is not chunked: {self.headers}")
        check(self.headers.get("content-type") == "text/event-stream", f"no event stream: {self.headers}")
        self.chunks = ChunkDecoder()
        self.parser = EventParser()
        self.take(data)

    def take(self, data):
        """Digests bytes from the socket; the new events."""
        new = self.parser.feed(self.chunks.feed(data)) if data else []
        self.events += new
        if self.chunks.ended:
            self.end = "terminated"
        return new

    def receive(self, within):
        """Reads once; the new events, or None if nothing came in time or the stream has ended."""
        if self.end:
            return None
        self.socket.settimeout(max(0.0001, within))
        try:
            data = self.socket.recv(1 << 18)
        except TimeoutError:
            return None
        except ConnectionError:
            data = b""
        if not data:
            self.end = "cut"
            return None
        return self.take(data)

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
