"""10,000 subscribers that join with an id while publishing goes on."""

import bisect
import time

from harness.crowd import Crowd
from harness.outcome import Failure, check
from harness.publisher import Publisher
from harness.scenario import scenario
from harness.sse import EventParser
from harness.stream import hub_path
from harness.worker import shared_counter

ROOMS = 20
HISTORY = 2000
BACK = 100
BATCH = 20
FILLING = "x" * 90


def topics(sequence):
    """Where an update goes: to everybody, to one room, or to both in one."""
    room = f"room/{sequence // 3 % ROOMS}"
    return [["all"], [room], [room, "all"]][sequence % 3]


def update(sequence):
    return {"topic": topics(sequence), "data": f"{sequence} {FILLING}"}


def publish_on(report, address, acknowledged, until):
    """Publishes batches five times a second until told; then one update to all, and says how many there are."""
    publisher = Publisher(address)
    sequence = 1

    def publish(count):
        nonlocal sequence
        publisher.lines([update(number) for number in range(sequence, sequence + count)])
        sequence += count
        acknowledged.value = sequence - 1

    while sequence <= HISTORY:
        publish(100)
    report("the history is there")
    due = time.monotonic()
    while not until.value:
        publish(BATCH)
        due += 0.2
        time.sleep(max(0, due - time.monotonic()))
    # So that the last one is for everybody.
    while sequence % 3:
        publish(1)
    publish(1)
    return sequence - 1


class Room:
    """What the subscribers of one room must get.

    Whoever is the first to get an update has it parsed and checked against what was published, and its bytes are kept;
    from all others the same bytes are expected, or, if they differ, are parsed again."""

    def __init__(self, epoch, number):
        self.epoch = epoch
        self.topics = {"all", f"room/{number}"}
        self.sequences = []
        self.known_through = 0
        self.parser = EventParser()
        # The bytes of updates that are next to each other, the first of them at this place in `sequences`.
        self.first = None
        self.bytes = bytearray()
        self.starts = [0]
        self.place_at = {}

    def extend(self, through):
        for sequence in range(self.known_through + 1, through + 1):
            if not self.topics.isdisjoint(topics(sequence)):
                self.sequences.append(sequence)
        self.known_through = max(self.known_through, through)

    def place_after(self, sequence):
        """Where in its updates one begins that has everything up to `sequence`."""
        self.extend(sequence)
        return bisect.bisect_right(self.sequences, sequence)

    def take(self, place, payload):
        """Checks that `payload` is whole events from this place on; the place after them."""
        while payload:
            if self.first is None:
                self.first = place
                self.place_at[0] = place
            known = place - self.first
            if 0 <= known < len(self.starts):
                start = self.starts[known]
                end = min(len(self.bytes), start + len(payload))
                if end > start and self.bytes.startswith(payload[:end - start], start) and end in self.place_at:
                    place = self.place_at[end]
                    payload = payload[end - start:]
                    continue
            # One event that is new, or that came otherwise than to others.
            block, _, payload = payload.partition(b"\n\n")
            event = self.parser.block(block)
            if not event:
                continue
            self.check(event, place)
            if known == len(self.starts) - 1:
                self.bytes += block + b"\n\n"
                self.starts.append(len(self.bytes))
                self.place_at[len(self.bytes)] = place + 1
            place += 1
        return place

    def check(self, event, place):
        sequence = int(event.data.partition(" ")[0]) if event.type == "message" else 0
        self.extend(sequence)
        if place >= len(self.sequences) or self.sequences[place] != sequence:
            due = f"update {self.sequences[place]}" if place < len(self.sequences) else "a later one"
            raise Failure(f"{event} came to {sorted(self.topics)} where {due} was due")
        if event.id != f"{self.epoch}-{sequence}" or event.data != f"{sequence} {FILLING}" or not event.own_id:
            raise Failure(f"not what was published as update {sequence}: {event}")


class Subscriber:
    """Takes a stream's payload as it comes, and has its room check it."""

    __slots__ = ("number", "room", "place", "rest")

    def __init__(self, number, room, place):
        self.number = number
        self.room = room
        self.place = place
        self.rest = b""

    def receive(self, payload):
        if self.rest:
            payload = self.rest + payload
            self.rest = b""
        if not payload.endswith(b"\n\n"):
            end = payload.rfind(b"\n\n") + 2
            if end < 2:
                self.rest = payload
                return
            self.rest = payload[end:]
            payload = payload[:end]
        try:
            self.place = self.room.take(self.place, payload)
        except Failure as failure:
            raise Failure(f"subscriber {self.number}: {failure}") from None


STORES = {"memory": "memory", "sqlite": "sqlite:hub.db"}
SENTENCE = "{:,} subscribers that join 100 updates back while publishing goes on get exactly their updates ({}, {} loops)"
COUNT = 10_000


def join(context, store, loops):
    count = COUNT // 5 if context.quick else COUNT
    server = context.server(log=STORES[store], loops=loops)
    acknowledged, until = shared_counter(), shared_counter()
    worker = context.worker(publish_on, server.hub, acknowledged, until)
    worker.message(20)
    epoch = server.status()["epoch"]
    rooms = [Room(epoch, number) for number in range(ROOMS)]
    subscribers = []
    before = server.resident()

    def request(number):
        last = acknowledged.value - BACK
        room = rooms[number % ROOMS]
        subscribers.append(Subscriber(number, room, room.place_after(last)))
        path = hub_path("all", f"room/{number % ROOMS}")
        if number % 2:
            return path, [("Last-Event-ID", f"{epoch}-{last}")]
        return f"{path}&lastEventID={epoch}-{last}", []

    crowd = context.closes(Crowd(server.hub))
    start = time.monotonic()
    first = acknowledged.value
    crowd.join(
        count,
        request,
        lambda number: subscribers[number].receive,
        meanwhile=lambda: context.progress(f"{crowd.joined} of {count} have joined ({store}, {loops} loops)"),
    )
    joining = time.monotonic() - start
    per_connection = (server.resident() - before) / count
    through = acknowledged.value
    check(through > first, "nothing was published while they joined")
    crowd.run_until(lambda: acknowledged.value >= through + 10 * BATCH, 30, "ten more batches are published")
    until.value = 1
    # Somebody must go on reading while the last is published.
    crowd.run_until(lambda: worker.pipe.poll(0), 30, "the publisher ends")
    total = worker.result(1)
    for room in rooms:
        room.extend(total)
        room.goal = len(room.sequences)
    waiting = set(range(count))

    def complete():
        waiting.difference_update([n for n in waiting if subscribers[n].place == subscribers[n].room.goal])
        return not waiting

    crowd.run_until(complete, 30, lambda: f"{len(waiting)} of {count} subscribers get all, such as {sorted(waiting)[:5]}")
    check(crowd.open == count, f"{count - crowd.open} streams were ended")
    status = server.status()
    check(status["gaps"] == 0 and status["resumes"] == count, f"the hub counted {status}")
    return (
        f"joined in {joining:.1f} s; {per_connection / 1024:.1f} KiB resident per connection; "
        f"{status['deliveries']:,} deliveries"
    )


for store in STORES:
    for loops in (1, 2):
        scenario(SENTENCE.format(COUNT, store, loops), store=store, loops=loops)(join)
