"""Active subscriptions: the documents of the API."""

import json
import re
import urllib.parse

from harness.outcome import check, check_equal
from harness.stream import HUB
from harness.tokens import bearer, token
from harness.waiting import wait_for

from .hub import ANYBODY, SUBSCRIBE_KEY, check_refused, check_unauthorized, may_subscribe
from .table import Table

API = HUB + "/subscriptions"
DOCUMENTS = Table("the documents of active subscriptions", auth=ANYBODY, subscriptions=True)
COVERED = Table("the claim must match a subscription's path", auth=ANYBODY, subscriptions=True)
OFF = Table("active subscriptions that are not switched on", auth=ANYBODY)
ANY = bearer(may_subscribe("*"))
UUID = re.compile(r"urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\Z")
COLLECTION_KEYS = {"@context", "id", "type", "lastEventID", "subscriptions"}
# Characters that a path's segment could hold as they are, encoded by some and not by others, and such that must be.
ODD = "https://example.com/{}/a b?c=d&e#é%2F"


def segment(text):
    """Percent-encoded once: everything but the unreserved characters."""
    return urllib.parse.quote(text, safe="")


def document(hub, url, *headers):
    response = hub.get(url, *(headers or [ANY]))
    check_equal(response.status, 200, f"the status of {url} ({response.body[:200]!r})")
    media = response.headers.get("content-type", "").partition(";")[0]
    check_equal(media, "application/ld+json", "Content-Type")
    return json.loads(response.text)


def listed(hub, topic):
    """The subscriptions of a topic, when there is one."""

    def found():
        return document(hub, f"{API}/{segment(topic)}")["subscriptions"]

    return wait_for(found, 5, "the subscription is listed")


def check_subscription(hub, found, topic, payload=None):
    check_equal(found.get("type"), "Subscription", "type")
    check_equal(found.get("topic"), topic, "topic")
    check_equal(found.get("active"), True, "active")
    check_equal(found.get("payload"), payload, "payload")
    check(UUID.match(found.get("subscriber", "")), f"a subscriber that is no urn:uuid of version 4: {found}")
    path = f"{API}/{segment(topic)}/{segment(found['subscriber'])}"
    # Whether unreserved characters and the few that a segment may hold are encoded is no difference of its meaning.
    check_equal(urllib.parse.unquote(found["id"]), urllib.parse.unquote(path), "the id, decoded once")
    check_equal(found["id"].count("/"), path.count("/"), f"the segments of the id {found['id']!r}")


@DOCUMENTS.row("the collection of all")
def collection(hub):
    topics = [hub.topic(), hub.topic()]
    for topic in topics:
        hub.subscribe(topic)
        listed(hub, topic)
    found = document(hub, API)
    check_equal(found.keys(), COLLECTION_KEYS, "its members")
    check_equal(found["@context"], "https://mercure.rocks/", "@context")
    check_equal((found["id"], found["type"]), (API, "Subscriptions"), "id and type")
    of_mine = [one for one in found["subscriptions"] if one["topic"] in topics]
    check_equal(sorted(one["topic"] for one in of_mine), topics, "the topics of its subscriptions")
    for one in of_mine:
        check_subscription(hub, one, one["topic"])


@DOCUMENTS.row("the collection of a topic")
def of_topic(hub):
    topic, other = hub.topic(), hub.topic()
    for selector in (topic, topic, other):
        hub.subscribe(selector)
    wait_for(lambda: len(listed(hub, topic)) == 2, 5, "both are listed")
    found = document(hub, f"{API}/{segment(topic)}")
    check_equal(found.keys(), COLLECTION_KEYS, "its members")
    check_equal(urllib.parse.unquote(found["id"]), urllib.parse.unquote(f"{API}/{segment(topic)}"), "id")
    for one in found["subscriptions"]:
        check_subscription(hub, one, topic)
    check_equal(len({one["subscriber"] for one in found["subscriptions"]}), 2, "different subscribers")


@DOCUMENTS.row("a collection of a topic that nobody subscribes to is empty")
def empty(hub):
    check_equal(document(hub, f"{API}/{segment(hub.topic())}")["subscriptions"], [], "its subscriptions")


