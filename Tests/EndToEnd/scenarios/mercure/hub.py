"""A server with keys as the rows use it: publishing, subscribing, and seeing what does not come."""

import itertools
import json
import urllib.parse

from harness.outcome import check, check_equal
from harness.publisher import FORM
from harness.stream import HUB
from harness.tokens import bearer, token

PUBLISH_KEY = "the key with which publishers' tokens are signed, of any length"
SUBSCRIBE_KEY = "another key, with which subscribers' tokens are signed, of any length"
KEYS = {
    "publish": {"algorithm": "HS256", "key": PUBLISH_KEY},
    "subscribe": {"algorithm": "HS256", "key": SUBSCRIBE_KEY},
}
ANYBODY = KEYS | {"anonymous": True}


def may_publish(*selectors, **options):
    return token(PUBLISH_KEY, publish=list(selectors), **options)


def may_subscribe(*selectors, **options):
    return token(SUBSCRIBE_KEY, subscribe=list(selectors), **options)


ALL = bearer(may_publish("*"))


class Hub:
    def __init__(self, context, transport, settings, log="memory"):
        self.context = context
        self.transport = transport
        # JSON is YAML too.
        configuration = {"streams": {"heartbeat": "15s"}} | settings | transport.settings
        self.server = context.server(log=log, config=json.dumps(configuration) + "\n")
        check_equal(self.server.is_tls, transport.tls is not None, "whether the hub says it speaks TLS")
        self.numbers = itertools.count(1)
        self.streams = []

    @property
    def scheme(self):
        return "https" if self.server.is_tls else "http"

    @property
    def host(self):
        return f"{self.server.hub[0]}:{self.server.hub[1]}"

    def topic(self, form="https://example.com/{}"):
        """A topic that no other row has."""
        return form.format(f"t{next(self.numbers)}")

    def request(self, method, path, headers=(), body=None):
        return self.transport.request(self.server.hub, method, path, list(headers), body)

    def get(self, path, *headers):
        return self.request("GET", path, headers)

    def post(self, fields, *headers, path=HUB):
        """A form: `fields` are pairs, or the encoded form itself."""
        if not isinstance(fields, bytes):
            fields = urllib.parse.urlencode(fields).encode("ascii")
        return self.request("POST", path, [*FORM, *headers], fields)

    def publish(self, *topics, data="data", token=ALL, **fields):
        """An update that must be taken; its id."""
        pairs = [("topic", topic) for topic in topics] + [("data", data), *fields.items()]
        response = self.post(pairs, token)
        check_equal(response.status, 200, f"the status of publishing {pairs} ({response.body[:200]!r})")
        return response.text

    def stream(self, path, *headers, last_event_id=None):
        """A subscription, or the refusal of one."""
        stream = self.transport.stream(self.server.hub, path, last_event_id, headers)
        self.streams.append(stream)
        return stream

    def subscribe(self, *selectors, token=None, last_event_id=None, **parameters):
        """A subscription that must be granted; `token` is the text of one."""
        headers = [bearer(token)] if token else []
        stream = self.stream(path(*selectors, **parameters), *headers, last_event_id=last_event_id)
        check_equal(stream.status, 200, f"the status of subscribing to {selectors} ({stream.body[:200]!r})")
        return stream

    def got(self, stream, topic):
        """What a stream has got so far: a public update with `topic`, to which it is subscribed, is the end of it."""
        mark = f"mark {next(self.numbers)}"
        self.publish(topic, data=mark)
        return [event.data for event in stream.read_until(lambda event: event.data == mark)[:-1]]

    def close_streams(self):
        for stream in self.streams:
            stream.close()
        self.streams.clear()


def path(*selectors, **parameters):
    pairs = [("topic", selector) for selector in selectors] + list(parameters.items())
    return f"{HUB}?{urllib.parse.urlencode(pairs)}"


def check_refused(response, status, *words):
    """A refusal says why, as text."""
    check_equal(response.status, status, f"the status ({response.body[:200]!r})")
    text = response.body.decode("utf-8")
    check(len(text.strip()) > 10, f"a {status} without a sentence: {text!r}")
    check(response.headers.get("content-type", "").startswith("text/plain"), f"a refusal as {response.headers}")
    for word in words:
        check(word.lower() in text.lower(), f"{word!r} is not in the sentence {text!r}")


def check_unauthorized(response):
    check_refused(response, 401)
    challenge = response.headers.get("www-authenticate", "")
    check(challenge.startswith("Bearer"), f"a 401 with WWW-Authenticate: {challenge!r}")
