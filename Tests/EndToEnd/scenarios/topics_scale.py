"""10,000 subscribers of 100,000 topics and 1,000 templates: an update costs in proportion to whom it is for."""

import json
import pathlib

from harness.crowd import Crowd
from harness.outcome import check, check_equal
from harness.publisher import Publisher
from harness.scenario import scenario
from harness.stream import hub_path

from . import templates_scale
from .templates_scale import CONFIG, TEMPLATES, template

SUBSCRIBERS, OWN = 10_000, 10
REQUEST = 1_000
# By how many subscribers have a topic: how many updates of it are measured. Each of them is among all larger ones too.
AUDIENCES = {1: 20_000, 10: 10_000, 100: 1_000, 1_000: 100}
ROUNDS = 3
# How much more an update may cost beside all the others than with its subscribers alone, and beyond that in seconds:
# for one subscriber it is so little that what the processor's caches hold makes the difference.
MOST, BEYOND = 1.5, 3e-6


def own(number, at):
    """A topic that one subscriber has."""
    return f"users/{number}/own-{at}"


def shared(size):
    return f"for-{size}"


class Subscriber(templates_scale.Subscriber):
    __slots__ = ()

    @property
    def selectors(self):
        audiences = [shared(size) for size in AUDIENCES if self.number < size]
        return [template(self.number % TEMPLATES), *(own(self.number, at) for at in range(OWN)), *audiences]


class Audience:
    """The first so many subscribers, who count what comes."""

    def __init__(self, context, server, count):
        self.server = server
        # By how many audiences they are in: those in the same share what they must get.
        self.wanted = {inside: [] for inside in range(len(AUDIENCES) + 1)}
        self.subscribers = [Subscriber(number, self.wanted[self.inside(number)]) for number in range(count)]
        self.crowd = context.closes(Crowd(server.hub))
        self.crowd.join(
            count,
            lambda number: (hub_path(*self.subscribers[number].selectors), ()),
            lambda number: self.subscribers[number].receive,
            meanwhile=lambda: context.progress(f"{self.crowd.joined} of {count} have joined"),
        )

    @staticmethod
    def inside(number):
        return sum(number < size for size in AUDIENCES)

    def due(self, size, texts):
        """What the audience of this size gets next."""
        for inside, wanted in self.wanted.items():
            # Whoever is in the smaller ones is in all that are larger.
            if inside > list(AUDIENCES)[::-1].index(size):
                wanted += texts

    def wait(self, worker, within=60):
        """Waits for a publisher, then for all that is due."""
        self.crowd.run_until(lambda: worker.pipe.poll(0), within, "all is published")
        worker.result(1)
        waiting = set(self.subscribers)

        def complete():
            waiting.difference_update([one for one in waiting if one.got == len(one.wanted)])
            return not waiting

        self.crowd.run_until(complete, within, lambda: f"{len(waiting)} subscribers get all of their updates")


def publish(report, address, lines):
    publisher = Publisher(address)
    for first in range(0, len(lines), REQUEST):
        publisher.lines(lines[first:first + REQUEST])


def measure(context, audience, size, round):
    """Seconds of CPU per update of the topic that so many subscribers have."""
    texts = [f"to {size}, round {round}, {n}" for n in range(AUDIENCES[size])]
    audience.due(size, texts)
    lines = [{"topic": shared(size), "data": text} for text in texts]
    before = cpu(audience.server)
    audience.wait(context.worker(publish, audience.server.hub, lines))
    return (cpu(audience.server) - before) / len(texts)


def cpu(server):
    """Seconds of CPU of all threads so far, finer than the process's clock ticks."""
    nanoseconds = 0
    for thread in pathlib.Path(f"/proc/{server.pid}/task").iterdir():
        nanoseconds += int((thread / "schedstat").read_text().split()[0])
    return nanoseconds / 1e9


@scenario("topics: 10,000 subscribers of 100,000 topics and 1,000 templates; an update costs what its subscribers cost")
def scale(context):
    server = context.server(config=json.dumps(CONFIG) + "\n")
    audience = Audience(context, server, SUBSCRIBERS)
    # Each topic once; each subscriber gets its own and no other's.
    places = [(number, at) for at in range(OWN) for number in range(SUBSCRIBERS)]
    lines = [{"topic": own(number, at), "data": f"own {at} of {number}"} for number, at in places]
    for wanted in audience.wanted.values():
        wanted += [f"own {at} of <number>" for at in range(OWN)]
    before = server.cpu_seconds()
    audience.wait(context.worker(publish, server.hub, lines))
    each = (server.cpu_seconds() - before) / len(lines)
    check_equal(server.status()["deliveries"], len(lines), "deliveries that the hub counted")

    figures, dear = [], []
    for size in AUDIENCES:
        # By turns with a server that has these subscribers only, so that both meet the same machine.
        alone = Audience(context, context.server(config=json.dumps(CONFIG) + "\n"), size)
        costs = [
            (measure(context, audience, size, round), measure(context, alone, size, round)) for round in range(ROUNDS)
        ]
        many, few = map(min, zip(*costs))
        figures.append(f"{size}: {many * 1e6:.1f} µs, {few * 1e6:.1f} µs without the others")
        if many > MOST * few + BEYOND:
            dear.append(figures[-1])
        check_equal(alone.crowd.open, size, "open streams")
        alone.crowd.close()
        alone.server.kill()
    check(not dear, f"the CPU that an update costs is not its subscribers': {'; '.join(dear)}")
    check_equal(audience.crowd.open, SUBSCRIBERS, "open streams")
    wanted = len(lines) + ROUNDS * sum(size * count for size, count in AUDIENCES.items())
    check_equal(server.status()["deliveries"], wanted, "deliveries that the hub counted")
    return f"{each * 1e6:.1f} µs of CPU per topic of one's own; per update for {'; for '.join(figures)}"
