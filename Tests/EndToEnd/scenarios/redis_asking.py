"""What Redis is asked, by whom, and for which keys."""

import urllib.parse

from harness.crowd import Crowd
from harness.outcome import check, check_equal
from harness.redis import Monitor, Redis
from harness.redis_kinds import SELDOM, channel, counter, entries, queue, value
from harness.scenario import scenario
from harness.sources import check_failing, data, look, pass_time, state, with_sources
from harness.stream import hub_path
from harness.waiting import wait_for


@scenario("redis-value, redis-queue, redis-stream and redis-channel: 1,000 who look cause as many commands as one")
def thousand(context):
    redis = context.closes(Redis())
    server = with_sources(
        context,
        polled={**value(redis, every="200ms"), "topic": "polled/{user_id}", "key": "polled:{user_id}"},
        told={**value(redis, every=SELDOM, notify=True), "key": "told:{user_id}"},
        counted={**counter(redis, field="n"), "topic": "counted/{user_id}", "key": "count:{user_id}"},
        tasks=queue(redis),
        entries=entries(redis, field="text"),
        chat=channel(redis),
    )
    path = hub_path("polled/1", "users/1/cached", "counted/1", "users/1/tasks", "users/1/entries", "rooms/1")
    rounds = 10
    first = context.stream(server, path)
    data(first, 3)
    wait_for(lambda: redis.ask("PUBSUB", "NUMPAT") == 1, 5, "Redis has its subscription")

    def in_ten_ticks():
        """How often the hub asks while nothing changes."""
        before, ticks = redis.calls(), state(server, "polled")["ticks"]
        wait_for(lambda: state(server, "polled")["ticks"] >= ticks + 10, 10, "ten ticks pass")
        return difference(redis.calls(), before)

    def in_changes(label):
        """How often it asks for changes, each of which has arrived before the next is made."""
        before = redis.calls()
        for number in range(rounds):
            text = f"{label}{number}"
            for change in (
                ("SET", "told:1", text), ("LPUSH", "count:1", text), ("LPUSH", "task:1", text),
                ("XADD", "log:1", "*", "text", text), ("PUBLISH", "chat:1", text),
            ):  # fmt: skip
                redis.ask(*change)
                data(first)
            # What a change leads to is not to meet with what the next one does.
            pass_time(0.1)
        return difference(redis.calls(), before)

    in_changes("warm")
    alone = (in_ten_ticks(), in_changes("alone"))
    crowd = context.closes(Crowd(server.hub))
    received = [0]

    def receive(payload):
        received[0] += payload.count(b"\ndata:") + payload.startswith(b"data:")

    crowd.join(1000, lambda _: (path, ()), lambda _: receive)
    check_equal(sum(source["watches"] for source in server.status()["sources"]), 6, "watches")
    together = (in_ten_ticks(), in_changes("many"))
    for one, many, what in zip(alone, together, ("ten ticks", f"{rounds} changes of each")):
        surplus = {name: count for name, count in many.items() if count > one.get(name, 0) + 3}
        check(not surplus, f"{what} take {many} with 1,000 subscribers, and {one} with one")
    crowd.run_until(lambda: received[0] >= 1000 * 5 * rounds, 30, lambda: f"{received[0]} events came")
    sums = [(sum(one.values()), sum(many.values())) for one, many in zip(alone, together)]
    return f"ten ticks: {sums[0][0]} and {sums[0][1]} commands, {5 * rounds} changes: {sums[1][0]} and {sums[1][1]}"


def difference(after, before):
    # These are nothing that subscribers cause.
    return {
        name: count - before.get(name, 0)
        for name, count in after.items()
        if name not in ("ping", "pubsub|numpat", "hello", "client|tracking") and count > before.get(name, 0)
    }


