"""The SSE parser of these tests: WHATWG HTML §9.2.6, but a field that a hub has no reason to send is a failure."""

import re

from .outcome import Failure

LINE_ENDS = re.compile(rb"\r\n?")


class Event:
    """An event as a browser would see it; `own_id` says whether the id came with it."""

    __slots__ = ("id", "type", "data", "own_id")

    def __init__(self, id, type, data, own_id):
        self.id = id
        self.type = type
        self.data = data
        self.own_id = own_id

    def __repr__(self):
        return f"<{self.type} {self.id} {self.data[:60]!r}>"


class EventParser:
    """Bytes in, events out; keeps the `retry` values and counts the comments."""

    def __init__(self):
        self.rest = b""
        self.after_cr = False
        self.last_id = ""
        self.retries = []
        self.comments = 0
        # The events' blocks as they came, but for their line ends, if somebody has made this a list.
        self.blocks = None

    def feed(self, payload):
        if b"\r" in payload or self.after_cr:
            if self.after_cr and payload[:1] == b"\n":
                payload = payload[1:]
            self.after_cr = payload[-1:] == b"\r"
            payload = LINE_ENDS.sub(b"\n", payload)
        blocks = (self.rest + payload if self.rest else payload).split(b"\n\n")
        self.rest = blocks.pop()
        events = []
        for block in blocks:
            event = self.block(block)
            if event:
                events.append(event)
        return events

    def block(self, block):
        data = []
        type = ""
        own_id = False
        for line in block.split(b"\n"):
            name, _, value = line.partition(b":")
            if value[:1] == b" ":
                value = value[1:]
            if name == b"data":
                data.append(value)
            elif name == b"id":
                if b"\0" in value:
                    raise Failure("an id with NUL")
                self.last_id = value.decode("utf-8")
                own_id = True
            elif name == b"event":
                type = value.decode("utf-8")
            elif name == b"retry":
                if not value.isdigit():
                    raise Failure(f"a retry that is no number: {value!r}")
                self.retries.append(int(value))
            elif line and name == b"":
                self.comments += 1
            elif line:
                raise Failure(f"not a line of an event stream: {line[:100]!r}")
        if not data:
            return None
        if self.blocks is not None:
            self.blocks.append(block)
        return Event(self.last_id, type or "message", b"\n".join(data).decode("utf-8"), own_id)
