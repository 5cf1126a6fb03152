"""What a token's claim covers."""

from harness.outcome import check_equal
from harness.tokens import NAMESPACE, bearer, signed, token

from .hub import ANYBODY, PUBLISH_KEY, SUBSCRIBE_KEY, check_unauthorized, may_publish, may_subscribe, path
from .table import Table

PUBLISH = Table("the claim `publish`", auth=ANYBODY)
SUBSCRIBE = Table("the claim `subscribe`", auth=ANYBODY)
BASE = "https://example.com/books/"


def publishes(hub, text, *topics, **fields):
    """Whether a token lets its bearer publish."""
    response = hub.post([*(("topic", topic) for topic in topics), ("data", "x"), *fields.items()], bearer(text))
    if response.status != 200:
        check_unauthorized(response)
    return response.status == 200


def receives(hub, text, topic):
    """Whether a token lets its bearer receive a private update of a topic; it receives public ones in any case."""
    stream = hub.subscribe(topic, token=text)
    hub.publish(topic, data="private", private="on")
    hub.publish(topic, data="public")
    found = hub.got(stream, topic)
    check_equal(found[-1:], ["public"], "a public update at last")
    return found[:-1] == ["private"]


@PUBLISH.row("an empty list may publish nothing", claims={"mercure": {"publish": []}})
@PUBLISH.row("a missing list may publish nothing", claims={"mercure": {"subscribe": ["*"]}})
@PUBLISH.row("an empty object may publish nothing", claims={"mercure": {}})
@PUBLISH.row("a token without the object may publish nothing", claims={"sub": "somebody"})
@PUBLISH.row("a list at the top may publish nothing", claims={"publish": ["*"]})
@PUBLISH.row("a list of null may publish nothing", claims={"mercure": {"publish": None}})
def nothing(hub, claims):
    text = signed({"alg": "HS256"}, claims, PUBLISH_KEY)
    check_equal(publishes(hub, text, hub.topic()), False, "whether it publishes")


@PUBLISH.row("`[\"*\"]` may publish everything")
def everything(hub):
    for topics in ([hub.topic()], ["*"], ["plain"], [hub.topic(), "é"]):
        check_equal(publishes(hub, may_publish("*"), *topics), True, f"whether it publishes {topics}")
        check_equal(publishes(hub, may_publish("other", "*"), *topics), True, f"whether it publishes {topics}")


@PUBLISH.row("an exact topic covers itself")
def exact(hub):
    for topic, covered in ((BASE + "1", True), (BASE + "2", False), (BASE + "1/", False), (BASE, False)):
        check_equal(publishes(hub, may_publish(BASE + "1"), topic), covered, f"whether it publishes {topic}")


@PUBLISH.row("a template covers what it expands to, and itself")
def template(hub):
    text = may_publish("other", BASE + "{id}")
    for topic, covered in ((BASE + "1", True), (BASE + "1/2", False), (BASE + "{id}", True)):
        check_equal(publishes(hub, text, topic), covered, f"whether it publishes {topic}")


@PUBLISH.row("every topic must be covered, public updates included")
def every(hub):
    text = may_publish(BASE + "1", BASE + "2")
    for fields in ({}, {"private": "on"}):
        check_equal(publishes(hub, text, BASE + "1", BASE + "2", **fields), True, "both covered")
        check_equal(publishes(hub, text, BASE + "1", BASE + "3", **fields), False, "the alternate not covered")
        check_equal(publishes(hub, text, BASE + "3", BASE + "1", **fields), False, "the canonical not covered")


@PUBLISH.row("a selector with `{` that is no template makes the token bad")
def malformed(hub):
    check_unauthorized(hub.post([("topic", hub.topic())], bearer(may_publish("*", "a/{"))))
    check_unauthorized(hub.stream(path(hub.topic()), bearer(may_subscribe("*", "a/{"))))


