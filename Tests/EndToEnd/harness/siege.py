"""A server that rows of hostile inputs are tried on, and what must hold of it while they are and afterwards."""

import collections
import concurrent.futures
import json
import socket
import ssl
import time

from .beside import stand_beside
from .certificates import Authority
from .http1 import ChunkDecoder, Connection, NotAnswered, Response, read_head
from .outcome import Failure, check, check_equal
from .rows import AUTH, CLOSED, HOST, PUBLISHER, REST
from .sse import EventParser
from .tokens import bearer, token
from .waiting import wait_for
from .worker import shared_counter

PUBLISH_KEY = "the key that the publishers of these tests sign with"
SUBSCRIBE_KEY = "the key that the subscribers of these tests sign with"
# From where a publisher's cookie is taken.
ORIGIN = "https://app.example"
MIB = 1 << 20
# What hostile inputs name as foreign; nothing of it may come back in a header.
MARKS = ("evil.example", "injected")

Kind = collections.namedtuple("Kind", "name has_keys is_tls")
KEYLESS = Kind("a hub without keys", has_keys=False, is_tls=False)
KEYED = Kind("a hub with keys", has_keys=True, is_tls=False)
TLS = Kind("a hub with keys and TLS", has_keys=True, is_tls=True)


class Siege:
    """Rows are tried in the `with` block; its end checks what they have done to the server."""

    def __init__(self, context, kind):
        self.context = context
        self.kind = kind
        config = "streams: { heartbeat: 15s }\nlimits: { header-timeout: 2s, body-timeout: 2s }\n"
        self.tls = None
        if kind.has_keys:
            keys = {"publish": PUBLISH_KEY, "subscribe": SUBSCRIBE_KEY}
            config += f'auth:\n  publish-origins: ["{ORIGIN}"]\n'
            config += "".join(f'  {name}: {{ algorithm: HS256, key: "{keys[name]}" }}\n' for name in keys)
        if kind.is_tls:
            authority = Authority(context.folder)
            certificate, key = authority.issue("server")
            config += f"tls: {json.dumps({'certificate': certificate, 'key': key})}\n"
            self.tls = authority.trust("http/1.1")
        self.server = context.server(config=config)
        self.host = f"{self.server.hub[0]}:{self.server.hub[1]}".encode("ascii")
        self.publish_headers = self.subscribe_headers = ()
        if kind.has_keys:
            self.publish_headers = (bearer(token(PUBLISH_KEY, publish=["*"])),)
            self.subscribe_headers = (bearer(token(SUBSCRIBE_KEY, subscribe=["*"])),)
        self.tried = set()
        # By how many bytes its memory may grow.
        self.growth = 24 * MIB
        self.newest = None
        # What became of them: statuses and the like.
        self.outcomes = collections.Counter()
        self.published = 0
        self.problems = collections.Counter()

    # The server before and after.

    def __enter__(self):
        self.stop = shared_counter()
        self.beside = self.context.worker(
            stand_beside, self.server.hub, self.tls, self.publish_headers, self.subscribe_headers, self.stop
        )
        self.beside.message(20)
        self.before = self.server.status()
        self.resident = self.server.resident()
        return self

    def __exit__(self, failure, *_):
        if failure:
            return
        # Only the first ones: they mostly have one cause.
        sentences = ["", *(f"{problem}{f' ({n} times)' * (n > 1)}" for problem, n in self.problems.items())][:25]
        check(
            not self.problems,
            lambda: f"{len(self.problems)} of {self.inputs} inputs had another end:" + "\n     | ".join(sentences),
        )
        self.server.wait_for_status(
            lambda s: s["connections"] <= self.before["connections"] and s["streams"] == 1,
            10, f"the hub is back to {self.before['connections']} connections and one stream", every=0.1,
        )
        self.stop.value = 1
        self.good, self.longest = self.beside.result(20)
        status = self.server.status()
        check_equal(status["logLast"], self.good + self.published, "updates in the log")
        refused = sum(n for status, n in self.outcomes.items() if status in (400, 401, 403, 408, 413, 415, 431))
        counted = sum(status["refusals"].values()) - sum(self.before["refusals"].values())
        check(counted >= refused, f"{refused} inputs were refused, and {counted} refusals are counted")
        wait_for(self.is_idle, 10, "the server is idle again", every=0)
        self.grown = self.server.resident() - self.resident
        check(self.grown < self.growth, f"resident memory grew by {self.grown / MIB:.1f} MiB")

    def is_idle(self):
        before = self.server.cpu_seconds()
        time.sleep(1)
        return self.server.cpu_seconds() - before < 0.2

    def figures(self):
        return (
            f"{self.inputs} inputs; {self.good} updates beside them, the slowest in {self.longest * 1000:.0f} ms; "
            f"{self.grown / MIB:+.1f} MiB"
        )

    # Rows.

    def run(self, *tables):
        """Tries the rows of tables one after the other, those that wait for a deadline of the server's all at once."""
        rows = [row for table in tables for row in table]
        for number, row in enumerate(rows):
            if not row.slow:
                self.took(row, self.attempt(row))
                self.context.progress(f"{number + 1} of {len(rows)} inputs: {row}")
        slow = [row for row in rows if row.slow]
        if slow:
            with concurrent.futures.ThreadPoolExecutor(len(slow)) as pool:
                for row, outcome in zip(slow, pool.map(self.attempt, slow)):
                    self.took(row, outcome)

    @property
    def inputs(self):
        return len(self.tried)

    def took(self, row, outcome):
        """Notes what became of a row: a status, `CLOSED` or the like, or a sentence that says what went wrong."""
        if str(outcome).startswith(ConnectionRefusedError.__name__):
            raise Failure(f"{row}: the server does not listen any more, since: {self.newest}")
        self.newest = row
        self.tried.add(row)
        self.outcomes[outcome] += 1
        if outcome not in row.expected:
            wanted = " or ".join(sorted(map(str, row.expected)))
            self.problems[f"{row.sentence}: {outcome} instead of {wanted}"] += 1

    def attempt(self, row):
        try:
            with Attacker(self.server.hub, 8, self.tls) as attacker:
                attacker.send(self.filled(row.data))
                response = attacker.answer(head_only=row.data.startswith(b"HEAD "))
                check_answer(response)
                if response.status == 200 and row.data.startswith(b"POST "):
                    self.published += response.body.count(b"\n") + 1
                for _ in range(row.answers - 1):
                    check_equal(attacker.answer().status, response.status, "the status of a further answer")
                if not attacker.is_stream:
                    attacker.check_rest()
                return response.status
        except NotAnswered as error:
            return f"{error}" if error.received or error.how.startswith("no answer") else CLOSED
        except (Failure, ValueError) as failure:
            return str(failure)
        except OSError as error:
            return f"{type(error).__name__}: {error}"

    def filled(self, data):
        """A row's bytes, with what stands for the host and the authorization replaced."""
        publisher, subscriber = map(written, (self.publish_headers, self.subscribe_headers))
        data = data.replace(HOST, self.host).replace(PUBLISHER, publisher)
        data = data.replace(AUTH, publisher if data.startswith(b"POST ") else subscriber)
        return data.replace(REST, b"%d" % len(data.partition(b"\r\n\r\n")[2]), 1)


