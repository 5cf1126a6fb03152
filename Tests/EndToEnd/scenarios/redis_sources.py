"""Each kind of source that Redis has: what it sends, what it asks, and what becomes of it when Redis fails."""

import json

from harness.outcome import check_equal
from harness.redis import Redis
from harness.redis_kinds import SELDOM, channel, counter, entries, queue, value
from harness.scenario import scenario
from harness.sources import (
    check_failing,
    check_forgotten,
    check_others_served,
    check_silent,
    check_soon,
    check_working,
    data,
    look,
    milliseconds,
    pass_time,
    state,
    with_sources,
)
from harness.stream import Stream, hub_path
from harness.waiting import wait_for


def check_nothing_asked(redis, seconds=1):
    before = redis.calls()
    pass_time(seconds)
    check_equal(redis.calls(), before, "what Redis is asked while nothing changes")


@scenario("redis-value with notify: a changed key is sent at once, and nothing is asked while none changes")
def notified_value(context):
    redis = context.closes(Redis())
    server = with_sources(context, cached=value(redis, every=SELDOM, notify=True))
    check_equal(redis.calls().get("mget", 0), 0, "MGETs before anybody looks")
    redis.ask("SET", "num:1", "0")
    streams = [look(context, server, f"users/{user}/cached") for user in (1, 2, 3)]
    redis.ask("LPUSH", "num:3", "a")
    check_equal([data(stream) for stream in streams], [["0"], ["null"], ["null"]], "the first values")
    times = [
        check_soon(streams[0], lambda: redis.ask("SET", "num:1", number), str(number), "a change")
        for number in range(1, 11)
    ]
    redis.ask("SET", "num:1", "10")
    check_silent(streams[0], 0.5, "a key that is set to what it was")
    check_silent(streams[1], 0, "the topic of a key that nobody has changed")
    check_nothing_asked(redis)

    redis.ask("SET", "num:4", b"a\xffb")
    fourth = look(context, server, "users/4/cached")
    check_equal(data(fourth), ["a\ufffdb"], "a value that is no UTF-8")

    redis.kill()
    check_failing(server, "cached", "redis-value", redis.address)
    check_others_served(server, "while Redis is gone")
    redis.start()
    redis.ask("SET", "num:1", "back")
    streams[0].read_until(lambda event: event.data == "back", within=20)
    check_working(server, "cached")
    wait_for(lambda: redis.calls().get("client|tracking", 0) > 0, 5, "Redis is asked to tell of changes")
    times.append(check_soon(streams[0], lambda: redis.ask("SET", "num:1", "b"), "b", "a change after the restart"))
    check_forgotten(server, "cached", [*streams, fourth], redis.calls)
    return milliseconds(times)


@scenario("redis-queue with a counter: what is pushed is counted at once, each once, through a restart of Redis")
def counted(context):
    redis = context.closes(Redis(is_durable=True))
    server = with_sources(context, tasks=counter(redis, field="n"))
    redis.ask("LPUSH", "task:1", "before anybody looks")
    check_equal(redis.calls().get("evalsha", 0), 0, "scripts before anybody looks")
    streams = [look(context, server, f"users/{user}/tasks") for user in (1, 2)]
    check_equal([data(stream) for stream in streams], [['{"n":1}'], ['{"n":0}']], "the first values")
    times = [
        check_soon(streams[0], lambda: redis.ask("LPUSH", "task:1", "1"), f'{{"n":{number}}}', "a push")
        for number in range(2, 12)
    ]
    redis.ask("LPUSH", "task:1", *["1"] * 1000)
    streams[0].read_until(lambda event: event.data == '{"n":1011}')
    check_silent(streams[0], 0.3, "a counter that has not changed")
    check_silent(streams[1], 0, "the counter of somebody else")
    check_nothing_asked(redis)
    check_equal(redis.ask("LLEN", "task:1"), 0, "what is left of the list")

    redis.ask("SET", "num:3", "abc")
    redis.ask("SET", "task:4", "no list")
    redis.ask("LPUSH", "task:3", "1", "1")
    third = look(context, server, "users/3/tasks")
    check_failing(server, "tasks", "redis-queue", "not an integer", "num:3")
    fourth = look(context, server, "users/4/tasks")
    check_soon(
        streams[0], lambda: redis.ask("LPUSH", "task:1", "1"), '{"n":1012}', "a push while others can't be counted"
    )
    check_equal(redis.ask("LLEN", "task:3"), 2, "items whose counter is no number")
    redis.ask("SET", "num:3", "5")
    check_equal(data(third), ['{"n":7}'], "the counter once it is a number")
    check_failing(server, "tasks", "redis-queue", "WRONGTYPE", "task:4")
    redis.ask("DEL", "task:4")
    check_equal(data(fourth), ['{"n":0}'], "the counter once its list is one")
    check_working(server, "tasks")

    redis.kill()
    check_failing(server, "tasks", "redis-queue", redis.address)
    check_others_served(server, "while Redis is gone")
    redis.start()
    redis.ask("LPUSH", "task:1", "1")
    streams[0].read_until(lambda event: event.data == '{"n":1013}', within=20)
    check_working(server, "tasks")
    times.append(check_soon(streams[0], lambda: redis.ask("LPUSH", "task:1", "1"), '{"n":1014}', "a push after it"))
    check_forgotten(server, "tasks", [*streams, third, fourth], redis.calls)
    return milliseconds(times)


