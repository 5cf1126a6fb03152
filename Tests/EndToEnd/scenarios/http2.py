"""HTTP/2: many streams on one connection, flow control, and an orderly end."""

import json
import time

from harness.outcome import check, check_equal
from harness.certificates import Authority
from harness.publisher import FORM
from harness.raw_http2 import END_HEADERS, END_STREAM, HEADERS, PREFACE, FrameConnection, block, frame, settings
from harness.scenario import scenario
from harness.stream import HUB, hub_path

from .tls import Site

MIB = 1 << 20
WINDOW = 65_535
# Of each update; a page of the log and a window hold several.
SIZE = 10_000
BATCH = 10


def updates(first, count):
    return [{"topic": "a", "data": f"{n} ".ljust(SIZE, "x")} for n in range(first, first + count)]


def number(event):
    return int(event.data.partition(" ")[0])


@scenario("HTTP/2: 50 streams on one connection all get every update, beside requests")
def many(context):
    site = Site(context)
    connection = site.connect()
    streams = [connection.stream(hub_path("a", f"own/{n}")) for n in range(50)]
    publisher = site.publisher()
    wanted = [[] for _ in streams]
    for n in range(200):
        if n % 4:
            publisher.form("a", str(n))
        else:
            # On the connection of the streams themselves.
            body = f"topic=a&topic=own/{n % 50}&data={n}".encode("ascii")
            check_equal(connection.request("POST", HUB, FORM, body).status, 200, "the status beside the streams")
        for texts in wanted:
            texts.append(str(n))
        if n % 7 == 0:
            publisher.form(f"own/{n % 50}", f"only {n}")
            wanted[n % 50].append(f"only {n}")
    for stream, texts in zip(streams, wanted):
        check_equal([event.data for event in stream.read(len(texts))], texts, f"what stream {stream.number} got")
    # Half of them go; the rest and the connection stay.
    for stream in streams[::2]:
        stream.close()
    site.server.wait_for_status(lambda s: s["streams"] == 25, 5, "25 streams are let go")
    publisher.form("a", "last")
    for stream in streams[1::2]:
        check_equal([event.data for event in stream.read(1)], ["last"], "what came to one that stayed")
    check_equal(connection.request("HEAD", hub_path("a")).status, 200, "the status of HEAD")
    check_equal(connection.goaway, None, "GOAWAY")