@DOCUMENTS.row("a subscriber to two topics has a subscription for each, with one id")
def two_topics(hub):
    topics = [hub.topic(), hub.topic()]
    hub.subscribe(*topics)
    subscribers = {listed(hub, topic)[0]["subscriber"] for topic in topics}
    check_equal(len(subscribers), 1, "subscribers")


@DOCUMENTS.row("one subscription")
def single(hub):
    topic = hub.topic()
    hub.subscribe(topic)
    one = listed(hub, topic)[0]
    found = document(hub, one["id"])
    check_subscription(hub, found, topic)
    check_equal(found["subscriber"], one["subscriber"], "the subscriber")


@DOCUMENTS.row("segments are percent-encoded once", form=ODD)
@DOCUMENTS.row("a selector `*` is a topic of its own", form="*")
@DOCUMENTS.row("a template is listed as it is", form="https://example.com/{}/{{id}}")
def odd_topics(hub, form):
    topic = hub.topic(form)
    hub.subscribe(topic)
    found = listed(hub, topic)[-1]
    check_subscription(hub, found, topic)
    check_subscription(hub, document(hub, found["id"]), topic)
    check_subscription(hub, document(hub, f"{API}/{segment(topic)}/{segment(found['subscriber'])}"), topic)


@DOCUMENTS.row("the payload of the subscriber's token is shown, whatever JSON it is")
def payloads(hub):
    for payload in ({"user": "é", "n": [1, 2.5, None, True]}, "text", 7, [1], True, False, {}, []):
        topic = hub.topic()
        hub.subscribe(topic, token=token(SUBSCRIBE_KEY, subscribe=[], payload=payload))
        found = listed(hub, topic)[0]
        check_subscription(hub, found, topic, payload)
        check_equal(type(found["payload"]), type(payload), "the payload's type")


@DOCUMENTS.row("one that has gone is not listed, and 404")
def gone(hub):
    topic = hub.topic()
    stream = hub.subscribe(topic)
    one = listed(hub, topic)[0]
    stream.close()
    wait_for(lambda: not document(hub, f"{API}/{segment(topic)}")["subscriptions"], 5, "it is not listed any more")
    check_refused(hub.get(one["id"], ANY), 404)


@DOCUMENTS.row("an unknown one is 404")
def unknown(hub):
    topic = hub.topic()
    hub.subscribe(topic)
    subscriber = listed(hub, topic)[0]["subscriber"]
    nobody = "urn:uuid:5e94c686-2c0b-4f9b-958c-92ccc3bbb4eb"
    for topic, who in ((topic, nobody), (hub.topic(), subscriber), (topic, "x")):
        check_refused(hub.get(f"{API}/{segment(topic)}/{segment(who)}", ANY), 404)


@DOCUMENTS.row("`lastEventID` and the ETag are the last event's id")
def last_event(hub):
    topic = hub.topic()
    hub.subscribe(topic)
    listed(hub, topic)
    for url in (API, f"{API}/{segment(topic)}", listed(hub, topic)[0]["id"]):
        # A stream of another row may end at any time, and its going is an event.
        def agrees():
            response = hub.get(url, ANY)
            tag = response.headers.get("etag", "")
            check(re.fullmatch(r'(W/)?"[^"]+"', tag), f"ETag: {tag!r}")
            return json.loads(response.text).get("lastEventID", tag.strip('W/"')) == tag.removeprefix("W/").strip('"')

        wait_for(agrees, 3, "lastEventID is the ETag")
    id = hub.publish(hub.topic())
    check_equal(document(hub, API)["lastEventID"], id, "lastEventID after an update")


@DOCUMENTS.row("`lastEventID` and the ETag are a private update's own id only for whom it is granted")
def private_last_event(hub):
    topic = hub.topic("private-{}")
    granted, other = (bearer(may_subscribe(API, one)) for one in (topic, topic + "/other"))

    def told(who):
        response = hub.get(API, who)
        check_equal(response.status, 200, "the status")
        id = json.loads(response.text)["lastEventID"]
        check_equal(response.headers["etag"], f'"{id}"', "the ETag")
        return id

    def named():
        # A stream of another row may end at any time, and its going is an event.
        id = hub.publish(topic, id=f"of {topic}".replace(" ", "-"), private="on")
        found = told(granted), told(other)
        check(id != found[1], "whom the update is not granted is told its id")
        return found if found[0] == id else None

    own, position = wait_for(named, 3, "lastEventID is the update's own id")
    # It is a place to go on from all the same.
    stream = hub.subscribe(topic, token=may_subscribe(topic), last_event_id=position)
    check_equal(stream.headers.get("last-event-id"), position, "the Last-Event-ID of the response")
    check_equal(hub.got(stream, topic), [], f"what came after {position}, which is {own}")


