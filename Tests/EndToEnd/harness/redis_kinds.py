"""The kinds of sources that Redis has, as the scenarios have them, and what is seen of them."""

# So long that whatever comes sooner has come because Redis has told of it.
SELDOM = "10s"


def value(engine, **changes):
    return {
        "kind": "redis-value", "redis": engine.url, "topic": "users/{user_id}/cached", "key": "num:{user_id}",
        "linger": "1s", **changes,
    }  # fmt: skip


def queue(engine, **changes):
    return {
        "kind": "redis-queue", "redis": engine.url, "topic": "users/{user_id}/tasks", "key": "task:{user_id}",
        "linger": "1s", "every": SELDOM, **changes,
    }  # fmt: skip


def counter(engine, **changes):
    return queue(engine, **{"counter": "num:{user_id}", **changes})


def entries(engine, **changes):
    return {
        "kind": "redis-stream", "redis": engine.url, "topic": "users/{user_id}/entries", "key": "log:{user_id}",
        "linger": "1s", "every": SELDOM, **changes,
    }  # fmt: skip


def channel(engine, **changes):
    return {
        "kind": "redis-channel", "redis": engine.url, "topic": "rooms/{room}", "channel": "chat:{room}", "linger": "1s",
        **changes,
    }  # fmt: skip
