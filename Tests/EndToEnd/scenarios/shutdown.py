"""SIGTERM ends a hub in good order."""

import threading
import time

from harness.crowd import Crowd
from harness.http1 import NotAnswered, request
from harness.outcome import Failure, check, check_equal
from harness.publisher import Publisher
from harness.scenario import scenario
from harness.sse import EventParser
from harness.stream import Stream, hub_path


class InFlight:
    """A publisher that goes on until nobody listens any more, and knows what became of each update."""

    def __init__(self, server, number):
        self.server = server
        self.number = number
        self.acknowledged = {}
        self.unanswered = set()
        self.refused = set()
        self.cut_midway = []
        self.failure = None
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        count = 0
        try:
            while True:
                try:
                    publisher = Publisher(self.server.hub, timeout=12)
                except (ConnectionError, TimeoutError):
                    return
                with publisher:
                    while True:
                        text = f"{self.number}.{count}"
                        count += 1
                        try:
                            response = publisher.try_form("busy", text)
                        except NotAnswered as reason:
                            self.unanswered.add(text)
                            if reason.received or "reset" not in reason.how and "closed" not in reason.how:
                                self.cut_midway.append(f"{text}: {reason}")
                            break
                        if response.status == 200:
                            self.acknowledged[text] = response.text
                        else:
                            self.refused.add(text)
                            check_equal(response.status, 503, "the status of a refused publish")
                        if response.headers.get("connection") == "close":
                            check_equal(publisher.wait_for_end(3), b"", "what comes after the last answer")
                            break
        except Exception as error:
            self.failure = f"publisher {self.number}: {error!r}"