@scenario("redis: a user with a password and few rights, a database by number, and servers that do not tell of changes")
def rights(context):
    redis = context.closes(Redis())
    redis.ask("ACL", "SETUSER", "silent", "on", ">p@ss:word/1", "~*", "&*", "+@all", "-client|tracking")
    redis.ask("ACL", "SETUSER", "old", "on", ">plain", "~*", "&*", "+@all", "-hello")
    redis.ask("ACL", "SETUSER", "few", "on", ">plain", "%R~third:*", "+mget", "+hello", "+select", "+client|tracking")
    silent = f"redis://silent:p%40ss%3Aword%2F1@{redis.address}"
    old = f"redis://old:plain@{redis.address}"
    fast = {"every": "300ms"}
    server = with_sources(
        context,
        silent={**queue(redis, redis=silent, **fast), "topic": "silent/{u}", "key": "silent:{u}"},
        old={
            **counter(redis, redis=old, field="n", **fast),
            "topic": "old/{u}",
            "key": "old:{u}",
            "counter": "oldnum:{u}",
        },
        promised={**value(redis, redis=silent, notify=True, **fast), "topic": "promised/{u}", "key": "promised:{u}"},
        third={**value(redis, redis=f"redis://few:plain@{redis.address}/3"), "topic": "third/{u}", "key": "third:{u}"},
        forbidden={**value(redis, redis=f"redis://few:plain@{redis.address}/3"), "topic": "forbidden/{user_id}"},
        wrong={**value(redis, redis=f"redis://few:other@{redis.address}"), "topic": "wrong/{user_id}"},
    )
    stream = look(context, server, "silent/1")
    redis.ask("LPUSH", "silent:1", "a", "b")
    check_equal(data(stream, 2), ["a", "b"], "items of a queue that is polled")
    redis.ask("LPUSH", "silent:1", "c")
    check_equal(data(stream, within=2), ["c"], "a further item")
    check_equal(state(server, "silent")["problem"], None, "what is wrong with a queue that is polled")

    stream = look(context, server, "old/1")
    check_equal(data(stream), ['{"n":0}'], "a counter over RESP2")
    redis.ask("LPUSH", "old:1", "1")
    check_equal(data(stream, within=2), ['{"n":1}'], "a counter that is polled")
    check_equal(state(server, "old")["problem"], None, "what is wrong with a counter that is polled")

    redis.ask("SET", "promised:1", "a")
    stream = look(context, server, "promised/1")
    check_equal(data(stream), ["a"], "a value that is polled")
    check_failing(server, "promised", "redis-value", "client|tracking")
    redis.ask("SET", "promised:1", "b")
    check_equal(data(stream, within=2), ["b"], "a value that is polled though it was to be told")

    redis.ask_all(
        [("SET", "third:1", "of database 0"), ("SELECT", "3"), ("SET", "third:1", "of database 3"), ("SELECT", "0")]
    )
    check_equal(data(look(context, server, "third/1")), ["of database 3"], "a value of another database")
    look(context, server, "forbidden/1")
    check_failing(server, "forbidden", "redis-value", "NOPERM")
    look(context, server, "wrong/1")
    check_failing(server, "wrong", "redis-value", redis.address, "WRONGPASS")
    check("p@ss" not in server.stderr() and "p%40ss" not in server.stderr(), "a password was printed")


# What stands in a topic for a variable, as bytes. Some would be a key of their own, a pattern, another command, or the
# end of one, if anything took them for more than text.
TRIES = [
    b"1:admin", b"1:", b":1", b"::", b"1:num", b"1}:num:{2", b"{1}", b"{user_id}", b"1*", b"*", b"?", b"[1]", b"[^a]",
    b"\\*", b"1 2", b" 1", b"1 ", b"1\ttask:2", b"1\r\nDEL num:1\r\n", b"1\r\n*1\r\n$8\r\nFLUSHALL\r\n", b"\n", b"\r",
    b"$-1\r\n", b"../num:1", b"..", b"./1", b"../../etc/passwd", b"1/2", b"/1", b"1%3Aadmin", b"%2A", b"%", b"1#",
    b"1?x=1", b"1&topic=*", b"1;FLUSHALL", b"1' .. redis.call('FLUSHALL') .. '", b'1" .. "',
    b"]] redis.call('FLUSHALL') --[[", b"KEYS[1]", b"@__keyspace@0__:num:1", b"martlet:taken:task:1", b"\xc3\xa9",
    b"e\xcc\x81", b"\xef\xbc\x91", b"\xe2\x80\xae1", b"\xf0\x9f\x98\x80", b"\xef\xbb\xbf1", b"\xc2\xa01", b"\x7f",
    b"1\x01", b"1\x00", b"\x00", b"\xff", b"\xc0\xba1", b"\xed\xa0\x80", b"a" * 300, b"1|2", b"1,2", b"(1)", b"^1$",
    b"~", b"=1", b"!1", b"'", b'"', b"`id`", b"$(id)", b"<1>", b"+1",
]  # fmt: skip


