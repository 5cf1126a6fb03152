"""`kill -9` at any moment loses nothing that was acknowledged (DESIGN §4, promises 1 and 2)."""

import copy
import re
import threading
import time

from harness.http1 import NotAnswered
from harness.outcome import check, check_equal
from harness.publisher import Publisher
from harness.scenario import scenario
from harness.stream import Stream, hub_path

LOG = "sqlite:hub.db"
PUBLISHERS = 4
POSITION = re.compile(r"([a-z0-9]+)-([0-9]+)\Z")


class Sender:
    """One of several publishers on a keep-alive connection: forms, batches of JSON lines, ids of its own now and then."""

    def __init__(self, server, name, random, budget):
        self.name = name
        self.random = random
        self.budget = budget
        self.connection = Publisher(server.hub)
        # Texts with the ids that were answered, in the order of publishing; None if no answer came.
        self.requests = []
        self.failure = None
        self.thread = threading.Thread(target=self.run, daemon=True)

    def run(self):
        number = 0
        try:
            while count := self.budget.take(1 if self.random.random() < 0.8 else self.random.randint(2, 60)):
                texts = [f"{self.name}.{number + n}" for n in range(count)]
                number += count
                own = {"id": f"urn:own:{texts[0]}"} if self.random.random() < 0.05 else {}
                entry = [texts, None]
                self.requests.append(entry)
                if count == 1:
                    response = self.connection.try_form("a", texts[0], **own)
                else:
                    lines = [{"topic": "a", "data": text} for text in texts]
                    lines[0].update(own)
                    response = self.connection.try_lines(lines)
                check_equal(response.status, 200, f"the answer to {texts[0]}")
                entry[1] = response.text.split("\n")
                check_equal(len(entry[1]), count, f"the number of ids for {texts[0]}")
                self.budget.acknowledged(count)
        except (NotAnswered, OSError):
            pass
        except Exception as error:
            self.failure = f"publisher {self.name}: {error!r}"


class Budget:
    """How many updates there are to publish, and a moment to be told of."""

    def __init__(self, count, moment):
        self.left = count
        self.until_moment = moment
        self.lock = threading.Lock()
        self.reached = threading.Event()

    def take(self, count):
        with self.lock:
            count = min(count, self.left)
            self.left -= count
            return count

    def acknowledged(self, count):
        with self.lock:
            self.until_moment -= count
            if self.until_moment <= 0:
                self.reached.set()


def check_history(events, senders, epoch, first, where):
    """Checks what was delivered: the log's order without holes, each publisher's order, all that was acknowledged, once.

    `first` is the sequence number that the first event must have."""
    expected = first
    for event in events:
        position = POSITION.match(event.id)
        check(event.own_id, f"{where}: {event} came without an id")
        if not event.id.startswith("urn:own:"):
            check(position and position[1] == epoch, f"{where}: {event} has an id of another log than {epoch}")
            check_equal(int(position[2]), expected, f"{where}: the sequence number of {event}")
        expected += 1

    delivered = {}
    for event in events:
        check(event.data not in delivered, f"{where}: {event} came twice")
        delivered[event.data] = event.id
    order = {}
    for event in events:
        name, _, number = event.data.rpartition(".")
        check(int(number) > order.get(name, -1), f"{where}: {event} of publisher {name} came after number {order.get(name)}")
        order[name] = int(number)

    known = set()
    kept_unanswered = 0
    for sender in senders:
        for number, (texts, ids) in enumerate(sender.requests):
            known.update(texts)
            there = [text for text in texts if text in delivered]
            if ids is None:
                check(number == len(sender.requests) - 1, f"{where}: publisher {sender.name} went on without an answer")
                check(len(there) in (0, len(texts)), f"{where}: of a batch of {len(texts)}, {len(there)} are in the log")
                kept_unanswered += len(there)
                ids = [delivered[text] for text in there]
            else:
                check(
                    len(there) == len(texts),
                    f"{where}: acknowledged, but not delivered: {[t for t in texts if t not in delivered][:3]}",
                )
                check_equal([delivered[text] for text in texts], ids, f"{where}: ids that were answered for {texts[0]}")
            if len(there) > 1:
                places = [delivered[t] for t in there if not delivered[t].startswith("urn:own:")]
                numbers = [int(POSITION.match(id)[2]) for id in places]
                check(numbers == list(range(numbers[0], numbers[0] + len(numbers))), f"{where}: a batch is torn: {ids}")
    unknown = delivered.keys() - known
    check(not unknown, lambda: f"{where}: delivered, but never published: {sorted(unknown)[:3]}")
    return kept_unanswered


