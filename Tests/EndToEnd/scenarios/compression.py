"""Streams that the hub compresses: what clients make of them."""

import json
import os
import re
import subprocess
import time

from harness.http1 import Connection, read_head, request
from harness.lifetime import die_with_parent
from harness.metrics import Scrape
from harness.nginx import Nginx
from harness.outcome import check, check_equal
from harness.scenario import scenario
from harness.stream import HUB, hub_path
from harness.transport import HTTP2, PLAIN, TLS
from harness.waiting import wait_for
from harness.webdriver import Browser
from harness.zipped import ZippedStream
from scenarios.access_limits import over
from scenarios.commands import url
from scenarios.doctor import Examination

STREAMS = {"compression": "gzip", "heartbeat": "1s", "drain": "0"}
RETRY = rb"retry: [0-9]+\n\n\Z"


def compressing(context, **more):
    return context.server(config=json.dumps({"streams": STREAMS, **more}) + "\n")


def order(random, length):
    """An update's data as applications have it, in JSON."""
    items = []
    while len(text := json.dumps({"order": random.randrange(10**6), "items": items})) < length:
        name = random.choice(("garden chair", "desk lamp", "notebook", "coffee mug", "rain jacket"))
        items.append({"sku": f"{random.randrange(1 << 32):08x}", "name": name, "price": random.randrange(30_000) / 100})
    return text


@scenario("compression: a strict zlib reads streams that come back and fall behind, to the checksum at the drain's end")
def strict(context):
    server = compressing(context)
    publisher = context.publisher(server)
    path = hub_path("a")
    plain = context.stream(server, path)
    zipped = context.closes(ZippedStream(server.hub, path))
    slow = context.closes(ZippedStream(server.hub, path, receive_buffer=4096))
    random = context.random
    ids = []
    for _ in range(150):
        # Alone, in batches, short and long; some of it can't be compressed, so that the slow one is full.
        updates = []
        for _ in range(random.choice((1, 1, 1, 20))):
            data = order(random, random.choice((10, 120, 500, 2000, 20_000)))
            updates.append({"topic": "a", "data": os.urandom(30_000).hex() if random.random() < 0.1 else data})
        ids += publisher.lines(updates)
        plain.read(len(updates))
        zipped.read(len(updates))
    ids = [id for id in ids if id]
    check(server.status()["lagged"] > 0, "no socket was full")
    wanted = [(event.id, event.data) for event in plain.events]
    check_equal([(event.id, event.data) for event in zipped.events], wanted, "what came compressed")
    check(zipped.received < 0.8 * len(zipped.plain), f"{len(zipped.plain)} bytes were {zipped.received} compressed")
    slow.read(len(wanted), within=60)
    middle = random.randrange(len(ids))
    resumed = [
        context.closes(ZippedStream(server.hub, path, ids[middle])),
        context.closes(ZippedStream(server.hub, path, "earliest")),
        context.closes(ZippedStream(server.hub, path, "an id that nobody knows")),
    ]
    resumed[0].read(len(wanted) - middle - 1, within=30)
    resumed[1].read(len(wanted), within=30)
    check_equal(resumed[2].read(1)[0].type, "martlet:gap", "the first event for who brings an unknown id")
    check_equal([e.data for e in resumed[0].events], [data for _, data in wanted[middle + 1:]], "from the middle")
    check_equal([e.data for e in resumed[1].events], [data for _, data in wanted], "from the earliest")
    # A heartbeat each, on streams that are quiet.
    comments = zipped.parser.comments

    def came():
        zipped.receive(0.1)
        return zipped.parser.comments > comments

    wait_for(came, 5, "a heartbeat")
    server.terminate()
    for stream in (zipped, slow, *resumed):
        stream.read_to_end(within=10)
        check_equal(stream.end, "terminated", "how a stream ended")
        check(re.search(RETRY, stream.plain), f"the last of a stream is {bytes(stream.plain[-60:])!r}")
    code, _ = server.wait(15)
    check_equal(code, 0, "the exit code")
    plain.read_to_end()
    check_equal([(event.id, event.data) for event in slow.events], wanted, "what the slow one got")
    share = zipped.received / len(zipped.plain)
    return f"{len(wanted)} events, {len(zipped.plain) >> 10} KiB, of which {share:.0%} were sent"


@over((PLAIN, TLS, HTTP2), "compression: curl --compressed reads a stream to its end")
def curl(context, name):
    transport = context.transport(name)
    server = compressing(context, **transport.settings)
    output = context.path("output")
    words = ["curl", "--silent", "--show-error", "--no-buffer", "--compressed", "--max-time", "30", "--dump-header"]
    words += [context.path("head"), "--output", output]
    if transport.authority:
        words += ["--cacert", transport.authority.certificate]
        words += ["--http2" if transport.name == HTTP2 else "--http1.1"]
    address = f"http{'s' * server.is_tls}://{server.hub[0]}:{server.hub[1]}{hub_path('a')}"
    process = subprocess.Popen([*words, address], preexec_fn=die_with_parent)
    try:
        server.wait_for_status(lambda status: status["streams"] == 1, 10, "curl has subscribed")
        texts = [order(context.random, length) for length in (20, 300, 3000, 40_000)]
        for number, text in enumerate(texts):
            answer = transport.request(server.hub, "POST", "/topics/a", (), text.encode())
            check_equal(answer.status, 200, "what a publisher is answered")

            def has(text=text):
                with open(output, "rb") as file:
                    return text.encode() in file.read()

            # At once, and not when more comes.
            wait_for(has, 5, f"update {number} is written by curl")
        server.terminate()
        check_equal(process.wait(15), 0, "curl's exit code")
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    with open(context.path("head")) as file:
        head = file.read().lower()
    check("content-encoding: gzip" in head, f"no compressed stream: {head}")
    with open(output, "rb") as file:
        data = file.read()
    check(re.search(RETRY, data), f"the last that curl got is {data[-60:]!r}")
    found = re.findall(rb"^data: (.*)$", data, re.MULTILINE)
    check_equal([line.decode() for line in found], texts, "what curl got")