@scenario("SIGTERM: 2,000 streams end in waves with a retry of their own, and publishers in flight are answered", count=2000)
def busy(context, count):
    server = context.server(log="sqlite:hub.db")
    publisher = context.publisher(server)
    for number in range(20):
        publisher.form("watched", str(number))
    crowd = context.closes(Crowd(server.hub))
    parsers = [EventParser() for _ in range(count)]
    crowd.join(
        count,
        lambda number: (hub_path("watched"), []),
        lambda number: lambda payload: parsers[number].feed(payload),
    )
    publishers = [InFlight(server, number) for number in range(4)]
    crowd.run_until(lambda: all(len(p.acknowledged) > 50 for p in publishers), 10, "publishers are at work")

    # What /readyz says, on either listener, with how many streams were open at that moment.
    said = []
    stop = threading.Event()

    def watch():
        while not stop.is_set():
            for name, address in (("hub", server.hub), ("admin", server.admin)):
                try:
                    said.append((name, request(address, "GET", "/readyz", timeout=2), crowd.open))
                except (OSError, NotAnswered):
                    pass
            stop.wait(0.02)

    check_equal(request(server.hub, "GET", "/readyz").status, 200, "/readyz before")
    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    start = time.monotonic()
    server.terminate()
    crowd.run_until(lambda: crowd.open == 0, 10, lambda: f"{crowd.open} of {count} streams are ended")
    code, _ = server.wait(max(0.1, start + 10 - time.monotonic()), "the process is gone 10 s after SIGTERM")
    gone = time.monotonic() - start
    stop.set()
    watcher.join(5)
    for one in publishers:
        one.thread.join(15)
        check(not one.thread.is_alive(), "a publisher still waits after the process has gone")
        check(not one.failure, lambda: one.failure)
        check(not one.cut_midway, lambda: f"answers that were cut off or did not come: {one.cut_midway[:3]}")
    check_equal(code, 0, "the exit code")

    for name in ("hub", "admin"):
        turned = [r for n, r, opened in said if n == name and r.status == 503 and opened > count // 2]
        check(turned, f"/readyz of the {name} was not 503 while most streams were open")
        check("shut" in turned[0].text.lower(), f"/readyz does not say why: {turned[0].text!r}")

    members = list(crowd.members.values())
    cut = [member.number for member in members if member.end != "terminated"]
    check(not cut, f"{len(cut)} of {count} streams were not terminated by a last chunk")
    retries = [parser.retries for parser in parsers]
    check(all(len(r) == 1 for r in retries), lambda: f"not one retry each: {[r for r in retries if len(r) != 1][:5]}")
    retries = sorted(r[0] for r in retries)
    check(retries[0] >= 500, f"somebody is told to come back in {retries[0]} ms")
    check(retries[-1] <= 20_000, f"somebody is told to come back in {retries[-1]} ms")
    check(retries[-1] - retries[0] >= 3000, f"retries lie between {retries[0]} and {retries[-1]} ms, streams.drain is 5 s")
    check(len(set(retries)) > count // 4, f"only {len(set(retries))} different retries")
    moments = sorted(member.ended_at - start for member in members)
    most = max(sum(1 for other in moments if moment <= other < moment + 0.1) for moment in moments[::10])
    check(most < count // 4, f"{most} of {count} streams ended within the same 100 ms")
    check(moments[-1] - moments[0] > 2, f"all streams ended between {moments[0]:.2f} and {moments[-1]:.2f} s")

    # Nothing acknowledged is missing; nothing that was not answered is there, for its publisher may send it again.
    acknowledged = {text: id for one in publishers for text, id in one.acknowledged.items()}
    server = context.server(log="sqlite:hub.db")
    context.publisher(server).form("busy", "the end")
    with Stream(server.hub, hub_path("busy"), "earliest") as stream:
        kept = stream.read_until(lambda e: e.data == "the end", within=20)[:-1]
    found = {event.data: event.id for event in kept}
    check_equal(len(found), len(kept), "updates that are there once")
    missing = acknowledged.keys() - found.keys()
    check(not missing, lambda: f"{len(missing)} acknowledged updates are missing after the restart: {sorted(missing)[:5]}")
    check(all(found[text] == id for text, id in acknowledged.items()), "an update has another id than its publisher was told")
    unanswered = set().union(*(one.unanswered for one in publishers))
    refused = set().union(*(one.refused for one in publishers))
    check(not refused & found.keys(), lambda: f"refused, but published: {sorted(refused & found.keys())[:5]}")
    # A request that the server closed on without a byte of an answer must not have been processed.
    check(
        not unanswered & found.keys(),
        lambda: f"published, but never answered: {sorted(unanswered & found.keys())[:5]}",
    )
    return (
        f"gone after {gone:.1f} s; {len(acknowledged)} acknowledged, {len(refused)} refused, {len(unanswered)} unanswered; "
        f"streams ended from {moments[0]:.1f} to {moments[-1]:.1f} s, at most {most} in 100 ms; "
        f"retries {retries[0]} to {retries[-1]} ms"
    )


@scenario("SIGTERM with no streams: gone within 3 s")
def quiet(context):
    server = context.server(log="sqlite:hub.db")
    publisher = context.publisher(server)
    publisher.form("a", "kept")
    start = time.monotonic()
    server.terminate()
    code, _ = server.wait(3, "the process is gone 3 s after SIGTERM")
    gone = time.monotonic() - start
    check_equal(code, 0, "the exit code")
    server = context.server(log="sqlite:hub.db")
    with Stream(server.hub, hub_path("a"), "earliest") as stream:
        check_equal(stream.read(1)[0].data, "kept", "what was kept")
    return f"gone after {gone:.1f} s"


@scenario("SIGTERM with a stalled reader: gone within 10 s, in good order", unfinished=())
@scenario("SIGTERM with a slow head: gone within 10 s, in good order", unfinished=["head"])
@scenario("SIGTERM with a half-sent body: gone within 10 s, in good order", unfinished=["body"])
def reluctant(context, unfinished):
    server = context.server(log="sqlite:hub.db", loops=1)
    publisher = context.publisher(server)
    reading = context.stream(server, hub_path("b"))
    count = 0
    if not unfinished:
        context.stream(server, hub_path("a"), receive_buffer=1 << 16)
    while not unfinished and not server.status()["lagged"]:
        check(count < 40_000, "40 MB were published, and the reader that does not read was not found to lag")
        publisher.lines([{"topic": "a", "data": "x" * 1000} for _ in range(500)])
        count += 500
    for part in unfinished:
        connection = context.publisher(server)
        connection.send(
            connection.head("POST", "/topics/a", (), 100) + b"not yet all"
            if part == "body"
            else b"POST /topics/a HTTP/1.1\r\n"
        )
    # Whatever was sent before on another connection has been read by now, since there is one loop.
    publisher.form("b", "last")
    start = time.monotonic()
    server.terminate()
    check_equal([e.data for e in reading.read_to_end(10)], ["last"], "what a reader that reads has got")
    check_equal(reading.end, "terminated", "the end of a stream whose reader reads")
    code, _ = server.wait(max(0.1, start + 10 - time.monotonic()), "the process is gone 10 s after SIGTERM")
    gone = time.monotonic() - start
    check_equal(code, 0, "the exit code")
    server = context.server(log="sqlite:hub.db")
    check_equal(server.status()["logLast"], count + 1, "updates in the log after the restart")
    return f"gone after {gone:.1f} s"


@scenario("a second SIGTERM, or one while it starts, does no harm")
def impatient(context):
    server = context.server(log="sqlite:hub.db")
    stream = context.stream(server, hub_path("a"))
    server.terminate()
    server.terminate()
    stream.read_to_end(10)
    code, _ = server.wait(10)
    check_equal(code, 0, "the exit code after two SIGTERM")
    if context.quick:
        return None
    codes = []
    for number in range(5):
        server = context.server(log="sqlite:hub.db", starts=False)
        time.sleep(context.random.uniform(0, 0.05))
        server.terminate()
        codes.append(server.wait(10)[0])
    # Before it can listen for signals, a process ends by them.
    check(all(c in (0, -15) for c in codes), f"exit codes of servers that were ended while starting: {codes}")
    server = context.server(log="sqlite:hub.db")
    if not request(server.hub, "POST", "/topics/a", (), b"x").status == 200:
        raise Failure("the log cannot be used after that")
    return None
