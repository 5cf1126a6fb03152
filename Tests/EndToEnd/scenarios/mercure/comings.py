"""Active subscriptions: the updates of their coming and going."""

import json
import time

from harness.outcome import check, check_equal
from harness.tokens import bearer, token
from harness.waiting import wait_for

from .hub import ANYBODY, SUBSCRIBE_KEY, may_subscribe, path
from .subscriptions import API, check_subscription, document, listed
from .table import Table

COMING = Table("a subscription's coming and going are private updates", auth=ANYBODY, subscriptions=True)


@COMING.row("a subscription's coming and going are updates on its path, with the same object as JSON")
def coming(hub):
    topic = hub.topic()
    watcher = hub.subscribe(API + "/{topic}/{subscriber}", token=may_subscribe(API + "/{topic}/{subscriber}"))
    stream = hub.subscribe(topic, token=token(SUBSCRIBE_KEY, payload={"user": 7}))
    came = json.loads(watcher.read_until(lambda e: json.loads(e.data)["topic"] == topic)[-1].data)
    check_subscription(hub, came, topic, {"user": 7})
    shown = document(hub, came["id"])
    check_equal({name: shown.get(name) for name in came if name != "@context"}, without_context(came), "the document")
    stream.close()
    went = json.loads(watcher.read_until(lambda e: json.loads(e.data)["topic"] == topic)[-1].data)
    check_equal(went, came | {"active": False}, "the object of its going")


@COMING.row("each topic of a subscriber comes and goes")
def each(hub):
    topics = [hub.topic(), hub.topic("https://example.com/{}/{{id}}")]
    watcher = hub.subscribe("*", token=may_subscribe("*"))
    stream = hub.subscribe(*topics)
    for active in (True, False):
        found = [watcher.read_until(lambda e: about(e, topics))[-1] for _ in topics]
        objects = [json.loads(event.data) for event in found]
        check_equal(sorted(one["topic"] for one in objects), sorted(topics), "the topics")
        check_equal([one["active"] for one in objects], [active, active], "active")
        check_equal(len({one["subscriber"] for one in objects}), 1, "subscribers")
        stream.close()


def without_context(object):
    return {name: value for name, value in object.items() if name != "@context"}


def about(event, topics):
    """Whether an event is a coming or going of one of the topics."""
    return event.data.startswith("{") and json.loads(event.data).get("topic") in topics


@COMING.row("these updates are private", grants=None)
@COMING.row("these updates are private to whoever is granted nothing", grants=[])
@COMING.row("these updates are private to whoever is granted another path", grants=[API + "/other/{subscriber}", API])
def private(hub, grants):
    mine = hub.topic()
    text = None if grants is None else may_subscribe(*grants)
    watcher = hub.subscribe(mine, "*", API + "/{topic}/{subscriber}", token=text)
    topic = hub.topic("watched-{}")
    hub.subscribe(topic).close()
    wait_for(lambda: not document(hub, f"{API}/{topic}")["subscriptions"], 5, "it has gone")
    check_equal(hub.got(watcher, mine), [], "what came")


@COMING.row("one who is granted the path of a topic gets only its subscriptions")
def only_granted(hub):
    mine, topic, other = hub.topic(), hub.topic("watched-{}"), hub.topic("watched-{}")
    watcher = hub.subscribe(mine, "*", token=may_subscribe(f"{API}/{topic}/{{subscriber}}"))
    for selector in (other, topic):
        hub.subscribe(selector)
        listed(hub, selector)
    found = [json.loads(data) for data in hub.got(watcher, mine)]
    check_equal([one["topic"] for one in found], [topic], "the topics of what came")


@COMING.row("a stream whose token expires goes like any other")
def expires(hub):
    topic = hub.topic()
    watcher = hub.subscribe("*", token=may_subscribe("*"))
    hub.subscribe(topic, token=may_subscribe(exp=int(time.time()) + 2)).read_to_end(4)
    found = [json.loads(watcher.read_until(lambda e: about(e, [topic]))[-1].data)["active"] for _ in range(2)]
    check_equal(found, [True, False], "active")


@COMING.row("a refused stream neither comes nor goes, and HEAD neither")
def refused(hub):
    mine, topic = hub.topic(), hub.topic()
    watcher = hub.subscribe(mine, "*", token=may_subscribe("*"))
    hub.got(watcher, mine)
    hub.stream(path(topic), bearer("rubbish"))
    hub.stream(path(topic, topic + "/{"))
    hub.request("HEAD", path(topic))
    check(not any(topic in data for data in hub.got(watcher, mine)), "a subscription that was refused has come")
