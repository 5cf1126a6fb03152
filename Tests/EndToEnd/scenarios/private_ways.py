"""Nothing private reaches whom it is not granted, whichever way it goes: batched, compressed, polled, by a source."""

import contextlib
import json
import sqlite3

from harness.outcome import check, check_equal
from harness.polling import Poller
from harness.publisher import LINES
from harness.scenario import scenario
from harness.stream import HUB, Stream
from harness.tokens import bearer, token
from harness.transport import PLAIN
from harness.waiting import wait_for
from harness.zipped import ZippedStream

from .mercure.hub import ALL, ANYBODY, SUBSCRIBE_KEY, Hub, path
from .private import END, Subscriber, Update, check_model, read

SUBSCRIBERS, UPDATES = 150, 100
COMPRESSED = {"heartbeat": "60s", "compression": "gzip"}
# A source's topics: one whose newest value is sent to newcomers, and one whose newest lines are.
VALUE, LINE = "users/42/balance", "logs/secret"
SECRET = "for few eyes"


def publish_together(hub, updates):
    """Publishes updates in one request, so that what is for one subscriber is written to him at once."""
    lines = []
    for update in updates:
        line = {"topic": update.topics, "data": update.data}
        lines.append(json.dumps(line | {"private": True} if update.private else line))
    response = hub.request("POST", HUB, [*LINES, ALL], "\n".join(lines).encode("utf-8"))
    check_equal(response.status, 200, f"the status of a batch ({response.body[:200]!r})")
    for update, id in zip(updates, response.text.split("\n")):
        update.id = id


@scenario("private updates against a model: in batches", reader=Stream, log="memory")
@scenario("private updates against a model: in batches, compressed", reader=ZippedStream, log="memory")
@scenario("private updates against a model: in batches, compressed (sqlite)", reader=ZippedStream, log="sqlite:hub.db")
@scenario("private updates against a model: in batches, by polls", reader=Poller, log="memory")
@scenario("private updates against a model: in batches, by polls (sqlite)", reader=Poller, log="sqlite:hub.db")
def model(context, reader, log):
    random = context.random
    hub = Hub(context, context.transport(PLAIN), {"auth": ANYBODY, "streams": COMPRESSED}, log)
    subscribers = [Subscriber(random, number) for number in range(SUBSCRIBERS)]
    updates = [Update(random, number) for number in range(UPDATES)]
    streams = [subscriber.open(hub, reader=reader) for subscriber in subscribers]
    left = list(updates)
    while left:
        batch, left = left[:(size := random.randint(1, 20))], left[size:]
        publish_together(hub, batch)
    end = hub.publish(END, data="the end")
    delivered = 0
    for subscriber, stream in zip(subscribers, streams):
        delivered += check_model(subscriber, read(subscriber, stream, end)[0], updates, "live")
    hub.close_streams()
    for subscriber in subscribers:
        for start in (random.randrange(UPDATES), -1):
            stream = subscriber.open(hub, updates[start].id if start >= 0 else "earliest", reader=reader)
            found = read(subscriber, stream, end)[0]
            how = "after an id" if start >= 0 else "from earliest"
            delivered += check_model(subscriber, found, updates[start + 1:], how)
            hub.close_streams()
    return f"{3 * SUBSCRIBERS * UPDATES:,} triples, {delivered:,} deliveries"


def append(file):
    with open(file, "a") as opened:
        opened.write(f"{SECRET}\n")


@scenario("a private source's newest value and newest lines are sent to those newcomers only to whom they are granted")
def sources(context):
    database, lines = context.path("app.db"), context.path("secret.log")
    with contextlib.closing(sqlite3.connect(database)) as app, app:
        app.execute("CREATE TABLE account (user_id INTEGER, balance TEXT)")
        app.execute("INSERT INTO account VALUES (42, ?)", [SECRET])
    query = "SELECT balance FROM account WHERE user_id = :user_id"
    balance = {"kind": "sql", "database": f"sqlite:{database}", "every": "100ms", "query": query}
    append(lines)
    settings = {
        "auth": ANYBODY,
        "streams": COMPRESSED,
        "sources": {
            "balance": balance | {"topic": "users/{user_id}/balance"},
            "secret": {"kind": "file", "path": lines, "topic": LINE, "backlog": 5},
        },
    }
    hub = Hub(context, context.transport(PLAIN), settings)
    # Somebody looks all the while, so that there is a value.
    watcher = hub.subscribe(VALUE, LINE, token=token(SUBSCRIBE_KEY, subscribe=["*"]))

    both = {SECRET, json.dumps({"balance": SECRET}, separators=(",", ":"))}

    def came():
        append(lines)
        watcher.receive(0.1)
        return {event.data for event in watcher.events} == both

    wait_for(came, 10, "the value and a line")
    asked = ([VALUE], [LINE], [VALUE, LINE], ["*"], ["users/{id}/balance"], ["logs/{name}"], ["{+all}"])
    refused = (None, [], [END], ["users/41/balance"], ["users/{id}"], ["logs/{name}/more"], [VALUE + "/", LINE[:-1]])
    allowed = (["*"], [VALUE, LINE], ["users/{id}/balance", "logs/{name}"], ["{+all}"])
    tried = shown = 0
    for reader in (Stream, ZippedStream, Poller):
        for selectors in asked:
            for grants in refused + allowed:
                headers = [] if grants is None else [bearer(token(SUBSCRIBE_KEY, subscribe=grants))]
                for place in (None, "urn:unknown", "earliest"):
                    stream = reader(hub.server.hub, path(END, *selectors), place, headers)
                    end = hub.publish(END, data="the end")
                    got = [e.data for e in stream.read_until(lambda event: event.id == end)[:-1]]
                    stream.close()
                    tried += 1
                    what = f"{reader.__name__} of {selectors}, granted {grants}, from {place}"
                    if grants in refused:
                        check(not any(SECRET in data for data in got), f"{what}, got {got}")
                    else:
                        shown += any(SECRET in data for data in got)
    # Or the test shows nothing: who asks by name and is granted it has it in any case.
    check(shown >= 3 * 3 * len(allowed), f"only {shown} newcomers got what they are granted")
    return f"{tried} newcomers, {shown} of whom got what they are granted"
