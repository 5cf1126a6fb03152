"""A subscription by requests that are answered with JSON, for clients to whom streams do not get through."""

import json

from .http1 import Connection, NotAnswered
from .outcome import Failure, check_equal
from .sse import Event
from .stream import Reading


class Poller(Reading):
    """Read like a `Stream`. A request is always under way, so what comes at once comes live."""

    def __init__(self, address, path, last_event_id=None, headers=()):
        super().__init__()
        self.path = path
        self.fields = [("Accept", "application/json"), *headers]
        self.connection = Connection(address)
        self.place = last_event_id
        self.ask()
        if last_event_id is None:
            # Who has no id is given one at once.
            self.receive(self.connection.timeout)

    def ask(self):
        fields = self.fields + ([("Last-Event-ID", self.place)] if self.place is not None else [])
        self.connection.send(self.connection.head("GET", self.path, fields))

    def receive(self, within):
        """Reads one answer; the new events, or None if none came in time."""
        self.connection.timeout = within
        try:
            response = self.connection.response()
        except NotAnswered as error:
            if error.how.startswith("no answer"):
                return None
            self.end = "cut"
            return None
        if response.status != 200:
            raise Failure(f"a poll got {response}")
        check_equal(response.headers.get("content-type"), "application/json", "Content-Type")
        answer = json.loads(response.text)
        new = [Event(one["id"], one["type"], one["data"], True) for one in answer["events"]]
        self.events += new
        self.place = answer["lastEventID"]
        self.ask()
        return new

    def close(self):
        self.connection.close()
