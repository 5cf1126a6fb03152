"""Where a subscriber begins that brings an id, and what it is told (DESIGN §4, promise 3)."""

import json
import re
import time

from harness.outcome import Failure, check, check_equal
from harness.scenario import scenario
from harness.stream import HUB, Stream, hub_path

GAP = "martlet:gap"


def check_gap(stream, requested, reason, resumed):
    """The first event is the gap, the header agrees, and the gap carries the id to go on from."""
    event = stream.read(1)[0]
    check_equal(event.type, GAP, "the first event's type")
    wanted = {"requested": requested, "reason": reason, "resumed": resumed}
    check_equal(json.loads(event.data), wanted, "the gap's data")
    check_equal(stream.headers.get("last-event-id"), resumed, "the Last-Event-ID header")
    check_equal(event.id, resumed, "the gap's id")


def check_no_gap(stream, requested):
    check_equal(stream.headers.get("last-event-id"), requested, "the Last-Event-ID header")


def data(events):
    return [event.data for event in events]


def position(epoch, sequence):
    return f"{epoch}-{sequence}"


@scenario("an unknown Last-Event-ID is answered with a gap, then with what comes", log="memory")
@scenario("an unknown Last-Event-ID is answered with a gap, then with what comes (sqlite)", log="sqlite:hub.db")
def unknown(context, log):
    server = context.server(log=log)
    publisher = context.publisher(server)
    epoch = server.status()["epoch"]
    publisher.form("a", "one")
    newest = publisher.form("a", "two")
    publisher.form("b", "not for it")
    # An id nobody gave, one beyond the newest, and one of a position's form that is none.
    for number, requested in enumerate(["nobody-gave-this", position(epoch, 4_000_000), f"{epoch}-007", 'quoted"\\é']):
        with Stream(server.hub, hub_path("a"), requested) as stream:
            check_gap(stream, requested, "unknown-id", newest)
            newest = publisher.form("a", f"later {number}")
            check_equal(data(stream.read(1)), [f"later {number}"], "what came after the gap")
    with Stream(server.hub, hub_path("nothing was ever published here"), "nobody-gave-this") as stream:
        check_gap(stream, "nobody-gave-this", "unknown-id", "earliest")
    with Stream(server.hub, hub_path("a", lastEventID="in-the-query")) as stream:
        check_gap(stream, "in-the-query", "unknown-id", newest)


@scenario("a trimmed Last-Event-ID is answered with a gap, then with everything that is kept", log="memory")
@scenario(
    "a trimmed Last-Event-ID is answered with a gap, then with everything that is kept (sqlite)", log="sqlite:hub.db"
)
def trimmed(context, log):
    server = context.server(log=log, settings={"log.keep.updates": 100})
    publisher = context.publisher(server)
    publisher.lines([{"topic": "a", "data": str(number)} for number in range(1, 1001)])
    status = server.wait_for_status(lambda s: s["logFirst"] == 901, 15, "the log is trimmed to 100 updates")
    check_equal(status["logLast"], 1000, "the newest update")
    epoch = status["epoch"]
    resumed = position(epoch, 900)
    for path in (hub_path("a"), "/topics/a"):
        for requested in (position(epoch, 10), position(epoch, 0), position(epoch, 899)):
            with Stream(server.hub, path, requested) as stream:
                check_gap(stream, requested, "trimmed", resumed)
                check_equal(data(stream.read(100)), [str(n) for n in range(901, 1001)], "what is kept")
    # The newest that was trimmed is no gap: nothing after it is missing.
    with Stream(server.hub, hub_path("a"), resumed) as stream:
        check_no_gap(stream, resumed)
        check_equal(data(stream.read(100)), [str(n) for n in range(901, 1001)], "what follows the newest trimmed")
    with Stream(server.hub, hub_path("a", lastEventID="earliest")) as stream:
        check_equal(data(stream.read(100)), [str(n) for n in range(901, 1001)], "all that is kept")


@scenario("a Last-Event-ID of a former epoch is answered with a gap, then with the whole new log")
def former_epoch(context):
    server = context.server(log="memory")
    publisher = context.publisher(server)
    requested = [publisher.form("a", f"lost {number}") for number in range(5)][2]
    server.kill()
    server = context.server(log="memory")
    epoch = server.status()["epoch"]
    check(not requested.startswith(epoch + "-"), "a new log has the epoch of the one that was lost")
    publisher = context.publisher(server)
    for number in range(3):
        publisher.form("a", f"new {number}")
    for stream in (
        context.stream(server, hub_path("a"), requested),
        context.stream(server, hub_path("a", lastEventID=requested)),
        context.stream(server, "/topics/a", requested),
    ):
        check_gap(stream, requested, "new-epoch", position(epoch, 0))
        check_equal(data(stream.read(3)), ["new 0", "new 1", "new 2"], "the new log")
        publisher.form("a", "live")
        check_equal(data(stream.read(1)), ["live"], "what comes then")
        stream.close()


