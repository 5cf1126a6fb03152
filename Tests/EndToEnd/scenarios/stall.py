"""A reader that stops costs neither memory nor anybody's time, and loses nothing (DESIGN §4, promises 3 and 4)."""

import json
import time

from harness.outcome import Failure, check, check_equal
from harness.publisher import Publisher
from harness.scenario import scenario
from harness.stream import Stream, hub_path

PER_SECOND = 200_000 / 30
BATCH = 100
MIB = 1 << 20


def updates(start, count):
    """Updates of 1 KB that carry their number and the time at which they were made."""
    head = f"{time.monotonic_ns()} "
    return [{"topic": "a", "data": f"{n} {head}".ljust(1000, "x")} for n in range(start, start + count)]


def number_and_time(event):
    number, time, _ = event.data.split(" ", 2)
    return int(number), int(time)


class Publishing:
    """Publishes at a steady rate, however long each batch takes."""

    def __init__(self, address, observe=lambda: None):
        self.publisher = Publisher(address)
        self.observe = observe
        self.count = 0
        self.ids = []

    def publish(self, count, progress=lambda sentence: None):
        start = time.monotonic()
        for done in range(0, count, BATCH):
            self.ids += self.publisher.lines(updates(self.count, BATCH))
            self.count += BATCH
            self.observe()
            progress(f"{done + BATCH:,} of {count:,} updates have passed")
            time.sleep(max(0, start + (done + BATCH) / PER_SECOND - time.monotonic()))


class Memory:
    """The most memory that a server was seen to hold."""

    def __init__(self, server):
        self.server = server
        self.peak = server.resident()

    def look(self):
        self.peak = max(self.peak, self.server.resident())


def publish_too(report, address, count):
    Publishing(address).publish(count)


def read_and_measure(report, address, count):
    """A subscriber that reads `count` updates and returns the time each took, in the order they came."""
    stream = Stream(address, hub_path("a"))
    report("it is subscribed")
    times = []
    expected = 0
    while expected < count:
        new = stream.receive(30)
        if new is None:
            raise Failure(f"the reading subscriber got nothing for 30 s, after {expected} of {count} updates")
        now = time.monotonic_ns()
        for event in new:
            number, sent = number_and_time(event)
            if number != expected:
                raise Failure(f"the reading subscriber got update {number} where {expected} was due")
            times.append((now - sent) / 1e6)
            expected += 1
        stream.taken = len(stream.events)
        stream.forget()
    return times


def p99(times):
    return sorted(times)[int(len(times) * 0.99)]


