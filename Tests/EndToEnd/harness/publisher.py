"""Publishers, each on a keep-alive connection."""

import json
import urllib.parse

from .http1 import Connection
from .outcome import Failure
from .stream import HUB

FORM = (("Content-Type", "application/x-www-form-urlencoded"),)
LINES = (("Content-Type", "application/x-ndjson"),)


class Publisher(Connection):
    def form(self, topic, data, **fields):
        """Publishes one update as a form; its id."""
        return answered(self.try_form(topic, data, **fields)).text

    def try_form(self, topic, data, **fields):
        body = urllib.parse.urlencode([("topic", topic), ("data", data), *fields.items()])
        return self.request("POST", HUB, FORM, body.encode("ascii"))

    def lines(self, updates):
        """Publishes updates as JSON lines; their ids."""
        return answered(self.try_lines(updates)).text.split("\n")

    def try_lines(self, updates):
        return self.request("POST", HUB, LINES, "\n".join(map(json.dumps, updates)).encode("utf-8"))

    def raw(self, topic, data, query=""):
        """Publishes one update in the short form; its id."""
        return answered(self.request("POST", f"/topics/{urllib.parse.quote(topic)}{query}", (), data)).text


def answered(response):
    if response.status != 200:
        raise Failure(f"a publisher got {response}")
    return response
