"""Prometheus is told why streams begin where they do, lag and end, and why requests are refused."""

import json

from harness.http1 import Connection, request
from harness.metrics import Scrape, wait_for_value
from harness.outcome import check, check_equal
from harness.publisher import FORM, LINES
from harness.scenario import scenario
from harness.stream import HUB, hub_path
from harness.tokens import bearer, token

from .metrics import configured

KEY = "a key of these tests that nobody can guess, with 32 bytes and more"
JSON = (("Accept", "application/json"),)
CLOSED = "martlet_streams_closed_total"


@scenario("metrics: streams are counted when they are opened, and closed by their clients, for age or with an answer")
def closed(context):
    server = configured(context, streams={"max-age": "4s"})
    first = [context.stream(server, hub_path("a")) for _ in range(3)]
    check_equal(Scrape(server).value("martlet_streams_opened_total"), 3, "streams that were opened")
    first.pop().close()
    scrape = wait_for_value(server, 2, 5, "martlet_streams")
    check_equal(scrape.by("reason", CLOSED), {"client": 1}, "streams that were closed")
    check_equal(request(server.hub, "GET", hub_path("a"), JSON).status, 200, "the status of a poll")
    scrape = wait_for_value(server, 1, 5, CLOSED, reason="answered")
    check_equal(scrape.value("martlet_streams_opened_total"), 4, "streams that were opened, with the poll")
    for stream in first:
        stream.read_to_end(8)
    scrape = wait_for_value(server, 0, 5, "martlet_streams")
    check_equal(scrape.by("reason", CLOSED), {"client": 1, "answered": 1, "expired": 2}, "streams that were closed")


@scenario("metrics: a stream that an operator closes is counted as closed for another reason")
def closed_by_operator(context):
    server = context.server(loops=1)
    stream = context.stream(server, hub_path("a"))
    wait_for_value(server, 1, 5, "martlet_streams")
    (found,) = json.loads(request(server.admin, "GET", "/connections").text)["connections"]
    check_equal(request(server.admin, "DELETE", f"/connections/{found['id']}").status, 204, "the status of closing it")
    stream.read_to_end()
    scrape = wait_for_value(server, 0, 5, "martlet_streams")
    check_equal(scrape.by("reason", CLOSED), {"other": 1}, "streams that were closed")


@scenario("metrics: a hub that stops says so, and counts the streams that it ends")
def drained(context):
    server = context.server(loops=1, settings={"streams.drain": "5s"})
    for _ in range(20):
        context.stream(server, hub_path("a"))
    check_equal(Scrape(server).value("martlet_draining"), 0, "whether it is draining before")
    server.terminate()
    scrape = wait_for_value(server, lambda n: n >= 2, 4, CLOSED, reason="drain")
    check_equal(scrape.value("martlet_draining"), 1, "whether it is draining")
    check_equal(list(scrape.by("reason", CLOSED)), ["drain"], "why streams were closed")


@scenario("metrics: a reader that stops is seen to lag, then as closed because it stalled")
def stalled(context):
    server = context.server(loops=1, settings={"streams.stall": "4s"})
    publisher = context.publisher(server)
    context.stream(server, hub_path("a"), receive_buffer=1 << 16)
    count = 0
    while not Scrape(server).value("martlet_streams_lagged_total"):
        check(count < 40_000, "40 MB were published, and the reader that does not read was not found to lag")
        publisher.lines([{"topic": "a", "data": "x" * 1000} for _ in range(500)])
        count += 500
    publisher.lines([{"topic": "a", "data": "x" * 1000} for _ in range(500)])
    scrape = wait_for_value(server, 1, 3, "martlet_lagging_streams")
    behind = scrape.value("martlet_lag_updates")
    check(500 <= behind <= count + 500, f"it lags by {behind} updates, of {count + 500} that were published")
    scrape = wait_for_value(server, 0, 10, "martlet_streams")
    check_equal(scrape.by("reason", CLOSED), {"stalled": 1}, "streams that were closed")
    for name in ("martlet_lagging_streams", "martlet_lag_updates"):
        check_equal(scrape.value(name), 0, f"{name} once it is closed")


