"""What is too large, too slow, half-closed or too many is refused with a sentence, and harms nobody else."""

import socket
import time

from harness.http1 import Connection, NotAnswered, request
from harness.outcome import Failure, check, check_equal
from harness.publisher import FORM, LINES
from harness.scenario import scenario
from harness.stream import HUB, Stream, hub_path
from harness.waiting import wait_for

MIB = 1 << 20


def check_refused(response, status, *words):
    check_equal(response.status, status, f"the status of {response.body[:200]!r}")
    check(len(response.text.strip()) > 10, f"a {status} without a sentence: {response.body!r}")
    for word in words:
        check(word in response.text, f"{word!r} is not in the sentence {response.text!r}")


def check_still_serves(server, topic="still there"):
    with Connection(server.hub) as connection:
        response = connection.request("POST", f"/topics/{topic.replace(' ', '-')}", (), b"x")
        check_equal(response.status, 200, "publishing afterwards")


@scenario("a head over 16 KiB is refused with 431, one under it is read")
def large_head(context):
    server = context.server()
    for path in (hub_path("a"), "/healthz"):
        for fields in (
            [("X-Large", "x" * 17 * 1024)],
            [(f"X-{number}", "x" * 1000) for number in range(18)],
            [("X-Far-Too-Large", "x" * 200 * 1024)],
        ):
            with Connection(server.hub) as connection:
                check_refused(connection.request("GET", path, fields), 431, "16384")
                connection.wait_for_end(5)
    with Connection(server.hub) as connection:
        check_refused(connection.request("GET", "/topics/" + "a" * 20_000), 431)
    check_equal(request(server.hub, "HEAD", hub_path("a"), [("X-Large", "x" * 15 * 1024)]).status, 200, "15 KiB of head")
    check_still_serves(server)


