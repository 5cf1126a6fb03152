"""HTTP/2 that asks for more than a server should do: floods, bombs, and streams that take nothing."""

import struct
import time

from harness.frame_rows import BORNE, ENDED, METHOD, PSEUDO, READER, SCHEME, WRONG, FrameRow, open_stream, run_frames
from harness.http1 import Connection
from harness.outcome import check, check_equal
from harness.raw_http2 import (
    CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, INITIAL_WINDOW, PADDED, PING, PRIORITY, RESET,
    FrameConnection, block, frame, indexed, integer, literal, reset, settings, window_update,
)
from harness.rows import table
from harness.scenario import scenario
from harness.siege import TLS, Siege


def many(count, make):
    """Frames of `count` streams, each with a number of its own."""
    return b"".join(make(2 * n + 1) for n in range(count))


# In the dynamic table after the first request, so that a request is a few bytes.
LEARNT = block(*PSEUDO, READER, indexing=True)
AGAIN = b"".join(indexed(62 + n) for n in reversed(range(5)))
# The same of a request that waits to be answered once.
POLL = (("accept", "application/json"), ("last-event-id", "earliest"))
LEARNT_POLL = block(*PSEUDO, READER, *POLL, indexing=True)
AGAIN_POLL = b"".join(indexed(62 + n) for n in reversed(range(7)))


def again(stream, flags=END_STREAM | END_HEADERS):
    return frame(HEADERS, flags, stream, LEARNT if stream == 1 else AGAIN)


def poll_again(stream):
    return frame(HEADERS, END_STREAM | END_HEADERS, stream, LEARNT_POLL if stream == 1 else AGAIN_POLL)


BOMB = literal("bomb", "x" * 4000, indexing=True) + indexed(62) * 12_000
FLOODS = table(
    "floods",
    FrameRow("20,000 streams, each reset at once", many(20_000, lambda n: again(n) + reset(n)), *BORNE, stream=None),
    FrameRow("20,000 polls, each reset at once", many(20_000, lambda n: poll_again(n) + reset(n)), *BORNE, stream=None),
    FrameRow("2,000 polls at once", many(2000, poll_again), *BORNE, stream=None),
    FrameRow(
        "20,000 requests, each reset within its body",
        many(20_000, lambda n: again(n, END_HEADERS) + frame(DATA, 0, n, b"x") + reset(n)), *BORNE, stream=None,
    ),
    FrameRow(
        "5,000 streams that make the server reset them", many(5000, lambda n: again(n) + window_update(n, 0)), *BORNE,
        stream=None,
    ),
    FrameRow("20,000 times settings", settings((INITIAL_WINDOW, 65_535)) * 20_000, *BORNE, stream=None),
    FrameRow(
        "20,000 times settings, the answers not read", settings((INITIAL_WINDOW, 65_534)) * 20_000, *BORNE, stream=None,
        reads=False,
    ),
    FrameRow("20,000 pings", frame(PING, payload=b"pingping") * 20_000, *BORNE, stream=None),
    FrameRow(
        "50,000 pings, the answers not read", frame(PING, payload=b"pongpong") * 50_000, *BORNE, stream=None,
        reads=False,
    ),
    FrameRow("20,000 empty DATA", again(1, END_HEADERS) + frame(DATA, 0, 1) * 20_000, 200, *BORNE),
    FrameRow(
        "5,000 DATA of nothing but padding", again(1, END_HEADERS) + frame(DATA, PADDED, 1, b"\x01\0") * 5000, 200, 408,
        *BORNE,
    ),
    FrameRow(
        "20,000 empty CONTINUATION", frame(HEADERS, 0, 1, block(METHOD)) + frame(CONTINUATION, 0, 1) * 20_000, *ENDED,
    ),
    FrameRow(
        "20,000 CONTINUATION of a field",
        frame(HEADERS, 0, 1, block(METHOD)) + frame(CONTINUATION, 0, 1, literal("x", "y")) * 20_000, *ENDED,
    ),
    FrameRow(
        "a MiB of a head",
        frame(HEADERS, 0, 1, block(*PSEUDO)) + frame(CONTINUATION, 0, 1, literal("x", "y" * 16_000)) * 64, *ENDED, 431,
        RESET,
    ),
    FrameRow("48 MB of a head in 16 KB", open_stream(block(*PSEUDO) + BOMB), 431, *WRONG),
    FrameRow(
        "a field of 4,000 bytes, 12 times",
        open_stream(block(*PSEUDO, READER) + literal("bomb", "x" * 4000, indexing=True) + indexed(62) * 12), 431,
        *WRONG,
    ),
    FrameRow(
        "20,000 PRIORITY", many(20_000, lambda n: frame(PRIORITY, 0, n, struct.pack(">IB", 0, n & 255))), *BORNE,
        stream=None,
    ),
    FrameRow("20,000 windows of a byte", window_update(0, 1) * 20_000, *BORNE, stream=None),
    FrameRow("20,000 RST_STREAM of one stream", again(1) + reset(1) * 20_000, 200, *BORNE),
    FrameRow(
        "2,000 changes of the table's size",
        many(2000, lambda n: frame(HEADERS, 5, n, integer(0, 5, 0x20) + integer(4096, 5, 0x20) + block(METHOD))),
        *BORNE, stream=None,
    ),
    FrameRow("2,000 streams at once", many(2000, again), *BORNE, stream=None),
    FrameRow(
        "2,000 requests whose bodies do not end", many(2000, lambda n: again(n, END_HEADERS)), *BORNE, stream=None,
    ),
    FrameRow(
        "20,000 pages that are not there",
        many(20_000, lambda n: frame(HEADERS, 5, n, block(METHOD, SCHEME, (":path", "/n")))), *BORNE, stream=None,
    ),
)


