"""Clients that take their time: each is told so or cut off within a limit, however many they are at once."""

import select
import socket
import ssl
import time

from harness.http1 import read_head
from harness.rows import CLOSED, HOST, Row, get, lines, post, request, table
from harness.scenario import scenario
from harness.siege import KEYLESS, TLS, Siege
from harness.stream import HUB

# How many clients there are of each row at the same time, and how often each of them sends another drop.
COPIES = 12
EVERY = 0.4
# The limits are two seconds, looked at once a second; the rest is for a busy machine.
WITHIN = 9
# What TLS says of what is none, before it closes.
ALERT = b"\x15\x03"

BEGINNING = b"GET " + HUB.encode("ascii") + b"?topic=other HTTP/1.1\r\nHost: " + HOST + b"\r\n"
PUBLISH = request("POST /topics/good HTTP/1.1", "Content-Length: 100")
# The fields of one that waits to be answered once.
POLL = ("Accept: application/json", "Last-Event-ID: earliest")
CHUNKED = request("POST /topics/good HTTP/1.1", "Transfer-Encoding: chunked")


class Slow(Row):
    """`data` is sent at once, then `drop` again and again; then, if it `ends`, the client's half is closed at once."""

    __slots__ = ("drop", "ends")

    def __init__(self, sentence, data, *expected, drop=b"", ends=False):
        super().__init__(sentence, data, *(expected or (408, CLOSED)))
        self.drop = drop
        self.ends = ends

    @property
    def input(self):
        return self.data, self.drop, self.ends


def half_closed(sentence, data, *expected):
    return Slow(sentence, data, *(expected or (400, 408, CLOSED)), ends=True)


SLOW = table(
    "slow clients",
    Slow("nothing at all", b"", CLOSED),
    Slow("a letter", b"G", 408, CLOSED),
    Slow("an empty line", b"\r\n"),
    Slow("empty lines in drops", b"", drop=b"\r\n"),
    Slow("a request line in drops", b"GET /", drop=b"a"),
    Slow("a request line and nothing more", b"GET / HTTP/1.1\r\n"),
    Slow("a head without its end", BEGINNING),
    Slow("a field's name in drops", BEGINNING, drop=b"X"),
    Slow("a field's value in drops", BEGINNING + b"X-A: ", drop=b"x"),
    Slow("blanks for a value in drops", BEGINNING + b"X-A:", drop=b" "),
    Slow("fields in drops", BEGINNING, drop=b"X-A: b\r\n"),
    Slow("half of the empty line that ends a head", BEGINNING + b"\r"),
    Slow(
        "a form's head, the body never",
        post(HUB, "topic=good", "Content-Type: application/x-www-form-urlencoded")[:-10],
    ),
    Slow("a body in drops", PUBLISH, drop=b"x"),
    Slow("half of a body", PUBLISH + b"x" * 50),
    Slow("all of a body but a byte", PUBLISH + b"x" * 99),
    Slow("chunks in drops", CHUNKED, drop=b"1\r\nx\r\n"),
    Slow("a chunk's size in drops", CHUNKED, 400, 408, CLOSED, drop=b"0"),
    Slow("a chunk's extension in drops", CHUNKED + b"5;", drop=b"x"),
    Slow("a chunk in drops", CHUNKED + b"FFFF\r\n", drop=b"x"),
    Slow("chunks without the last one", CHUNKED + b"5\r\nhello\r\n"),
    Slow("a last chunk without its end", CHUNKED + b"5\r\nhello\r\n0\r\n"),
    Slow("trailers in drops", CHUNKED + b"5\r\nhello\r\n0\r\n", 400, 408, 431, CLOSED, drop=b"X: y\r\n"),
    Slow(
        "a body that is to be asked for and does not come",
        request("POST /topics/good HTTP/1.1", "Content-Length: 9", "Expect: 100-continue"),
    ),
    Slow("a subscriber's body in drops", get(HUB + "?topic=other", "Content-Length: 1000"), drop=b"x"),
    Slow(
        "a page's body in drops", request("POST /nothing HTTP/1.1", "Content-Length: 1000"), 404, 405, 408, CLOSED,
        drop=b"x",
    ),
    Slow("a second head without its end", get("/healthz") + BEGINNING, 200),
    half_closed("a half-closed connection on which nothing came", b"", CLOSED),
    half_closed("half-closed within a request line", b"GET / HT"),
    half_closed("half-closed within a head", BEGINNING),
    half_closed("half-closed within a body", PUBLISH + b"x" * 50),
    half_closed("half-closed within a chunk", CHUNKED + b"FF\r\nx"),
    half_closed("half-closed before the last chunk", CHUNKED + b"5\r\nhello\r\n"),
    half_closed("a half-closed subscriber", get(HUB + "?topic=other"), 200, 400, CLOSED),
    half_closed("a half-closed poll", get(HUB + "?topic=other", *POLL), 200, 400, CLOSED),
    half_closed("a half-closed publisher of rubbish", lines("{"), 400, CLOSED),
)