def check_items(context, redis, server, name, kind, topic, push, wrong):
    """What sources of items have in common. `push(number of a user, texts)` adds items, `wrong(number)` is a key of a
    wrong type that names what the sentence has."""
    streams = [look(context, server, topic(user)) for user in (1, 2)]
    wait_for(lambda: state(server, name)["watches"] == 2, 5, "both are watched")
    # The place where a stream begins is known before anything is pushed.
    pass_time(0.3)
    times = [check_soon(streams[0], lambda: push(1, [f"one {n}"]), f"one {n}", "an item") for n in range(10)]
    texts = [f"many {n}" for n in range(1000)] + [
        "",
        "same",
        "same",
        "Grüße\n日本\r\n\tend",
        '{"a":[1,2]}',
        "\x01 \x7f",
    ]
    push(1, texts)
    check_equal(data(streams[0], len(texts)), [text.replace("\r\n", "\n") for text in texts], "items in order")
    check_silent(streams[0], 0.3, "items that were sent")
    check_silent(streams[1], 0, "items of somebody else")
    newcomer = look(context, server, topic(1))
    check_equal(data(newcomer, 3), ["Grüße\n日本\n\tend", '{"a":[1,2]}', "\x01 \x7f"], "the backlog of a newcomer")
    check_silent(newcomer, 0.2, "a newcomer")
    check_nothing_asked(redis)

    last = streams[0].events[-1].id
    streams[0].close()
    push(1, ["missed 1", "missed 2"])
    check_equal(data(newcomer, 2), ["missed 1", "missed 2"], "items that one has missed")
    resumed = look(context, server, topic(1), last)
    check_equal(data(resumed, 2), ["missed 1", "missed 2"], "what somebody who resumes is sent")
    check_silent(resumed, 0.2, "somebody who resumed")

    sentence = wrong(3)
    third = look(context, server, topic(3))
    check_failing(server, name, kind, "WRONGTYPE", sentence)
    check_soon(resumed, lambda: push(1, ["beside"]), "beside", "an item while another key is of a wrong type")
    redis.ask("DEL", sentence)
    third.close()

    redis.kill()
    check_failing(server, name, kind, redis.address)
    check_others_served(server, "while Redis is gone")
    redis.start()
    push(1, ["back 1", "back 2"])
    check_equal(data(resumed, 2, within=20), ["back 1", "back 2"], "items after Redis is back")
    check_working(server, name)
    times.append(check_soon(resumed, lambda: push(1, ["back 3"]), "back 3", "an item after Redis is back"))

    check_forgotten(server, name, [resumed, newcomer, streams[1]], redis.calls)
    push(1, [f"alone {n}" for n in range(600)])
    comer = look(context, server, topic(1))
    # Those of the backlog first: what this hub has published, not what was pushed since.
    check_equal(
        data(comer, 603),
        ["back 1", "back 2", "back 3"] + [f"alone {n}" for n in range(600)],
        "items that were pushed while nobody looked",
    )
    check_silent(comer, 0.3, "items that were sent")
    return milliseconds(times)


@scenario("redis-queue: each item is sent once, oldest first, through a restart of Redis, and waits for who looks")
def queued(context):
    redis = context.closes(Redis(is_durable=True))
    server = with_sources(context, tasks=queue(redis, backlog=3))

    def push(user, texts):
        redis.ask("LPUSH", f"task:{user}", *texts)

    def wrong(user):
        redis.ask("SET", f"task:{user}", "no list")
        return f"task:{user}"

    figures = check_items(
        context, redis, server, "tasks", "redis-queue", lambda user: f"users/{user}/tasks", push, wrong
    )
    check_equal(redis.ask("LLEN", "task:1"), 0, "what is left of the list")
    wait_for(lambda: redis.ask("LLEN", "martlet:underway:task:1") == 0, 5, "no item is under way")
    return figures