@PUBLISH.row("a claim that is no object, or a list of other than strings, is 401")
def shapes(hub):
    for claim in ("*", ["*"], 7, {"publish": "*", "subscribe": "*"}, {"publish": [1], "subscribe": [1]}):
        for key, attempt in (
            (PUBLISH_KEY, lambda text: hub.post([("topic", hub.topic())], bearer(text))),
            (SUBSCRIBE_KEY, lambda text: hub.stream(path(hub.topic()), bearer(text))),
        ):
            check_unauthorized(attempt(signed({"alg": "HS256"}, {"mercure": claim}, key)))


@PUBLISH.row("the object under `https://mercure.rocks/` counts as well")
def namespaced(hub):
    topic = hub.topic()
    text = token(PUBLISH_KEY, publish=[topic], namespaced=True)
    check_equal(publishes(hub, text, topic), True, "whether it publishes what is covered")
    check_equal(publishes(hub, text, "other"), False, "whether it publishes another")


@PUBLISH.row("the object under `https://mercure.rocks/` wins")
def wins(hub):
    topic, other = hub.topic(), hub.topic()
    text = token(PUBLISH_KEY, publish=[other], **{NAMESPACE: {"publish": [topic]}})
    check_equal(publishes(hub, text, topic), True, "what the namespaced object covers")
    check_equal(publishes(hub, text, other), False, "what only the other covers")
    empty = token(PUBLISH_KEY, publish=["*"], **{NAMESPACE: {}})
    check_equal(publishes(hub, empty, topic), False, "with a namespaced object that is empty")


@SUBSCRIBE.row("a missing list grants no private update, and public ones still flow", subscribe=None)
@SUBSCRIBE.row("an empty list grants no private update, and public ones still flow", subscribe=[])
@SUBSCRIBE.row("a list of other topics grants no private update of this one", subscribe=["other", BASE + "{id}"])
def grants_nothing(hub, subscribe):
    check_equal(receives(hub, token(SUBSCRIBE_KEY, subscribe=subscribe), hub.topic()), False, "a private update")


@SUBSCRIBE.row("a token with nothing of Mercure grants no private update, and public ones still flow")
def no_claim(hub):
    text = signed({"alg": "HS256"}, {"sub": "somebody"}, SUBSCRIBE_KEY)
    check_equal(receives(hub, text, hub.topic()), False, "a private update")


@SUBSCRIBE.row("`*` grants all private updates")
def star(hub):
    check_equal(receives(hub, may_subscribe("*"), hub.topic()), True, "a private update")


@SUBSCRIBE.row("an exact topic grants its own")
def exact_grant(hub):
    topic = hub.topic()
    check_equal(receives(hub, may_subscribe("other", topic), topic), True, "a private update")
    check_equal(receives(hub, may_subscribe(topic + "/more"), topic), False, "a private update")


@SUBSCRIBE.row("a template grants what it expands to")
def template_grant(hub):
    topic = hub.topic("https://example.net/{}/news")
    check_equal(receives(hub, may_subscribe("https://example.net/{user}/news"), topic), True, "a private update")
    check_equal(receives(hub, may_subscribe("https://example.net/{user}"), topic), False, "a private update")


@SUBSCRIBE.row("the object under `https://mercure.rocks/` counts as well, and wins")
def namespaced_grant(hub):
    topic = hub.topic()
    text = token(SUBSCRIBE_KEY, subscribe=[topic], namespaced=True)
    check_equal(receives(hub, text, topic), True, "a private update")
    text = token(SUBSCRIBE_KEY, subscribe=[topic], **{NAMESPACE: {"subscribe": ["other"]}})
    check_equal(receives(hub, text, topic), False, "a private update")


@SUBSCRIBE.row("a token for publishing that lists `subscribe` grants nothing where the key is another")
def other_role(hub):
    check_unauthorized(hub.stream(path(hub.topic()), bearer(token(PUBLISH_KEY, publish=["*"], subscribe=["*"]))))
