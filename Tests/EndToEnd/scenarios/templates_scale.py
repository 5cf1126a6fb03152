"""10,000 subscribers over 1,000 templates: each gets its updates, and what the templates of others cost is measured."""

import json
import statistics
import time

from harness.crowd import Crowd
from harness.outcome import Failure, check, check_equal
from harness.publisher import Publisher
from harness.scenario import scenario
from harness.sse import EventParser
from harness.stream import hub_path

TEMPLATES = 1_000
EACH = 10
TOPICS = 100_000
BATCH = 1_000
# Of so many topics one is selected by anybody's template.
ONE_IN = 10
ROUNDS = 5
# How much more an update may cost beside all the others than with its subscribers alone. Near 1 if nothing else runs.
MOST = 2.5
# Of one round, in requests of so many that what is measured is the updates and not the threads that take turns.
UPDATES, REQUEST = 20_000, 100
CONFIG = {"streams": {"heartbeat": "1h"}, "log": {"keep": {"updates": 1_000}}}


def template(number):
    """Half of them begin with letters of their own, half with a variable."""
    return f"tenants/{number}/{{+rest}}" if number % 2 else f"{{a}}/kind-{number}/{{b}}"


def topic(number, sequence):
    """A topic that the template of this number selects, and no other."""
    return f"tenants/{number}/orders/{sequence}" if number % 2 else f"any-{sequence}/kind-{number}/some-{sequence}"


def target(sequence):
    """The number of the template that selects the topic with this sequence number, if there is one."""
    return sequence // ONE_IN * 7 % TEMPLATES if sequence % ONE_IN == 0 else TEMPLATES + sequence % 500


class Subscriber:
    """Counts what it gets, and fails on what it must not get: `wanted` is due in this order, its number for `<number>`."""

    __slots__ = ("number", "parser", "got", "wanted")

    def __init__(self, number, wanted):
        self.number = number
        self.parser = EventParser()
        self.got = 0
        self.wanted = wanted

    def receive(self, payload):
        for event in self.parser.feed(payload):
            due = self.wanted[self.got] if self.got < len(self.wanted) else "nothing more"
            if event.data != due.replace("<number>", str(self.number)):
                raise Failure(f"subscriber {self.number} got {event}, due was {due}")
            self.got += 1


class Audience:
    """Subscribers of some templates, `EACH` to each, who count what comes."""

    def __init__(self, context, server, numbers):
        self.context = context
        # By template: those who share it share what they must get.
        self.wanted = {number: [] for number in numbers}
        self.subscribers = [Subscriber(number, self.wanted[number]) for number in numbers for _ in range(EACH)]
        self.crowd = context.closes(Crowd(server.hub))
        self.crowd.join(
            len(self.subscribers),
            lambda at: (hub_path(template(self.subscribers[at].number)), ()),
            lambda at: self.subscribers[at].receive,
            meanwhile=lambda: context.progress(f"{self.crowd.joined} of {len(self.subscribers)} have joined"),
        )

    def wait(self, within=60):
        waiting = set(self.subscribers)

        def complete():
            waiting.difference_update([one for one in waiting if one.got == len(one.wanted)])
            return not waiting

        self.crowd.run_until(complete, within, lambda: f"{len(waiting)} subscribers get all of their updates")


def publish_topics(report, address):
    publisher = Publisher(address)
    for first in range(0, TOPICS, BATCH):
        publisher.lines([{"topic": topic(target(n), n), "data": str(n)} for n in range(first, first + BATCH)])
        if first % 10_000 == 0:
            report(f"{first:,} of {TOPICS:,} topics")
    return "all topics"


def publish_round(report, address, name):
    publisher = Publisher(address)
    for first in range(0, UPDATES, REQUEST):
        publisher.lines([{"topic": name, "data": f"round {n}"} for n in range(first, first + REQUEST)])


def measure(context, server, audience, number):
    """Seconds of CPU per update on one topic with `EACH` subscribers."""
    audience.wanted[number] += [f"round {n}" for n in range(UPDATES)]
    before = server.cpu_seconds()
    worker = context.worker(publish_round, server.hub, topic(number, 1))
    audience.crowd.run_until(lambda: worker.pipe.poll(0), 60, f"{UPDATES:,} updates are published")
    worker.result(1)
    audience.wait()
    return (server.cpu_seconds() - before) / UPDATES


def check_deliveries(server, audience):
    """Nobody got anything else either; how many there were."""
    wanted = EACH * sum(map(len, audience.wanted.values()))
    check_equal(server.status()["deliveries"], wanted, "deliveries that the hub counted")
    return wanted


@scenario("templates: 10,000 subscribers over 1,000 of them get exactly their updates on 100,000 topics")
def scale(context):
    server = context.server(config=json.dumps(CONFIG) + "\n")
    begun = time.monotonic()
    audience = Audience(context, server, range(TEMPLATES))
    joining = time.monotonic() - begun
    for sequence in range(TOPICS):
        if target(sequence) < TEMPLATES:
            audience.wanted[target(sequence)].append(str(sequence))
    before, begun = server.cpu_seconds(), time.monotonic()
    worker = context.worker(publish_topics, server.hub)
    while True:
        audience.crowd.run_until(lambda: worker.pipe.poll(0), 60, "topics are published")
        said = worker.message(1)
        context.progress(said)
        if said == "all topics":
            break
    audience.wait()
    publishing, cpu = time.monotonic() - begun, server.cpu_seconds() - before
    wanted = check_deliveries(server, audience)

    # By turns with a server that has only the subscribers of one template, so that both meet the same machine.
    number = TEMPLATES - 1
    other = context.server(config=json.dumps(CONFIG) + "\n")
    alone = Audience(context, other, [number])
    costs = [
        (measure(context, server, audience, number), measure(context, other, alone, number))
        for _ in range(2 if context.quick else ROUNDS)
    ]
    for one in (audience, alone):
        check(one.crowd.open == len(one.subscribers), f"{len(one.subscribers) - one.crowd.open} streams were ended")
    check_deliveries(server, audience)
    check_deliveries(other, alone)
    many, few = (statistics.median(column) for column in zip(*costs))
    check(many < MOST * few, f"an update costs {many * 1e6:.1f} µs of CPU, and {few * 1e6:.1f} µs without the others")
    return (
        f"joined in {joining:.1f} s; {TOPICS:,} topics and {wanted:,} deliveries in {publishing:.1f} s, "
        f"{cpu / TOPICS * 1e6:.0f} µs of CPU per topic; on one topic {many * 1e6:.1f} µs of CPU per update, "
        f"{few * 1e6:.1f} µs without the others: ratio {many / few:.2f}"
    )
