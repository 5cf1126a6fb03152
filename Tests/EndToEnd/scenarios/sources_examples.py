"""docs/sources.md: each of its examples is valid, and does what it says when it is run as it stands."""

import os
import subprocess

from harness.document import Document
from harness.outcome import check, check_equal
from harness.redis import Redis
from harness.scenario import scenario
from harness.site import Site
from harness.sources import data, look
from harness.sqlite import SQLite
from harness.waiting import wait_for

SECRETS = {"DB_PASSWORD": "secret", "WEATHER_TOKEN": "secret"}
DOCUMENT = "sources.md"


@scenario("docs/sources.md: each example is valid")
def valid(context):
    examples = Document(DOCUMENT).configurations()
    for number, code in enumerate(examples):
        path = context.path(f"{number}.yaml")
        with open(path, "w") as file:
            file.write(code)
        command = [context.binary, "check-config", path]
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, env={**os.environ, **SECRETS})
        check(done.returncode == 0, f"{code}\nis refused: {done.stderr or done.stdout}")
    check(len(examples) >= 15, "there are fewer than fifteen")
    return f"{len(examples)} examples"


def serve(context, code, *replacements):
    """A hub with an example, in which addresses and paths are those of this test."""
    for old, new in replacements:
        check(old in code, f"the example has no {old!r}")
        code = code.replace(old, new)
    return context.server(config=code, environment=SECRETS)


def example(kind, word=""):
    return next(c for c in Document(DOCUMENT).configurations() if f"kind: {kind}\n" in c and word in c)


@scenario("docs/sources.md: clock, system and command say something")
def local(context):
    for kind, topic, sign in (("clock", "time", '{"time":"'), ("system", "machine", '"load":['), ("command", "memory", "")):
        replacements = {"system": [("/srv", "/")], "command": [('[vmstat, "1"]', "[sh, -c, 'echo free; sleep 5']")]}
        server = serve(context, example(kind), *replacements.get(kind, []))
        check(sign in data(look(context, server, topic), within=5)[0], f"the first of {kind}")


@scenario("docs/sources.md: file follows what its pattern matches")
def files(context):
    folder = context.path("logs")
    os.mkdir(folder)
    with open(f"{folder}/web.log", "w") as file:
        file.write("was there\n")
    server = serve(context, example("file"), ("/var/log/app/", folder + "/"))
    wait_for(lambda: server.status()["sources"][0]["updates"] == 1, 10, "the newest lines are published")
    stream = look(context, server, "logs/web.log")
    with open(f"{folder}/web.log", "a") as file:
        file.write("next\n")
    check_equal(data(stream, 2), ["was there", "next"], "the lines")


@scenario("docs/sources.md: sql counts, and the rows of sql-outbox go out")
def sql(context):
    app = context.closes(SQLite())
    app.begin(
        "CREATE TABLE notice (user_id INTEGER)",
        "CREATE TABLE outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, order_id INTEGER, data TEXT)",
    )
    server = serve(context, example("sql", "sqlite:"), ("sqlite:app.db", app.url))
    stream = look(context, server, "users/42/notices")
    check_equal(data(stream), ['{"notice_num":0}'], "the first value")
    app.sql("INSERT INTO notice VALUES (42)")
    check_equal(data(stream), ['{"notice_num":1}'], "the value after a row")
    outbox = example("sql-outbox")
    server = serve(
        context,
        outbox,
        ("postgresql://martlet:${DB_PASSWORD}@127.0.0.1/shop", app.url),
        ("    wake: { listen: outbox }\n", "    public: true\n"),
    )
    stream = look(context, server, "orders/7")
    app.sql("INSERT INTO outbox (order_id, data) VALUES (7, '{\"state\":\"paid\"}')")
    check_equal(data(stream), ['{"state":"paid"}'], "the row")


@scenario("docs/sources.md: the examples of Redis hear of what redis-cli does")
def redis(context):
    redis, app = context.closes(Redis()), context.closes(SQLite())
    app.begin("CREATE TABLE notice (user_id INTEGER)", "INSERT INTO notice VALUES (42), (42)")
    here = ("redis://127.0.0.1:6379", redis.url)
    for kind, word, topic, first, act, then in (
        ("redis-value", "", "users/42/cached", ["null"], ("SET", "user_notice_num:42", "3"), "3"),
        ("redis-queue", "jobs", "users/42/jobs", [], ("LPUSH", "jobs:42", "paint"), "paint"),
        ("redis-queue", "counter", "users/42/tasks", ['{"tasks":2}'], ("LPUSH", "add_one_notice_task:42", "1"), '{"tasks":3}'),
        ("redis-stream", "", "shops/1/orders", [], ("XADD", "orders:1", "*", "item", "7"), '{"item":"7"}'),
        ("redis-channel", "", "rooms/1", [], ("PUBLISH", "chat:1", "hello"), "hello"),
    ):  # fmt: skip
        redis.ask("DEL", "user_notice_num:42")
        more = [("sqlite:app.db", app.url)] if word == "counter" else []
        server = serve(context, example(kind, word), here, *more)
        stream = look(context, server, topic)
        check_equal(data(stream, len(first)) if first else [], first, f"the first of {topic}")
        if not first:
            ready = (lambda: redis.ask("PUBSUB", "NUMPAT") == 1) if kind == "redis-channel" else (
                lambda server=server: server.status()["sources"][0]["ticks"] > 0
            )  # fmt: skip
            wait_for(ready, 5, f"{kind} is watched")
        redis.ask(*act)
        check_equal(data(stream), [then], f"what comes to {topic}")
        server.terminate()
        server.wait(10)


@scenario("docs/sources.md: http publishes what a URL answers")
def http(context):
    site = context.closes(Site({"/weather/oslo": ("application/json", '{"degrees":-3}')}))
    server = serve(context, example("http"), ("https://api.example", site.origin()))
    check_equal(data(look(context, server, "weather/oslo"), within=5), ['{"degrees":-3}'], "the answer")