@scenario("kill -9 at a random moment while 10,000 updates are published loses nothing that was acknowledged")
def kill(context):
    rounds = 4 if context.quick else 20
    everything = []
    kept = 0
    next_sequence = 1
    epoch = None
    server = context.server(log=LOG)
    for number in range(rounds):
        epoch = epoch or server.status()["epoch"]
        check_equal(server.status()["epoch"], epoch, "the epoch after a restart")
        before = Sender(server, f"{number}.before", context.random, None)
        before_first = next_sequence
        with before.connection as publisher:
            for start in range(0, 1000, 250):
                texts = [f"{before.name}.{start + n}" for n in range(250)]
                before.requests.append([texts, publisher.lines([{"topic": "a", "data": text} for text in texts])])
        ids = [id for _, answered in before.requests for id in answered]
        check_equal(ids[0], f"{epoch}-{before_first}", "the first id after a restart")

        budget = Budget(10_000, context.random.randint(1, 10_000))
        senders = [Sender(server, f"{number}.{n}", context.random, budget) for n in range(PUBLISHERS)]
        for sender in senders:
            sender.thread.start()
        check(budget.reached.wait(30), lambda: f"publishing hangs: {[s.failure for s in senders]}")
        # Some turns further, so that it is not always right after an answer.
        time.sleep(context.random.uniform(0, 0.003))
        server.kill()
        for sender in senders:
            sender.thread.join(25)
            check(not sender.thread.is_alive(), "a publisher waits for a server that was killed")
            check(not sender.failure, lambda: sender.failure)
            sender.connection.close()
        acknowledged = sum(len(ids) for s in senders for _, ids in s.requests if ids)

        server = context.server(log=LOG)
        last = server.status()["logLast"]
        with Stream(server.hub, hub_path("a"), ids[499]) as stream:
            events = stream.read(last - (before_first + 499), within=20)
            check_equal(stream.headers.get("last-event-id"), ids[499], "the Last-Event-ID header")
        # The first 500 are what the subscriber has seen.
        rest = copy.copy(before)
        rest.requests = before.requests[2:]
        kept += check_history(events, [rest, *senders], epoch, before_first + 500, f"round {number + 1}")
        everything += [before, *senders]
        next_sequence = last + 1
        context.progress(
            f"round {number + 1} of {rounds}: killed after {acknowledged} of 10,000 were acknowledged, log at {last}"
        )

    with Stream(server.hub, hub_path("a"), "earliest") as stream:
        events = stream.read(next_sequence - 1, within=60)
        check_history(events, everything, epoch, 1, "the whole log")
        closing = context.publisher(server).form("a", "9999.closing.0")
        check_equal(stream.read(1)[0].id, closing, "what follows the whole log")
    return f"{rounds} rounds, {next_sequence - 1} updates in the log, {kept} in it though not answered"


@scenario("kill -9 under streams: who reconnects with the id it last saw has lost nothing and got nothing twice")
def subscribers(context):
    rounds = 2 if context.quick else 5
    server = context.server(log=LOG)
    seen = []
    senders = []
    for number in range(rounds):
        budget = Budget(3000, context.random.randint(500, 3000))
        stream = Stream(server.hub, hub_path("a"), seen[-1].id if seen else "earliest")
        now = [Sender(server, f"{number}.{n}", context.random, budget) for n in range(PUBLISHERS)]
        senders += now
        for sender in now:
            sender.thread.start()
        while not budget.reached.is_set():
            stream.receive(0.05)
        server.kill()
        # What it had still sent counts as seen, but not an event that was cut off.
        seen += stream.read_to_end(5)
        stream.close()
        for sender in now:
            sender.thread.join(25)
            check(not sender.failure, lambda: sender.failure)
            sender.connection.close()
        server = context.server(log=LOG)
    status = server.status()
    with Stream(server.hub, hub_path("a"), seen[-1].id) as stream:
        seen += stream.read(status["logLast"] - len(seen), within=10)
    check_history(seen, senders, status["epoch"], 1, "what one subscriber saw over all restarts")
    return f"{len(seen)} updates over {rounds} restarts"