@scenario("HTTP/2: a stream without credit harms neither its 19 neighbours nor memory, and goes on from its place")
def stalled(context):
    site = Site(context, log="sqlite:hub.db")
    connection = site.connect()
    publisher = site.publisher()
    neighbours = [connection.stream(hub_path("a")) for _ in range(19)]
    published = 0

    def publish(batches):
        nonlocal published
        for _ in range(batches):
            publisher.lines(updates(published, BATCH))
            for stream in neighbours:
                found = [number(event) for event in stream.read(BATCH, within=10)]
                check_equal(found, list(range(published, published + BATCH)), "what a neighbour got")
                stream.forget()
            published += BATCH
            peaks.append(site.server.resident())
            context.progress(f"{published * SIZE * len(neighbours) / MIB:.0f} MiB have passed")

    peaks = []
    # What a server that has just begun takes for its buffers is not what is looked for.
    publish(5)
    first = published
    standing = connection.stream(hub_path("a"), credits=False)
    before = site.server.resident()
    peaks.clear()
    start = time.monotonic()
    publish(50 * MIB // (SIZE * BATCH * len(neighbours)) + 1)
    passed = time.monotonic() - start
    growth = max(peaks) - before
    came = f"{standing.received} bytes came to a stream with a window of {WINDOW}"
    check(WINDOW - SIZE < standing.received <= WINDOW, came)
    check(site.server.status()["lagged"] >= 1, "the stream without credit is not counted as lagging")
    # Credit for some more, and no more than that comes.
    owed = standing.owed
    standing.credit(50_000)
    limit = WINDOW + owed + 50_000
    deadline = time.monotonic() + 10
    while standing.received < limit - SIZE:
        check(time.monotonic() < deadline, f"{standing.received} bytes of {limit} came within 10 s of credit")
        connection.pump(0.1)
    publish(1)
    check(standing.received <= limit, f"{standing.received} bytes came, and {limit} were allowed")
    standing.resume()
    found = [number(event) for event in standing.read(published - first, within=20)]
    check_equal(found, list(range(first, published)), "what came to the stream that stood")
    publish(1)
    found = [number(event) for event in standing.read(BATCH)]
    check_equal(found, list(range(published - BATCH, published)), "what came to it live again")
    growth_after = max(peaks) - before
    check_equal(site.server.status()["gaps"], 0, "gaps")
    figures = (
        f"{passed:.1f} s for {published * SIZE * 19 / MIB:.0f} MiB; memory {before / MIB:.0f} MiB, grew by "
        f"{growth / MIB:.1f} MiB while it stood, {growth_after / MIB:.1f} MiB in all"
    )
    check(growth_after < 16 * MIB, f"the server's memory grew by 16 MiB or more ({figures})")
    return figures


@scenario("HTTP/2: streams with an empty initial window get what they have credit for", window=0)
@scenario("HTTP/2: streams with a window of 100 bytes get what they have credit for", window=100)
def windows(context, window):
    site = Site(context)
    connection = site.connect(window=window)
    stream = connection.stream(hub_path("a"), credits=False)
    check_equal(stream.status, 200, "the status")
    publisher = site.publisher()
    texts = [f"{n} ".ljust(200, "x") for n in range(20)]
    for text in texts:
        publisher.form("a", text)
    while len(stream.events) < len(texts):
        before = stream.received
        # Such a number that frames end anywhere.
        stream.credit(97 - stream.owed)
        deadline = time.monotonic() + 5
        while stream.received == before:
            check(time.monotonic() < deadline, f"nothing came within 5 s of credit, after {len(stream.events)} events")
            connection.pump(0.1)
    check_equal([event.data for event in stream.events], texts, "what came")
    # The library that counts the window would have failed the connection.
    check_equal(connection.goaway, None, "GOAWAY")


@scenario("HTTP/2: SIGTERM ends streams in good order, and the server is gone in time", stands=False)
@scenario("HTTP/2: SIGTERM ends streams in good order though clients of others do not react", stands=True)
def shutdown(context, stands):
    site = Site(context, log="sqlite:hub.db")
    connection = site.connect()
    streams = [connection.stream(hub_path("a")) for _ in range(20)] + [site.stream(hub_path("a")) for _ in range(3)]
    publisher = site.publisher()
    if stands:
        # Its client reads nothing any more, and answers neither GOAWAY nor the end of TLS.
        site.connect().stream(hub_path("a"), credits=False)
        for first in range(0, 40, BATCH):
            publisher.lines(updates(first, BATCH))
        for stream in streams:
            stream.read(40)
    publisher.form("a", "last")
    if not stands:
        publisher.close()
    start = time.monotonic()
    site.server.terminate()
    for stream in streams:
        events = stream.read_to_end(max(0.1, start + 10 - time.monotonic()))
        check_equal([event.data for event in events], ["last"], "what came")
        check_equal(stream.end, "terminated", "the end of a stream")
        check_equal(len(stream.parser.retries), 1, "retries at the end of a stream")
    connection.wait_for_end(max(0.1, start + 10 - time.monotonic()))
    check(connection.goaway is not None, "the connection was closed without GOAWAY")
    check_equal(connection.goaway[1], 0, "the error code of GOAWAY")
    code, _ = site.server.wait(max(0.1, start + 10 - time.monotonic()), "the process is gone 10 s after SIGTERM")
    check_equal(code, 0, "the exit code")
    return f"gone after {time.monotonic() - start:.1f} s"


@scenario("HTTP/2: a connection on which nothing is asked for ends in time, and so does a head that comes in drops")
def silent(context):
    authority = Authority(context.folder)
    certificate, key = authority.issue("server")
    limits = {"header-timeout": "2s"}
    server = context.server(config=json.dumps({"tls": {"certificate": certificate, "key": key}, "limits": limits}) + "\n")
    fields = block(
        (":method", "GET"), (":scheme", "https"), (":path", hub_path("a")), (":authority", "localhost"), ("x", "y" * 200)
    )
    # A connection, and what it sends a byte of now and then.
    ways = {
        "nothing": (FrameConnection(server.hub, authority.trust("h2"), raw=True), b""),
        "the preface": (FrameConnection(server.hub, authority.trust("h2"), raw=True), PREFACE + settings(*[(6, 65_536)] * 20)),
        "settings": (FrameConnection(server.hub, authority.trust("h2")), b""),
        "a head": (FrameConnection(server.hub, authority.trust("h2")), frame(HEADERS, END_HEADERS | END_STREAM, 1, fields)),
    }
    # It has not come so far as to acknowledge anything.
    ways["the preface"][0].take = lambda *_: None
    busy = FrameConnection(server.hub, authority.trust("h2"))
    busy.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, fields))
    start = time.monotonic()
    sent = dict.fromkeys(ways, 0)
    ends = {}
    while len(ends) < len(ways):
        taken = time.monotonic() - start
        check(taken < 12, f"after {taken:.1f} s only {list(ends)} of {list(ways)} have ended")
        for name, (connection, drops) in ways.items():
            if name in ends:
                continue
            connection.send(drops[sent[name]:sent[name] + 1])
            sent[name] += 1
            connection.read(0.02)
            if connection.closed:
                ends[name] = taken
                check(1 not in connection.heads, f"{name} was answered")
    busy.read(0.5)
    check(not busy.closed and busy.heads[1][":status"] == "200", "a stream has ended with those that asked for nothing")
    return ", ".join(f"{name}: {taken:.1f} s" for name, taken in ends.items())