@scenario("a body over 1 MiB is refused with 413, one of 1 MiB is published")
def large_body(context):
    server = context.server(log="sqlite:hub.db")
    prefix = b"topic=a&data="
    for path, headers, body in (
        (HUB, FORM, prefix + b"x" * (MIB + 1 - len(prefix))),
        ("/topics/a", (), b"x" * (MIB + 1)),
        (HUB, LINES, b'{"topic":"a","data":"x"}\n' * (MIB // 24)),
    ):
        with Connection(server.hub) as connection:
            check_refused(connection.request("POST", path, headers, body), 413, "1048576")
            connection.wait_for_end(5)
    # One that does not say how large it is, and never ends: it is cut off, and the answer can be read.
    with Connection(server.hub) as connection:
        connection.send(connection.head("POST", "/topics/a", [("Transfer-Encoding", "chunked")]))
        connection.socket.settimeout(10)
        try:
            for _ in range(40):
                connection.socket.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")
        except ConnectionError:
            pass
        check_refused(connection.response(), 413)
    # One that asks first is told before it sends.
    with Connection(server.hub) as connection:
        connection.send(connection.head("POST", "/topics/a", [("Expect", "100-continue")], MIB + 1))
        check_refused(connection.response(), 413)
    check_equal(server.status()["logLast"], 0, "updates in the log after refusals only")
    check_equal(request(server.hub, "POST", HUB, FORM, prefix + b"x" * (MIB - len(prefix))).status, 200, "a form of 1 MiB")
    check_equal(request(server.hub, "POST", "/topics/a", (), b"x" * MIB).status, 200, "data of 1 MiB")
    with Stream(server.hub, hub_path("a"), "earliest") as stream:
        check_equal([len(e.data) for e in stream.read(2)], [MIB - len(prefix), MIB], "the sizes that arrive")


@scenario("a head that does not come in time is refused with 408")
def slow(context):
    server = context.server(settings={"limits.header-timeout": "1s"})
    beginning = b"GET /.well-known/mercure?topic=a HTTP/1.1\r\nHost: x\r\n"
    for sent, drop in ((beginning, None), (b"G", None), (beginning, b"X-Slow: x\r\n")):
        with Connection(server.hub) as connection:
            start = time.monotonic()
            connection.send(sent)
            if drop:
                drip_until_answered(connection, drop)
            check_refused(connection.response(), 408, "head")
            taken = time.monotonic() - start
            check(0.8 <= taken <= 3.5, f"408 came after {taken:.1f} s, and limits.header-timeout is 1 s")
            connection.wait_for_end(5)
    # A connection on which nothing comes is only closed, and one between requests is left alone.
    with Connection(server.hub) as connection, Connection(server.hub) as idle:
        check_equal(idle.request("HEAD", hub_path("a")).status, 200, "the status")
        check_equal(connection.wait_for_end(5), b"", "what a silent connection is sent")
        check_equal(idle.request("HEAD", hub_path("a")).status, 200, "the status on a connection that was idle")
    check_still_serves(server)


def drip_until_answered(connection, drop):
    deadline = time.monotonic() + 10
    connection.socket.settimeout(0.1)
    while time.monotonic() < deadline:
        try:
            connection.socket.sendall(drop)
            connection.buffer = connection.socket.recv(65536)
            return
        except TimeoutError:
            continue
        except ConnectionError:
            raise NotAnswered("the connection was reset") from None
    raise Failure("a head that comes in drops is waited for without end")


@scenario("an id or a type over 1 KiB is refused with 400, one of 1 KiB is taken; so is what is malformed")
def malformed(context):
    server = context.server()
    with context.publisher(server) as publisher:
        for field in ("id", "type"):
            kib = field[0] * 1024
            check_refused(publisher.try_form("a", "x", **{field: kib + "x"}), 400, field)
            check_refused(publisher.try_lines([{"topic": "a"}, {"topic": "a", field: kib + "x"}]), 400, "Line 2", field)
            check_refused(publisher.request("POST", f"/topics/a?{field}={kib}x", (), b"x"), 400, field)
            check_refused(publisher.try_form("a", "x", **{field: "two\nlines"}), 400, field)
            check_refused(publisher.try_form("a", "x", **{field: "nul\0"}), 400, field)
            check_equal(publisher.try_form("a", "x", **{field: kib}).status, 200, f"a form with 1 KiB of {field}")
            lines = publisher.try_lines([{"topic": "a", field: kib.upper()}])
            check_equal(lines.status, 200, f"a line with 1 KiB of {field}")
        kept = server.status()["logLast"]
        check_equal(kept, 4, "updates in the log")
        for body in (b'{"topic":"a"}\n{"topic":"a"', b"[1]", b'{"data":"x"}', b'{"topic":7}', b"\xff\xfe", b"", b"\n\n"):
            check_refused(publisher.request("POST", HUB, LINES, body), 400)
        for body in (b"data=x", b"topic=a&data=%zz", b"topic=a&data=%ff", b"topic=a&retry=soon", b"topic=&data=x"):
            check_refused(publisher.request("POST", HUB, FORM, body), 400)
        check_refused(publisher.request("POST", "/topics/a", (), b"\xff"), 400)
        check_refused(publisher.request("POST", HUB, [("Content-Type", "image/png")], b"x"), 415, "image/png")
        check_equal(server.status()["logLast"], kept, "updates in the log after refusals only")
        check_equal(publisher.try_form("a", "still on the same connection").status, 200, "the last publish")
    for garbage in (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 100, b"GET\r\n\r\n", b"hello\r\n\r\n", b"\r\n" * 3000):
        with Connection(server.hub, timeout=12) as connection:
            connection.send(garbage)
            connection.socket.shutdown(socket.SHUT_WR)
            answer = connection.wait_for_end(12)
            check(not answer or answer.startswith(b"HTTP/1.1 4"), f"garbage was answered with {answer[:100]!r}")
    check_refused(request(server.hub, "DELETE", HUB), 405, "GET")
    check_refused(request(server.hub, "GET", HUB), 400, "topic")
    check_still_serves(server)


@scenario("half-closed connections leave nothing behind, and a half-closed publisher is answered")
def half_closed(context):
    server = context.server(log="sqlite:hub.db")
    publisher = context.publisher(server)
    publisher.form("a", "first")
    before = server.status()
    streams = [context.stream(server, hub_path("a")) for _ in range(50)]
    server.wait_for_status(lambda s: s["streams"] == 50, 5, "50 streams are open")
    for stream in streams:
        stream.socket.shutdown(socket.SHUT_WR)
    server.wait_for_status(lambda s: s["streams"] == 0, 5, "half-closed streams are let go")
    for stream in streams:
        stream.read_to_end(5)
        stream.close()

    # Half-closed right after the request: of a stream, which may be refused or ended; of a publisher, which is answered.
    for _ in range(20):
        with Connection(server.hub) as connection:
            connection.send(connection.head("GET", hub_path("a"), [("Last-Event-ID", "unknown")]))
            connection.socket.shutdown(socket.SHUT_WR)
            connection.wait_for_end(5)
    for number in range(20):
        with Connection(server.hub) as connection:
            body = b"half-closed %d" % number
            connection.send(connection.head("POST", "/topics/a", (), len(body)) + body)
            connection.socket.shutdown(socket.SHUT_WR)
            check_equal(connection.response().status, 200, "the status for a half-closed publisher")
            check_equal(connection.wait_for_end(5), b"", "what comes after the answer")
    # In the midst of a head and of a body: nothing is published.
    for part in (b"POST /topics/a HTTP/1.1\r\nHost:", b"POST /topics/a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345"):
        with Connection(server.hub) as connection:
            connection.send(part)
            connection.socket.shutdown(socket.SHUT_WR)
            connection.wait_for_end(5)
    status = server.wait_for_status(
        lambda s: s["connections"] == before["connections"] and s["streams"] == 0, 5, "no connection is left behind"
    )
    check_equal(status["logLast"] - before["logLast"], 20, "updates published by half-closed publishers")
    # Reset while it is a stream, and in the midst of a request.
    for _ in range(20):
        stream = Stream(server.hub, hub_path("a"))
        stream.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        stream.close()
    server.wait_for_status(
        lambda s: s["connections"] == before["connections"] and s["streams"] == 0, 5, "no reset stream is left behind"
    )


@scenario("near the limit of descriptors new streams get 503, publishing works, and room is used again")
def descriptors(context):
    server = context.server(log="sqlite:hub.db", descriptors=256)
    publisher = context.publisher(server)
    streams = []
    while True:
        stream = context.stream(server, hub_path("a"))
        if stream.status != 200:
            break
        streams.append(stream)
        check(len(streams) < 256, "256 streams were opened with 256 descriptors")
    check_equal(stream.status, 503, "the status of a stream too many")
    check(len(stream.body) > 10, f"a 503 without a sentence: {stream.body!r}")
    stream.close()
    check(len(streams) >= 128, f"of 256 descriptors only {len(streams)} serve streams")
    opened = len(streams)
    # Those that are open, publishers on new connections, and the admin's pages are served.
    id = publisher.form("a", "to all of them")
    check_equal(request(server.hub, "POST", "/topics/a", (), b"on a new connection").status, 200, "the status")
    for stream in streams:
        check_equal([e.data for e in stream.read(2)], ["to all of them", "on a new connection"], "what a stream got")
    check_equal(request(server.hub, "GET", "/readyz").status, 200, "/readyz")
    # Some go, others come, and get what they missed.
    for stream in streams[:20]:
        stream.close()
    server.wait_for_status(lambda s: s["streams"] == opened - 20, 5, "20 streams are let go")
    for _ in range(20):
        stream = context.stream(server, hub_path("a"), id)
        check_equal(stream.status, 200, "the status of a stream for which there is room again")
        check_equal(stream.read(1)[0].data, "on a new connection", "what it had missed")
    stream = context.stream(server, hub_path("a"))
    check_equal(stream.status, 503, "the status of a stream too many")
    return f"{opened} streams with 256 descriptors"


@scenario("a hub whose descriptors are all taken by idle connections works again once they are gone")
def no_descriptors(context):
    server = context.server(log="sqlite:hub.db", descriptors=256)
    publisher = context.publisher(server)
    stream = context.stream(server, hub_path("a"))
    publisher.form("a", "before")
    check_equal(stream.read(1)[0].data, "before", "what comes before")
    idle = [context.closes(socket.create_connection(server.hub, timeout=5)) for _ in range(300)]
    # The kernel has accepted them all; the hub can take only so many, and must say nothing worse than nothing.
    for number in range(100):
        publisher.form("a", str(number))
    check_equal([e.data for e in stream.read(100)], [str(n) for n in range(100)], "what comes on a connection it has")
    for connection in idle:
        connection.close()

    def publishes():
        if server.process.poll() is not None:
            raise Failure(f"the server died when it ran out of descriptors: {server.how_it_ended()}")
        try:
            return request(server.hub, "POST", "/topics/a", (), b"after", timeout=1).status == 200
        except (OSError, NotAnswered):
            return False

    wait_for(publishes, 10, "the hub serves new connections again", every=0.05)
    check_equal(stream.read_until(lambda e: e.data == "after")[-1].data, "after", "what comes then")
    check_equal(request(server.admin, "GET", "/readyz").status, 200, "/readyz of the admin")
