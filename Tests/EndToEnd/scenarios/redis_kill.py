"""A hub that is killed while it takes what others push to Redis."""

import threading

from harness.outcome import check, check_equal
from harness.redis import Connection, Redis
from harness.redis_kinds import entries, queue
from harness.scenario import scenario
from harness.sources import pass_time, state, with_sources
from harness.stream import Stream, hub_path
from harness.waiting import wait_for

LOG = "sqlite:martlet.db"
COUNT = 5000
KILLS = 3


def push(port, commands, pushed):
    """Pushes in little groups, without waiting for the hub."""
    connection = Connection(port)
    for start in range(0, len(commands), 10):
        connection.ask(commands[start : start + 10])
        pushed[0] = start + 10
        pass_time(0.005)
    connection.close()


def check_exactly_once(context, redis, topic, source, commands):
    """Kills the hub again and again while items are pushed; who resumes has each once, and in order."""
    server = with_sources(context, log=LOG, items=source)
    stream = Stream(server.hub, hub_path(topic))
    wait_for(lambda: state(server, "items")["watches"] == 1, 5, "the items are watched")
    pass_time(0.3)
    pushed = [0]
    pusher = threading.Thread(target=push, args=(redis.port, commands, pushed))
    pusher.start()
    seen = []
    kills = sorted(context.random.randint(COUNT // 10, COUNT * 9 // 10) for _ in range(KILLS))
    for number, at in enumerate(kills):
        while pushed[0] < at:
            stream.receive(0.002)
        server.kill()
        # What it had still sent counts as seen.
        seen += stream.read_to_end(5)
        stream.close()
        context.progress(f"kill {number + 1} of {KILLS}: {pushed[0]} were pushed, {len(seen)} seen")
        server = with_sources(context, log=LOG, items=source)
        stream = Stream(server.hub, hub_path(topic), seen[-1].id if seen else "earliest")
    seen += stream.read_until(lambda event: event.data == str(COUNT - 1), within=20)
    pusher.join(10)
    check(not pusher.is_alive(), "the pusher still pushes")
    check(not stream.receive(0.3), "something comes after the last item")
    stream.close()
    check_equal([event.data for event in seen], [str(number) for number in range(COUNT)], "items over all restarts")
    check_equal(len({event.id for event in seen}), COUNT, "ids")
    with Stream(server.hub, hub_path(topic), "earliest") as whole:
        check_equal([e.data for e in whole.read(COUNT)], [str(n) for n in range(COUNT)], "the items in the log")
    return f"{COUNT} items, killed when {', '.join(map(str, kills))} were pushed"


@scenario("redis-queue: a hub that is killed with -9 three times under 5,000 items sends each once, in order")
def queued(context):
    redis = context.closes(Redis())
    figures = check_exactly_once(
        context, redis, "users/1/tasks", queue(redis), [("LPUSH", "task:1", number) for number in range(COUNT)]
    )
    check_equal(redis.ask("LLEN", "task:1"), 0, "what is left of the list")
    wait_for(lambda: redis.ask("LLEN", "martlet:underway:task:1") == 0, 5, "no item is under way")
    return figures


@scenario("redis-stream: a hub that is killed with -9 three times under 5,000 entries sends each once, in order")
def streamed(context):
    redis = context.closes(Redis())
    return check_exactly_once(
        context,
        redis,
        "users/1/entries",
        entries(redis, field="n"),
        [("XADD", "log:1", "*", "n", number) for number in range(COUNT)],
    )