@scenario("earliest replays all, and an id resumes exactly after it, by header, query and either path", log="memory")
@scenario(
    "earliest replays all, and an id resumes exactly after it, by header, query and either path (sqlite)",
    log="sqlite:hub.db",
)
def exact(context, log):
    # With a tail this small most of it is read from the log, and not from memory.
    server = context.server(log=log, settings={"log.tail": "64KiB"})
    publisher = context.publisher(server)
    wanted = []
    for batch in range(10):
        updates = [{"topic": "a" if n % 3 else ["b", "a"], "data": f"{batch}.{n} é\n{n}"} for n in range(300)]
        wanted += zip(publisher.lines(updates), (update["data"] for update in updates))
    wanted.append((publisher.form("a", "with an id of its own", id="urn:mine", type="kind"), "with an id of its own"))
    check_equal(wanted[-1][0], "urn:mine", "the id that is answered")
    wanted.append((publisher.raw("a", b"by the short form"), "by the short form"))
    places = [0, 1, 1499, 2999, len(wanted) - 2, len(wanted) - 1]
    for path in (lambda **p: hub_path("a", **p), lambda **p: "/topics/a" + "".join(f"?{k}={v}" for k, v in p.items())):
        with Stream(server.hub, path(lastEventID="earliest")) as stream:
            check_same([(e.id, e.data) for e in stream.read(len(wanted))], wanted)
        for place in places:
            last = wanted[place][0]
            for stream in (Stream(server.hub, path(), last), Stream(server.hub, path(lastEventID=last))):
                with stream:
                    check_no_gap(stream, last)
                    live = publisher.form("a", "live"), "live"
                    wanted.append(live)
                    events = stream.read(len(wanted) - place - 1)
                    check_same([(e.id, e.data) for e in events], wanted[place + 1:])
    typed = next(e for e in Stream(server.hub, hub_path("a", lastEventID="earliest")).read(len(wanted)) if e.id == "urn:mine")
    check_equal(typed.type, "kind", "the type")


def check_same(found, wanted):
    for number, (mine, theirs) in enumerate(zip(found, wanted)):
        if mine != theirs:
            raise Failure(f"update {number} of {len(wanted)}: wanted {theirs!r}, found {mine!r}")
    check_equal(len(found), len(wanted), "the number of updates")


@scenario("a subscriber to several topics gets an update that matches twice once, and nothing else")
def several_topics(context):
    server = context.server()
    publisher = context.publisher(server)
    stream = context.stream(server, hub_path("a", "b"))
    everything = context.stream(server, hub_path("*"))
    for topics, text in [(["a", "b"], "both"), (["c"], "neither"), (["b", "c"], "one"), (["a", "a"], "twice")]:
        publisher.lines([{"topic": topics, "data": text}])
    publisher.form("a", "private", private="on")
    publisher.form("a", "last")
    check_equal(data(stream.read(4)), ["both", "one", "twice", "last"], "what two topics get")
    check_equal(data(everything.read(5)), ["both", "neither", "one", "twice", "last"], "what * gets")


@scenario("a reader that makes no progress is closed after streams.stall, and resumes without loss", log="memory")
@scenario(
    "a reader that makes no progress is closed after streams.stall, and resumes without loss (sqlite)",
    log="sqlite:hub.db",
)
def stalled(context, log):
    server = context.server(log=log, loops=1, settings={"streams.stall": "2s"})
    publisher = context.publisher(server)
    stream = context.stream(server, hub_path("a"), receive_buffer=1 << 16)
    reading = context.stream(server, hub_path("a"))
    count = 0
    while not server.status()["lagged"]:
        check(count < 40_000, "40 MB were published, and the reader that does not read was not found to lag")
        publisher.lines([{"topic": "a", "data": f"{count + n} " + "x" * 1000} for n in range(500)])
        count += 500
        reading.read(500)
    lagging_since = time.monotonic()
    server.wait_for_status(lambda s: s["streams"] == 1, 8, "the reader that does not read is closed")
    waited = time.monotonic() - lagging_since
    check(waited >= 1.5, f"it was closed after {waited:.1f} s, and streams.stall is 2 s")
    more = publisher.lines([{"topic": "a", "data": f"{count + n} " + "x" * 1000} for n in range(500)])
    reading.read(500)
    count += 500
    events = stream.read_to_end(10)
    check(stream.end == "cut", "a stream that was closed because its reader stalled was terminated as if it were whole")
    check(events, "the reader that does not read had not even got what fits into its socket")
    stream = context.stream(server, hub_path("a"), events[-1].id)
    check_no_gap(stream, events[-1].id)
    events += stream.read(count - len(events), within=20)
    check_equal([int(e.data.partition(" ")[0]) for e in events], list(range(count)), "what it got in both streams")
    check_equal(events[-1].id, more[-1], "the last id")
    check_equal(server.status()["stalled"], 1, "the stalled readers that the hub has counted")
    return f"closed after {waited:.1f} s"


@scenario("HEAD answers the headers of a stream, and the connection goes on")
def head(context):
    server = context.server()
    publisher = context.publisher(server)
    last = publisher.form("a", "one")
    response = publisher.request("HEAD", hub_path("a"), [("Last-Event-ID", last)])
    check_equal(response.status, 200, "the status")
    check_equal(response.headers.get("content-type"), "text/event-stream", "the content type")
    check_equal(response.headers.get("last-event-id"), last, "the Last-Event-ID header")
    check_equal(response.headers.get("cache-control"), "no-cache, no-store, no-transform", "Cache-Control")
    check_equal(response.headers.get("x-accel-buffering"), "no", "X-Accel-Buffering")
    check(re.fullmatch(r"[a-z0-9]+-2", publisher.form("a", "two")), "the next request on the connection failed")


@scenario("a stream opens with a comment at once, and quiet ones get a heartbeat")
def heartbeat(context):
    server = context.server(settings={"streams.heartbeat": "1s"})
    with Stream(server.hub, HUB + "?topic=quiet") as stream:
        for comments, within in ((1, 0.8), (4, 5)):
            deadline = time.monotonic() + within
            while stream.parser.comments < comments:
                check(time.monotonic() < deadline, f"{stream.parser.comments} of {comments} comments in {within} s")
                stream.receive(0.05)
        check_equal(stream.events, [], "events of a quiet stream")