@scenario("metrics: resumes are counted by what became of them, and so are gaps")
def resumed(context):
    server = configured(context, log={"keep": {"updates": 3}})
    ids = context.publisher(server).lines([{"topic": "a", "data": str(n)} for n in range(10)])
    wait_for_value(server, 8, 10, "martlet_log_first_sequence")
    context.stream(server, hub_path("a"))
    check_equal(Scrape(server).by("verdict", "martlet_resumes_total"), {}, "resumes before there are any")
    wanted = {}
    rows = (("exact", ids[-1]), ("exact", ids[7]), ("earliest", "earliest"), ("trimmed", ids[0]))
    rows += (("unknown_id", "nobody-gave-this"), ("new_epoch", "zzzzzz-5"))
    for verdict, requested in rows:
        stream = context.stream(server, hub_path("a"), requested)
        check_equal(stream.status, 200, f"the status of a resume from {requested}")
        wanted[verdict] = wanted.get(verdict, 0) + 1
        scrape = wait_for_value(server, wanted[verdict], 5, "martlet_resumes_total", verdict=verdict)
        check_equal(scrape.by("verdict", "martlet_resumes_total"), wanted, f"resumes after one from {requested}")
    check_equal(scrape.value("martlet_gaps_total"), 3, "gaps")


@scenario("metrics: refusals are counted by reason, as /status counts them")
def refused(context):
    server = configured(
        context,
        auth={"publish": {"key": KEY}, "anonymous": True},
        limits={"selectors": 2, "body": "1KiB", "publish-rate": 1, "header-timeout": "1s"},
        streams={"max": 3, "per-address": 2},
    )
    bearing = bearer(token(KEY, publish=["*"]))
    held = [context.stream(server, hub_path("a"), source=f"127.0.0.{n}") for n in (1, 1, 2)]
    check_equal([stream.status for stream in held], [200] * 3, "the streams that there may be")
    batch = b'{"topic":"a","data":"1"}\n{"topic":"a","data":"2"}'

    def post(*headers, body=b"topic=a&data=1"):
        return request(server.hub, "POST", HUB, headers, body).status

    def slow():
        with Connection(server.hub) as connection:
            connection.send(b"GET / HTTP/1.1\r\nHost:")
            return connection.response().status

    def stream(path, source="127.0.0.1"):
        return context.stream(server, path, source=source).status

    provocations = (
        ("unauthorized", 401, lambda: post(*FORM)),
        ("malformed", 400, lambda: request(server.hub, "GET", HUB).status),
        ("method", 405, lambda: request(server.hub, "DELETE", HUB).status),
        ("mediaType", 415, lambda: post(bearing, ("Content-Type", "text/plain"))),
        ("tooLarge", 413, lambda: post(bearing, *FORM, body=b"topic=a&data=" + b"x" * 2000)),
        ("forbidden", 403, lambda: post(bearing, *FORM, body=b"topic=/.well-known/mercure/subscriptions/a&data=1")),
        ("selectors", 400, lambda: stream(hub_path("a", "b", "c"))),
        ("streams", 503, lambda: stream(hub_path("a"), "127.0.0.2")),
        ("timeout", 408, slow),
    )
    wanted = {}

    def check_counted(reason, status, found):
        check_equal(found, status, f"the status of what is refused as {reason}")
        wanted[reason] = 1
        check_equal(Scrape(server).by("reason", "martlet_refusals_total"), wanted, f"refusals after one as {reason}")

    for reason, status, provoke in provocations:
        check_counted(reason, status, provoke())
    held.pop().close()
    wait_for_value(server, 2, 5, "martlet_streams")
    check_counted("streamsPerAddress", 429, stream(hub_path("a")))
    check_equal(post(bearing, *LINES, body=batch), 200, "a batch that is paid for later")
    check_counted("publishRate", 429, post(bearing, *FORM))
    counted = {reason: count for reason, count in server.status()["refusals"].items() if count}
    check_equal(counted, wanted, "refusals in /status")
    return f"{len(wanted)} reasons"