def written(headers):
    return b"".join(f"{name}: {value}\r\n".encode("ascii") for name, value in headers)


def check_answer(response):
    """A refusal has a sentence, and no header holds what only the input said."""
    for name, value in response.headers.items():
        if name == "last-event-id":
            # The one header that may name what was asked for; it is read strictly, so it stays within its line.
            check("\n" not in value and "\r" not in value, f"{name}: {value!r}")
            continue
        check(not any(mark in f"{name}: {value}".lower() for mark in MARKS), f"the answer has {name}: {value!r}")
    if response.status >= 400 and response.body is not None:
        check(len(response.text.strip()) > 10, f"{response.status} without a sentence: {response.body!r}")
        kind = response.headers.get("content-type", "")
        check(kind.startswith("text/plain"), f"{response.status} with a sentence as {kind!r}")


class Attacker(Connection):
    """A connection that takes it well when TLS is cut off, and reads a stream only as far as its first block."""

    is_stream = False

    def more(self, deadline):
        try:
            super().more(deadline)
        except ssl.SSLError:
            raise NotAnswered("the connection was closed", self.buffer) from None

    def answer(self, head_only=False):
        deadline = time.monotonic() + self.timeout
        while b"\r\n\r\n" not in self.buffer:
            self.more(deadline)
        end = self.buffer.index(b"\r\n\r\n")
        status, headers = read_head(self.buffer[:end])
        if headers.get("content-type") != "text/event-stream" or head_only:
            response = self.response(head_only)
            if head_only:
                response.body = None
            return response
        self.is_stream = True
        decoder, parser = ChunkDecoder(), EventParser()
        self.buffer = self.buffer[end + 4:]
        while not parser.comments and not parser.last_id:
            if not self.buffer:
                self.more(deadline)
            payload = decoder.feed(self.buffer) if "transfer-encoding" in headers else self.buffer
            self.buffer = b""
            for event in parser.feed(payload):
                check_equal(event.type, "martlet:gap", "the type of what a new stream begins with")
                json.loads(event.data)
        return Response(status, headers)

    def check_rest(self):
        """What comes behind the answer may refuse further requests, but not grant any."""
        if isinstance(self.socket, ssl.SSLSocket):
            return
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            return
        rest = self.wait_for_end(8)
        check(b"HTTP/1.1 2" not in rest, f"a second answer came: {rest[:200]!r}")
