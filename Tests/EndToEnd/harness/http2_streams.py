"""What lives on an HTTP/2 connection: requests with their answers, and subscriptions."""

import time

import h2.errors

from .http1 import NotAnswered
from .outcome import check
from .sse import EventParser
from .stream import Reading

OWN_FIELDS = (b"connection", b"transfer-encoding", b"keep-alive", b"proxy-connection", b"upgrade")


class Exchange:
    """One request and its answer."""

    def __init__(self, connection):
        self.connection = connection
        self.number = 0
        self.status = None
        self.headers = {}
        self.body = b""
        self.end = None
        self.reset = None
        # Bytes of DATA frames so far, as flow control counts them.
        self.received = 0

    def take_head(self, fields):
        for name, value in fields:
            name, value = name.decode("ascii"), value.decode("utf-8")
            if name == ":status":
                self.status = int(value)
                continue
            check(name.encode("ascii") not in OWN_FIELDS, f"a header field that HTTP/2 forbids: {name}")
            check(name not in self.headers, f"header field sent twice: {name}")
            self.headers[name] = value

    def take_data(self, data):
        self.body += data
        self.connection.credit(self, len(data))

    def finish(self, end):
        self.end = self.end or end

    def wait_for_head(self, within):
        deadline = time.monotonic() + within
        while self.status is None:
            if self.end:
                raise NotAnswered(self.how_it_ended())
            if time.monotonic() > deadline:
                raise NotAnswered(f"no answer within {within} s")
            self.connection.pump(deadline - time.monotonic())

    def how_it_ended(self):
        if self.reset is not None:
            return f"the stream was reset with {self.reset!r}"
        return self.connection.end or f"the stream was {self.end}"


class Stream(Reading, Exchange):
    """A subscription, as `harness.stream.Stream`; what comes for others on its connection is kept for them."""

    def __init__(self, connection, credits):
        Exchange.__init__(self, connection)
        Reading.__init__(self)
        self.credits = credits
        # Bytes that were digested and not credited.
        self.owed = 0
        self.parser = EventParser()

    def take_data(self, data):
        if self.status != 200:
            super().take_data(data)
            return
        self.events += self.parser.feed(data)
        self.owed += len(data)
        if self.credits:
            self.credit()

    def credit(self, more=0):
        """Gives back what it has read, and `more`."""
        self.connection.credit(self, self.owed + more)
        self.owed = 0
        self.connection.flush()

    def resume(self):
        """From now on it reads as the others do."""
        self.credits = True
        self.credit()

    def receive(self, within):
        """The new events, or None if nothing came in time or the stream has ended."""
        if self.end:
            return None
        before = len(self.events)
        if not self.connection.pump(within) and len(self.events) == before:
            return None
        return self.events[before:]

    def close(self):
        """Resets the stream; the connection goes on."""
        if not self.end and not self.connection.end:
            self.connection.h2.reset_stream(self.number, h2.errors.ErrorCodes.CANCEL)
            self.connection.flush()
        self.connection.exchanges.pop(self.number, None)
        self.finish("cut")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
