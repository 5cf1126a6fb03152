"""Rows of hostile inputs: a sentence, the bytes, and what may become of them."""

from .stream import HUB

# What stands for what is known only once a server runs. A hub without keys gets no authorization at all.
HOST = b"<<host>>"
AUTH = b"<<authorization>>"
# The same for a publish that stands within another request.
PUBLISHER = b"<<publisher's authorization>>"
# How many bytes follow the head.
REST = b"<<rest>>"

# A publish that is hidden in what another request sends; whoever reads it as a request hands it to the good subscriber.
HIDDEN = (
    b"POST " + HUB.encode("ascii") + b" HTTP/1.1\r\nHost: " + HOST + b"\r\n" + PUBLISHER
    + b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 17\r\n\r\ntopic=good&data=x"
)

# The connection ends without an answer.
CLOSED = "closed"

# All tables, so that their rows can be counted.
TABLES = {}


class Row:
    """An input. `expected` holds the statuses and, if that is as good, `CLOSED`.

    `slow` says that a deadline of the server's is waited for, `answers` how many come, if there are several requests.
    """

    __slots__ = ("sentence", "data", "expected", "slow", "answers")

    def __init__(self, sentence, data, *expected, slow=False, answers=1):
        self.sentence = sentence
        self.data = data
        self.expected = frozenset(expected)
        self.slow = slow
        self.answers = answers

    def __repr__(self):
        return self.sentence

    @property
    def input(self):
        """What makes it another row than others."""
        return self.data


def table(name, *rows):
    """Declares a table. Its rows differ in what they send, or they would not be distinct inputs."""
    seen = {}
    for row in rows:
        other = seen.setdefault(row.input, row)
        if other is not row:
            raise ValueError(f"{name}: {row} sends the same as {other}")
    TABLES[name] = rows
    return rows


def encoded(text):
    return text if isinstance(text, bytes) else text.encode("utf-8")


def head(line, *fields):
    return b"\r\n".join([encoded(line), *map(encoded, fields)]) + b"\r\n\r\n"


def request(line, *fields, body=None, host=True, auth=True):
    """A request that is well-formed but for what it is given."""
    lines = [encoded(line)]
    if host:
        lines.append(b"Host: " + HOST)
    lines += map(encoded, fields)
    if body is not None:
        lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n" + (AUTH if auth else b"") + b"\r\n" + (body or b"")


def get(path, *fields, **options):
    return request(b"GET " + encoded(path) + b" HTTP/1.1", *fields, **options)


def post(path, body, *fields, **options):
    return request(b"POST " + encoded(path) + b" HTTP/1.1", *fields, body=encoded(body), **options)


def form(body, *fields):
    return post(HUB, body, "Content-Type: application/x-www-form-urlencoded", *fields)


def lines(body):
    return post(HUB, body, "Content-Type: application/x-ndjson")