# What a TLS listener is sent that is no TLS, or not all of it.
NO_TLS = table(
    "no TLS",
    Slow("a plain request to the TLS port", get(HUB), 400, CLOSED),
    Slow("a plain publish to the TLS port", post("/topics/good", "x"), 400, CLOSED),
    Slow("the preface of HTTP/2 without TLS", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9), 400, CLOSED),
    Slow("nothing on the TLS port", b"", CLOSED),
    Slow("the first byte of TLS", b"\x16", CLOSED),
    Slow("the head of a record and nothing more", b"\x16\x03\x01\x02\x00", CLOSED),
    Slow("a ClientHello in drops", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", CLOSED, drop=b"\x00"),
    Slow("a record of no known type", b"\x99\x03\x01\x00\x05hello", CLOSED),
    Slow("a record longer than any may be", b"\x16\x03\x01\xff\xff" + b"x" * 65_535, CLOSED),
    Slow("a record of no bytes, 1,000 times", b"\x16\x03\x01\x00\x00" * 1000, CLOSED),
    Slow("an alert first of all", b"\x15\x03\x01\x00\x02\x02\x28", CLOSED),
    Slow("data before a handshake", b"\x17\x03\x03\x00\x05hello", CLOSED),
    Slow("SSL 2", b"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10" + b"x" * 36, CLOSED),
    Slow("64 KiB of zeros for TLS", bytes(65_536), CLOSED),
    half_closed("half-closed before a handshake", b"", CLOSED),
    half_closed("half-closed within a handshake", b"\x16\x03\x01\x02\x00\x01", CLOSED),
)


class Client:
    """One copy of a row; `outcome` is None until it is known."""

    def __init__(self, siege, row, plain):
        self.row = row
        self.is_tls = siege.tls is not None and not plain
        self.received = b""
        self.outcome = None
        self.socket = socket.create_connection(siege.server.hub, timeout=10)
        if self.is_tls:
            self.socket = siege.tls.wrap_socket(self.socket, server_hostname=siege.server.hub[0])
        self.send(siege.filled(row.data))
        if row.ends:
            try:
                # Under TLS too it is the connection that is half-closed.
                socket.socket.shutdown(self.socket, socket.SHUT_WR)
            except OSError:
                pass
        self.socket.setblocking(False)

    def send(self, data):
        try:
            if data:
                self.socket.sendall(data)
        except (OSError, ValueError):
            # It is seen when it is read.
            pass

    def look(self):
        """Reads what has come."""
        while self.outcome is None:
            try:
                data = self.socket.recv(65_536)
            except (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            except OSError:
                data = b""
            self.received += data
            head, found, body = self.received.partition(b"\r\n\r\n")
            if found:
                status, headers = read_head(head)
                if status == 100:
                    self.received = body
                    continue
                length = int(headers.get("content-length", 0))
                if len(body) >= length:
                    self.outcome = status
            if not data and self.outcome is None:
                is_quiet = not self.received or self.received.startswith(ALERT)
                self.outcome = CLOSED if is_quiet else f"cut off within an answer: {self.received[:80]!r}"


def take_time(siege, rows, plain=False):
    """All copies of all rows at once, until each has its end."""
    start = time.monotonic()
    clients = [Client(siege, row, plain) for row in rows for _ in range(COPIES)]
    waiting = {client.socket.fileno(): client for client in clients}
    poll = select.poll()
    for descriptor in waiting:
        poll.register(descriptor, select.POLLIN)
    next_drop = time.monotonic() + EVERY
    while waiting and time.monotonic() - start < WITHIN:
        for descriptor, _ in poll.poll(50):
            client = waiting[descriptor]
            client.look()
            if client.outcome is not None:
                poll.unregister(descriptor)
                del waiting[descriptor]
        if time.monotonic() >= next_drop:
            next_drop += EVERY
            for client in waiting.values():
                client.send(client.row.drop)
    for client in clients:
        siege.took(client.row, client.outcome or f"not cut off within {WITHIN} s")
        client.socket.close()


@scenario("clients that are slow, silent or half-closed are told so or cut off, hundreds at once", kind=KEYLESS)
@scenario("clients that are slow, silent or half-closed, or speak no TLS, are cut off by a TLS listener", kind=TLS)
def slow_clients(context, kind):
    with Siege(context, kind) as siege:
        take_time(siege, SLOW)
        if kind.is_tls:
            take_time(siege, NO_TLS, plain=True)
    return siege.figures()