@scenario("a reader that stops for 30 s while 200,000 updates pass gets all of them, and costs nobody memory or time")
def stall(context):
    warm, baseline, passing = 30_000, 40_000, 200_000
    if context.quick:
        baseline, passing = 20_000, int(PER_SECOND * 5) // BATCH * BATCH
    server = context.server(log="sqlite:hub.db")
    reader = context.worker(read_and_measure, server.hub, warm + baseline + passing)
    reader.message(10)
    memory = Memory(server)
    publishing = Publishing(server.hub, memory.look)
    publishing.publish(warm, lambda s: context.progress(f"warming up: {s}"))

    # What the machine does to everybody's time must not be taken for what a stalled reader does: another hub has the
    # same load at the same time, and none.
    control = context.server(log="sqlite:control.db")
    control_reader = context.worker(read_and_measure, control.hub, baseline + passing)
    control_reader.message(10)
    control_publisher = context.worker(publish_too, control.hub, baseline + passing)
    cpu = [server.cpu_seconds()]
    publishing.publish(baseline, lambda s: context.progress(f"without a stalled reader: {s}"))
    cpu.append(server.cpu_seconds())

    stalled = context.stream(server, hub_path("a"), publishing.ids[-1])
    check_equal(stalled.status, 200, "the status of the stream that will stall")
    first = publishing.count
    before = memory.peak = server.resident()
    start = time.monotonic()
    publishing.publish(passing, lambda s: context.progress(f"with a stalled reader: {s}"))
    stood = time.monotonic() - start
    cpu.append(server.cpu_seconds())
    growth = memory.peak - before
    check(server.status()["lagged"] >= 1, "the reader that stopped did not fall behind; the test shows nothing")
    times = reader.result(30)
    control_publisher.result(30)
    control_times = control_reader.result(30)

    # Reading on.
    start = time.monotonic()
    expected = first
    while expected < publishing.count:
        for event in stalled.read(min(2000, publishing.count - expected), within=30):
            number, _ = number_and_time(event)
            check_equal(number, expected, "the update that the stalled reader got")
            check_equal(event.id, publishing.ids[number], "its id")
            expected += 1
        stalled.forget()
        memory.look()
        context.progress(f"reading on: {expected - first:,} of {passing:,} have come")
    caught_up = time.monotonic() - start
    growth_after = memory.peak - before
    publishing.publish(BATCH)
    for event in stalled.read(BATCH):
        check_equal(number_and_time(event)[0], expected, "the update that came live after it had caught up")
        expected += 1
    check_equal(server.status()["gaps"], 0, "gaps")

    calm, stressed = p99(times[warm:warm + baseline]), p99(times[warm + baseline:])
    elsewhere = p99(control_times[baseline:])
    calm_cpu, stressed_cpu = (cpu[1] - cpu[0]) / baseline * 1e6, (cpu[2] - cpu[1]) / passing * 1e6
    figures = (
        f"stood {stood:.0f} s, caught up in {caught_up:.1f} s; memory {before / MIB:.0f} MiB, grew by {growth / MIB:.1f} MiB "
        f"while it stood, {growth_after / MIB:.1f} MiB in all; the other's p99 {calm:.1f} ms before, {stressed:.1f} ms "
        f"meanwhile, on another hub {elsewhere:.1f} ms; CPU per update {calm_cpu:.0f} µs before, {stressed_cpu:.0f} µs meanwhile"
    )
    check(growth <= 32 * MIB, f"the server's memory grew by more than 32 MiB while a reader stood still ({figures})")
    check(growth_after <= 32 * MIB, f"the server's memory grew by more than 32 MiB while a reader caught up ({figures})")
    usual = max(calm, elsewhere)
    check(stressed <= max(3 * usual, usual + 50), f"another reader's p99 did not stay as it was ({figures})")
    check(stressed_cpu <= 1.5 * calm_cpu, f"a reader that stands still takes the server's time ({figures})")
    return figures


@scenario("a reader that stops while the log is trimmed gets one gap, then the rest in order", keep=10_000)
def trimmed(context, keep):
    server = context.server(log="sqlite:hub.db", settings={"log.keep.updates": keep})
    epoch = server.status()["epoch"]
    stalled = context.stream(server, hub_path("a"))
    publisher = context.publisher(server)
    ids = []
    while len(ids) < 60_000:
        ids += publisher.lines(updates(len(ids), 500))
        context.progress(f"{len(ids):,} of 60,000 updates have passed")
    status = server.wait_for_status(
        lambda s: s["logLast"] - s["logFirst"] + 1 == keep, 30, f"the log is trimmed to {keep} updates"
    )
    first_kept = status["logFirst"]
    events = stalled.read_until(lambda e: e.type != "message", within=20)
    *seen, gap = events
    for number, event in enumerate(seen):
        check_equal((number_and_time(event)[0], event.id), (number, ids[number]), "an update before the gap")
    check(len(seen) < first_kept - 1, "the reader that stopped missed nothing; the test shows nothing")
    check_equal(gap.type, "martlet:gap", "the event that is no update")
    check_equal(
        json.loads(gap.data),
        {"requested": seen[-1].id, "reason": "trimmed", "resumed": f"{epoch}-{first_kept - 1}"},
        "the gap's data",
    )
    check_equal(gap.id, f"{epoch}-{first_kept - 1}", "the gap's id")
    for number, event in enumerate(stalled.read(keep, within=20), first_kept - 1):
        check_equal((event.type, number_and_time(event)[0], event.id), ("message", number, ids[number]), "an update after the gap")
    last = publisher.form("a", "live")
    event = stalled.read(1)[0]
    check_equal((event.data, event.id), ("live", last), "what came live")
    check_equal(server.status()["gaps"], 1, "gaps")
    return f"{len(seen):,} updates, a gap of {first_kept - 1 - len(seen):,}, {keep:,} updates"