@DOCUMENTS.row("`If-None-Match` with the ETag is 304, until something happens")
def not_modified(hub):
    topic = hub.topic()
    hub.subscribe(topic)
    for url in (API, f"{API}/{segment(topic)}", listed(hub, topic)[0]["id"]):

        def unchanged():
            tag = hub.get(url, ANY).headers["etag"]
            response = hub.get(url, ANY, ("If-None-Match", tag))
            return response if response.status == 304 else None

        response = wait_for(unchanged, 3, f"304 for {url}")
        check_equal(response.body, b"", "the body of a 304")
        tag = response.headers.get("etag")
        check(tag, "a 304 without ETag")
        hub.publish(hub.topic())
        check_equal(hub.get(url, ANY, ("If-None-Match", tag)).status, 200, "the status after an update")
        check_equal(hub.get(url, ANY, ("If-None-Match", '"another"')).status, 200, "the status for another tag")


def check_covers(hub, url, grants, wanted):
    response = hub.get(url, bearer(may_subscribe(*grants)))
    if wanted:
        check_equal(response.status, 200, f"the status of {url} with {grants}")
    else:
        check_unauthorized(response)
        check(b"Subscription" not in response.body, f"a refusal with subscriptions: {response.body!r}")


@COVERED.row("for the collection of all")
def covers_all(hub):
    for grants, wanted in (
        (["*"], True), ([API], True), (["/.well-known/mercure/{path}"], True), (["{+path}"], True),
        ([], False), (["other"], False), ([API + "/{topic}"], False), ([API + "/{topic}/{subscriber}"], False),
    ):
        check_covers(hub, API, grants, wanted)


@COVERED.row("for the collection of a topic, and for one")
def covers_one(hub):
    topic = hub.topic("covered-{}")
    hub.subscribe(topic)
    one = listed(hub, topic)[0]["id"]
    of_topic = f"{API}/{topic}"
    for grants, for_topic, for_one in (
        (["*"], True, True),
        ([API + "/{topic}"], True, False),
        ([API + "/{topic}/{subscriber}"], False, True),
        ([of_topic], True, False),
        ([one], False, True),
        ([API], False, False),
        ([API + "/other"], False, False),
        ([topic], False, False),
        ([], False, False),
    ):
        check_covers(hub, of_topic, grants, for_topic)
        check_covers(hub, one, grants, for_one)


@COVERED.row("without a token, or with a bad one, all are 401")
def needs_token(hub):
    topic = hub.topic("covered-{}")
    hub.subscribe(topic)
    for url in (API, f"{API}/{topic}", listed(hub, topic)[0]["id"]):
        check_unauthorized(hub.get(url))
        check_unauthorized(hub.get(url, bearer("rubbish")))
        check_unauthorized(hub.get(url, bearer(may_subscribe("*", exp=1))))


@COVERED.row("whether a subscription exists is told only to whom it is granted")
def tells_nothing(hub):
    topic = hub.topic("covered-{}")
    hub.subscribe(topic)
    listed(hub, topic)
    for url in (f"{API}/{topic}/urn%3Auuid%3Ano", f"{API}/unknown/x"):
        check_unauthorized(hub.get(url, bearer(may_subscribe("other"))))


@OFF.row("are 404, and no update of them comes")
def off(hub):
    topic = hub.topic()
    watcher = hub.subscribe(topic, "*", token=may_subscribe("*"))
    hub.subscribe(hub.topic()).close()
    check_equal(hub.got(watcher, topic), [], "what came")
    for url in (API, f"{API}/a", f"{API}/a/b"):
        check_equal(hub.get(url, ANY).status, 404, f"the status of {url}")