@scenario("HTTP/2 floods neither grow the hub nor starve others", kind=TLS)
def floods(context, kind):
    with Siege(context, kind) as siege:
        run_frames(siege, FLOODS)
    return siege.figures()


# How much is published to streams that take nothing.
UPDATES = 100
SIZE = 10_000


@scenario("1,000 HTTP/2 streams that take nothing cost the hub no memory for what they are not sent", kind=TLS)
def no_window(context, kind):
    with Siege(context, kind) as siege:
        siege.tls.set_alpn_protocols(["h2"])
        connections = [context.closes(FrameConnection(siege.server.hub, siege.tls)) for _ in range(10)]
        for connection in connections:
            connection.send(settings((INITIAL_WINDOW, 0)) + many(100, again))
        deadline = time.monotonic() + 10
        while any(len(c.heads) + len(c.resets) < 100 and not c.closed for c in connections):
            check(time.monotonic() < deadline, lambda: f"streams have no answer: {[len(c.heads) for c in connections]}")
            for connection in connections:
                connection.read(0.01)
        opened = sum(head[":status"] == "200" for c in connections for head in c.heads.values())
        check(opened >= 100, f"only {opened} streams of 1,000 were opened on 10 connections")
        siege.tls.set_alpn_protocols(["http/1.1"])
        with Connection(siege.server.hub, tls=siege.tls) as publisher:
            for _ in range(UPDATES):
                answer = publisher.request("POST", "/topics/other", siege.publish_headers, b"x" * SIZE)
                check_equal(answer.status, 200, "the status of an update that nobody takes")
        siege.published += UPDATES
        held = siege.server.resident() - siege.resident
        # A tenth of what it would take to hold every update for every stream.
        check(held < opened * UPDATES * SIZE / 10, f"{held >> 20} MiB are held for {opened} streams that take nothing")
        for connection in connections:
            connection.read(0.01)
            sent = sum(map(len, connection.bodies.values()))
            check_equal(sent, 0, "the bytes that a stream with no window was sent")
            connection.close()
    return f"{opened} streams, {held >> 20} MiB while they take nothing; {siege.figures()}"
