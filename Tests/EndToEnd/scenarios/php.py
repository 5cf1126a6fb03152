"""An application in PHP that knows nothing of a hub drives one."""

import functools
import json
import pathlib
import shutil
import subprocess

from harness.lifetime import die_with_parent
from harness.outcome import Failure, Skipped, check, check_equal
from harness.redis import Redis
from harness.scenario import scenario
from harness.sources import data, look, with_sources
from harness.stream import Stream, hub_path
from harness.waiting import wait_for

SCRIPT = pathlib.Path(__file__).resolve().parent.parent / "clients" / "add_notices.php"
LOG = "sqlite:martlet.db"
TOPIC = "users/1/notices"
COUNT = 10_000
KILLS = 3


@functools.cache
def php_redis_is_here():
    if not shutil.which("php"):
        return False
    return subprocess.run(["php", "-r", "exit(extension_loaded('redis') ? 0 : 1);"]).returncode == 0


def start_adding(context, **wanted):
    """The application, at work."""
    if not php_redis_is_here():
        raise Skipped("there is no php with its extension for Redis")
    process = subprocess.Popen(
        ["php", str(SCRIPT)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=die_with_parent,
    )
    process.stdin.write(json.dumps(wanted))
    process.stdin.close()
    return process


def check_added(process, count):
    """Waits for its end; how long the list was then."""
    code = process.wait(60)
    if code:
        raise Failure(f"add_notices.php ended with {code}: {process.stderr.read() or process.stdout.read()}")
    added, length = map(int, process.stdout.read().split())
    process.stdout.close()
    process.stderr.close()
    check_equal(added, count, "what the application added")
    return length


def tasks(redis):
    return {
        "kind": "redis-queue", "redis": redis.url, "topic": "users/{user_id}/notices",
        "key": "add_one_notice_task:{user_id}", "counter": "user_notice_num:{user_id}", "field": "notice_num",
    }  # fmt: skip


@scenario(
    "php-redis drives redis-queue unchanged: the counter is right after 10,000 pushes and three kill -9 of the hub"
)
def pushes(context):
    redis = context.closes(Redis())
    server = with_sources(context, log=LOG, tasks=tasks(redis))
    stream = look(context, server, TOPIC)
    check_equal(data(stream), ['{"notice_num":0}'], "the first value")
    process = start_adding(context, port=redis.port, user=1, add=COUNT, pause=2500)
    kills = sorted(context.random.randint(COUNT // 10, COUNT * 9 // 10) for _ in range(KILLS))
    last = 0
    seen = []

    def count_of(event):
        return json.loads(event.data)["notice_num"]

    def take(stream):
        """The counter only grows, over restarts as well."""
        nonlocal last
        for event in stream.events[stream.taken :]:
            check(count_of(event) >= last, f"the counter went from {last} back to {event.data}")
            last = count_of(event)
            seen.append(event.id)
        stream.taken = len(stream.events)

    for number, at in enumerate(kills):
        while last < at:
            check(process.poll() in (None, 0), "the application ended")
            check(stream.receive(20) is not None, f"nothing comes after {last}")
            take(stream)
        server.kill()
        # What it had still sent counts as seen.
        while not stream.end:
            stream.receive(5)
        take(stream)
        stream.close()
        context.progress(f"kill {number + 1} of {KILLS}, at {last}")
        server = with_sources(context, log=LOG, tasks=tasks(redis))
        stream = context.closes(Stream(server.hub, hub_path(TOPIC), seen[-1] if seen else None))
    length = check_added(process, COUNT)
    check(length < COUNT, "nobody took anything while the application pushed")
    end = stream.read_until(lambda event: count_of(event) == COUNT, within=20)
    check(end, "the counter never came")
    check(not stream.receive(0.3), "something comes after the last push")
    check_equal(data(look(context, server, TOPIC)), [f'{{"notice_num":{COUNT}}}'], "what a newcomer is sent")
    check_equal(redis.ask("GET", "user_notice_num:1"), str(COUNT), "the counter in Redis")
    check_equal(redis.ask("LLEN", "add_one_notice_task:1"), 0, "what is left of the list")

    # And what the tutorial has for one notice.
    check_added(start_adding(context, port=redis.port, user=1, add=1, pause=0), 1)
    check_equal(data(stream), [f'{{"notice_num":{COUNT + 1}}}'], "the counter after one more")
    return f"killed at {', '.join(map(str, kills))}; {len(seen) + len(end)} updates were sent"


@scenario(
    "php-redis pushes while nobody looks: who comes is sent the sum, and a counter that is missing starts as said"
)
def later(context):
    redis = context.closes(Redis())
    database = context.path("app.db")
    subprocess.run(
        ["sqlite3", database, "CREATE TABLE notice (user_id INTEGER); INSERT INTO notice VALUES (7), (7), (7), (8)"],
        check=True,
        timeout=20,
    )
    started = {
        **tasks(redis), "database": f"sqlite:{database}",
        "start": "SELECT count(*) FROM notice WHERE user_id = :user_id",
    }  # fmt: skip
    server = with_sources(context, tasks=started)
    check_equal(check_added(start_adding(context, port=redis.port, user=7, add=100, pause=0), 100), 100, "the list")
    check_equal(redis.ask("LLEN", "add_one_notice_task:7"), 100, "the list while nobody looks")
    streams = {user: look(context, server, f"users/{user}/notices") for user in (7, 8, 9)}
    for user, wanted in ((7, 103), (8, 1), (9, 0)):
        streams[user].read_until(lambda event: event.data == f'{{"notice_num":{wanted}}}', within=5)
    check_added(start_adding(context, port=redis.port, user=8, add=2, pause=0), 2)
    streams[8].read_until(lambda event: event.data == '{"notice_num":3}', within=5)
    wait_for(lambda: redis.ask("GET", "user_notice_num:8") == "3", 5, "the counter in Redis")