@scenario("redis-value, redis-queue, redis-stream and redis-channel: no topic reads or takes a key of somebody else")
def injection(context):
    redis = context.closes(Redis())
    server = with_sources(
        context,
        cached={**value(redis, every=SELDOM), "topic": "cached/{u}", "key": "cached:{u}"},
        counted={**counter(redis, field="n"), "topic": "counted/{u}", "key": "count:{u}", "counter": "num:{u}"},
        tasks={**queue(redis), "topic": "tasks/{u}", "key": "task:{u}"},
        entries={**entries(redis, start="all", field="text"), "topic": "entries/{u}", "key": "log:{u}"},
        chat={**channel(redis), "topic": "rooms/{u}", "channel": "chat:{u}"},
    )
    # What the keys would be if the variable were pasted into them, and the keys of somebody else.
    own = {urllib.parse.quote(text, safe="").encode("ascii") for text in TRIES}
    others = {*TRIES, b"1", b"2", b"admin"} - own
    strings = [b"cached:" + text for text in others] + [b"admin", b"1", b"etc/passwd", b"cached"]
    lists = [prefix + text for text in others for prefix in (b"count:", b"task:")]
    streams = [b"log:" + text for text in others]
    setting = [("SET", key, "secret") for key in strings] + [("DEL", *lists)]
    setting += [("LPUSH", key, "secret") for key in lists]
    setting += [("XADD", key, "1-1", "text", "secret") for key in streams]
    redis.ask_all(setting)

    monitor = context.closes(Monitor(redis.port))
    answers = {}
    refused = 0
    kinds = ("cached", "counted", "tasks", "entries", "rooms")
    for attempt in TRIES:
        # As a client of RFC 6570 writes it, and as it stands, where that is a topic at all.
        encoded = "".join(f"%{byte:02X}" for byte in attempt)
        raw = attempt.decode("utf-8", "replace")
        # With a { it would be a template, of all topics that are like it.
        for text in {encoded} if "{" in raw else {encoded, raw}:
            stream = context.stream(server, hub_path(*(f"{kind}/{text}" for kind in kinds)))
            refused += stream.status != 200
            check(stream.status in (200, 400), f"{attempt!r} is answered with {stream.status} {stream.body!r}")
            if stream.status == 200:
                answers[attempt, text] = stream
    check_equal(data(look(context, server, "counted/last")), ['{"n":0}'], "the counter of somebody who is honest")
    wait_for(
        lambda: all(state(server, name)["watches"] for name in ("cached", "tasks", "entries", "chat")), 10, "watches"
    )
    pass_time(0.3)
    redis.ask_all(
        [("PUBLISH", "chat:secret", "secret"), ("PUBLISH", "chat:1", "secret"), ("PUBLISH", "chat:2", "secret")]
    )
    pass_time(0.3)
    redis.ask("PING", "the last")

    counts = 0
    for (attempt, text), stream in answers.items():
        while stream.receive(0.0005):
            pass
        found = sorted(event.data for event in stream.events)
        # Both a value and a counter of a key that is not there, or nothing, where the topic is none of the template's.
        check(found in ([], ["null", '{"n":0}']), f"{attempt!r} as {text!r} found {found}")
        counts += bool(found)
    check(counts >= 35, f"only {counts} tries were watched")

    allowed = {
        prefix + urllib.parse.quote(attempt, safe="")
        for attempt in [*TRIES, b"last"]
        for prefix in ("cached:", "count:", "num:", "task:", "martlet:underway:task:", "martlet:taken:task:", "log:")
    }
    keys = {word for words in monitor.read_until("the last") for word in words[1:] if ":" in word and len(word) < 2000}
    strange = {key for key in keys if key.startswith(("cached", "count", "num", "task", "log", "martlet"))} - allowed
    check(not strange, lambda: f"keys that nobody was to ask for: {sorted(strange)[:5]}")
    check(len(keys & allowed) > 5 * 35, f"only {len(keys & allowed)} keys were asked for")
    check_equal(set(redis.ask_all([("GET", key) for key in strings])), {"secret"}, "values afterwards")
    check_equal(set(redis.ask_all([("LLEN", key) for key in lists])), {1}, "lists afterwards")
    check_equal(set(redis.ask_all([("XLEN", key) for key in streams])), {1}, "streams afterwards")
    return f"{len(TRIES)} tries in two ways, {counts} watched, {refused} refused, {len(keys & allowed)} keys asked for"