def head_of_stream(server, headers):
    """The head that a subscriber gets, of whom nothing else is sent than what a test says."""
    with Connection(server.hub) as connection:
        connection.send(connection.head("GET", hub_path("a"), headers))
        while b"\r\n\r\n" not in connection.buffer:
            connection.more(time.monotonic() + 10)
        return read_head(connection.buffer.partition(b"\r\n\r\n")[0])[1]


@scenario("compression: only who takes gzip is sent it, and nobody where it is off")
def chosen(context):
    on, off = compressing(context), context.server()
    for value, encoding in (
        (None, None), ("gzip", "gzip"), ("br, gzip;q=0.5", "gzip"), ("gzip;q=0", None), ("*", "gzip"),
        ("*;q=0", None), ("identity, gzip;q=0.9", None), ("gzip;q=nonsense", None), ("\x80", None), (",;,;q=0", None),
    ):
        headers = () if value is None else (("Accept-Encoding", value),)
        for method in ("HEAD", "GET"):
            if method == "HEAD":
                found, other = (request(server.hub, "HEAD", hub_path("a"), headers).headers for server in (on, off))
            else:
                found, other = head_of_stream(on, headers), head_of_stream(off, headers)
            check_equal(found.get("content-encoding"), encoding, f"{method} with Accept-Encoding: {value}")
            check_equal(found.get("vary"), "Accept-Encoding", f"what {method} varies with")
            check(not {"content-encoding", "vary"} & other.keys(), f"{method} of a hub that doesn't compress: {other}")


@scenario("compression: an EventSource in Chromium gets each event at once, and goes on where it was")
def chromium(context):
    server = compressing(context)
    publisher = context.publisher(server)
    browser = context.closes(Browser(context.folder))
    browser.open(url(server.hub, "/"))
    head = browser.run(
        """
        const answer = await fetch(arguments[0], { headers: { Accept: 'text/event-stream' } })
        const found = answer.headers.get('content-encoding')
        await answer.body.cancel()
        return found
        """,
        hub_path("b"),
    )  # fmt: skip
    check_equal(head, "gzip", "the coding that the page sees")
    browser.run(
        """
        window.got = []
        window.gaps = 0
        window.opened = 0
        window.source = new EventSource(arguments[0])
        source.onopen = () => opened++
        source.onmessage = event => got.push([event.lastEventId, event.data])
        source.addEventListener('martlet:gap', () => gaps++)
        """,
        hub_path("b"),
    )  # fmt: skip
    browser.wait_for("source.readyState === EventSource.OPEN", 10, "the stream is open")
    wanted = []
    for length in (10, 150, 600, 5000, 100_000):
        text = order(context.random, length)
        wanted.append([publisher.form("b", text), text])
        browser.wait_for(f"got.length === {len(wanted)}", 5, f"an update of {length} bytes comes at once")
    check(Scrape(server).value("martlet_uncompressed_bytes_total") > 100_000, "the page's stream is not compressed")
    # The stream is ended in good order, and Chromium comes back for what it has missed.
    connections = json.loads(request(server.admin, "GET", "/connections").text)["connections"]
    for connection in connections:
        if any("b" == selector for selector in connection["selectors"]):
            check(request(server.admin, "DELETE", f"/connections/{connection['id']}").status < 300, "it was not ended")
    for number in range(30):
        text = order(context.random, 400)
        wanted.append([publisher.form("b", text), text])
    browser.wait_for(f"got.length >= {len(wanted)}", 15, "what was missed comes")
    check_equal(browser.run("return got"), wanted, "what the page got")
    check_equal(browser.run("return gaps"), 0, "gaps")
    check_equal(browser.run("return opened"), 2, "how often the stream was opened")


@scenario("compression: the doctor finds the hub's own well, also through nginx")
def doctor(context):
    server = compressing(context)
    nginx = context.closes(
        Nginx(
            context.folder,
            server.hub,
            {"passes": "proxy_http_version 1.1; proxy_read_timeout 1h; gzip on; gzip_types text/event-stream;"},
        )
    )
    ways = [
        Examination(context, url(server.hub, HUB), "--topic", "a"),
        Examination(context, nginx.url("passes", HUB + "?topic=a")),
    ]
    for examination in ways:
        examination.finish(0)
        examination.check("compression", "ok", "once for all")
        for id in ("first-byte", "delivery", "heartbeat", "stream-end", "resume", "gap", "caching"):
            examination.check(id, "ok")