@scenario("redis-stream: each entry is sent once, in order, through a restart of Redis, and from where it was left")
def streamed(context):
    redis = context.closes(Redis(is_durable=True))
    server = with_sources(
        context,
        entries=entries(redis, field="text", backlog=3),
        whole={**entries(redis), "topic": "whole", "key": "log:1"},
        all={**entries(redis, start="all", field="text"), "topic": "all", "key": "log:old"},
    )
    redis.ask_all([("XADD", "log:1", "*", "text", "before anybody looks")])
    redis.ask_all([("XADD", "log:old", "*", "text", f"old {n}", "more", "x") for n in range(600)])
    with Stream(server.hub, hub_path("all")) as old, Stream(server.hub, hub_path("whole")) as whole:
        check_equal(data(old, 600), [f"old {n}" for n in range(600)], "a stream from its beginning")
        wait_for(lambda: state(server, "whole")["watches"] == 1, 5, "the stream is watched")
        pass_time(0.3)
        redis.ask("XADD", "log:1", "*", "text", 'a "b"', "n", "1")
        check_equal([json.loads(text) for text in data(whole)], [{"text": 'a "b"', "n": "1"}], "all fields of an entry")

    def push(user, texts):
        redis.ask_all([("XADD", f"log:{user}", "*", "text", text) for text in texts])

    def wrong(user):
        redis.ask("SET", f"log:{user}", "no stream")
        return f"log:{user}"

    # They would be asked beside the one that is counted.
    wait_for(lambda: not sum(source["watches"] for source in server.status()["sources"]), 10, "nothing is watched")
    return check_items(
        context, redis, server, "entries", "redis-stream", lambda user: f"users/{user}/entries", push, wrong
    )


@scenario("redis-channel: each message goes to the topic of its channel, and nobody is subscribed while nobody looks")
def channels(context):
    redis = context.closes(Redis())
    server = with_sources(context, chat=channel(redis, backlog=2))
    check_equal(redis.ask("PUBSUB", "NUMPAT"), 0, "subscriptions before anybody looks")
    streams = [look(context, server, f"rooms/{room}") for room in (1, 2)]
    wait_for(lambda: redis.ask("PUBSUB", "NUMPAT") == 1, 5, "Redis has one subscription")
    times = [
        check_soon(streams[0], lambda: redis.ask("PUBLISH", "chat:1", f"hello {n}"), f"hello {n}", "a message")
        for n in range(10)
    ]
    texts = [f"many {n}" for n in range(2000)] + ["", "same", "same", "Grüße\n日本"]
    redis.ask_all([("PUBLISH", "chat:1", text) for text in texts])
    check_equal(data(streams[0], len(texts)), texts, "messages in order")
    for name in ("chat", "chat:", "chat2:1", "xchat:1", "other:1"):
        redis.ask("PUBLISH", name, "not for them")
    redis.ask("PUBLISH", "chat:2", "for the second")
    check_equal(data(streams[1]), ["for the second"], "what the second room got")
    check_silent(streams[0], 0.3, "the first room")
    newcomer = look(context, server, "rooms/1")
    check_equal(data(newcomer, 2), texts[-2:], "the backlog of a newcomer")
    last = streams[0].events[-1].id
    streams[0].close()
    redis.ask("PUBLISH", "chat:1", "missed")
    check_equal(data(newcomer), ["missed"], "what one has missed")
    resumed = look(context, server, "rooms/1", last)
    check_equal(data(resumed), ["missed"], "what somebody who resumes is sent")

    # A topic has at most 1024 bytes.
    long = "chat:" + "x" * 2000
    redis.ask("PUBLISH", long, "of no topic")
    check_failing(server, "chat", "redis-channel", long, "1024")
    check_soon(resumed, lambda: redis.ask("PUBLISH", "chat:1", "beside"), "beside", "a message after one of no topic")

    redis.kill()
    check_failing(server, "chat", "redis-channel", redis.address)
    check_others_served(server, "while Redis is gone")
    redis.start()
    wait_for(lambda: redis.ask("PUBSUB", "NUMPAT") == 1, 20, "Redis has its subscription again")
    times.append(check_soon(resumed, lambda: redis.ask("PUBLISH", "chat:1", "back"), "back", "a message after it"))
    check_working(server, "chat")

    for stream in (streams[1], newcomer, resumed):
        stream.close()
    wait_for(lambda: state(server, "chat")["watches"] == 0, 10, "the watch ends")
    wait_for(lambda: redis.ask("PUBSUB", "NUMPAT") == 0, 5, "the subscription ends")
    updates = state(server, "chat")["updates"]
    redis.ask("PUBLISH", "chat:1", "to nobody")
    pass_time(0.5)
    check_equal(state(server, "chat")["updates"], updates, "updates while nobody looks")
    return milliseconds(times)
