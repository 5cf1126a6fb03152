"""Where a token may be, and which are taken."""

import base64
import json
import time
import urllib.parse

from harness.outcome import check, check_equal
from harness.stream import HUB
from harness.tokens import bearer, cookie, encoded, signed, token
from harness.transport import HTTP2

from .hub import ANYBODY, PUBLISH_KEY, SUBSCRIBE_KEY, check_unauthorized, may_publish, may_subscribe, path
from .table import Table

ORIGIN = "https://app.example"
PLACES = Table(
    "where a token may be: header, parameter, cookie, in this order",
    auth=ANYBODY | {"publish-origins": [ORIGIN]},
)
VALIDITY = Table("which tokens are taken", auth=ANYBODY)
KEY_384, KEY_512 = "k" * 48, "q" * 64
ALGORITHMS = Table(
    "tokens of HS384 and HS512",
    auth={
        "publish": {"algorithm": "HS384", "key": KEY_384},
        "subscribe": {"algorithm": "HS512", "key": KEY_512},
    },
)
EXPIRING = Table("a stream ends when its token expires", auth=ANYBODY)
FROM = ("Origin", ORIGIN)


def carried(place, text):
    """A query and headers that carry a token."""
    if place == "parameter":
        return "?" + urllib.parse.urlencode({"authorization": text}), []
    return "", [bearer(text)] if place == "header" else [cookie(text), FROM]


def subscribes_privately(hub, topic, query="", headers=()):
    """Whether a subscription with these gets private updates; None if it is refused."""
    stream = hub.stream(path(topic) + query.replace("?", "&"), *headers)
    if stream.status != 200:
        check_unauthorized(stream)
        return None
    hub.publish(topic, data="private", private="on")
    return hub.got(stream, topic) == ["private"]


@PLACES.row("a subscriber's token is taken from the header", place="header")
@PLACES.row("a subscriber's token is taken from the parameter", place="parameter")
@PLACES.row("a subscriber's token is taken from the cookie", place="cookie")
def subscriber(hub, place):
    topic = hub.topic()
    check_equal(subscribes_privately(hub, topic, *carried(place, may_subscribe(topic))), True, "private updates")


@PLACES.row("a publisher's token is taken from the header", place="header")
@PLACES.row("a publisher's token is taken from the parameter", place="parameter")
@PLACES.row("a publisher's token is taken from the cookie", place="cookie")
def publisher(hub, place):
    topic = hub.topic()
    query, headers = carried(place, may_publish(topic))
    check_equal(hub.post([("topic", topic)], *headers, path=HUB + query).status, 200, "the status")
    query, headers = carried(place, may_publish("other"))
    check_unauthorized(hub.post([("topic", topic)], *headers, path=HUB + query))


@PLACES.row("the header wins over the parameter", first="header", second="parameter")
@PLACES.row("the parameter wins over the cookie", first="parameter", second="cookie")
@PLACES.row("the header wins over the cookie", first="header", second="cookie")
def order(hub, first, second):
    def both(granting, other):
        """A query and headers with a token in the first place and one in the second."""
        queries, headers = zip(carried(first, granting), carried(second, other))
        return "".join(queries), [field for fields in headers for field in fields]

    topic = hub.topic()
    good, bad = may_subscribe(topic), may_subscribe("other")
    check_equal(subscribes_privately(hub, topic, *both(good, bad)), True, "private updates by the first")
    check_equal(subscribes_privately(hub, topic, *both(bad, good)), False, "private updates by the second")
    check_equal(subscribes_privately(hub, topic, *both("rubbish", good)), None, "a bad first and a good second")
    check_equal(subscribes_privately(hub, topic, *both(good, "rubbish")), True, "a good first and a bad second")
    for tokens, status in (((may_publish(topic), "rubbish"), 200), (("rubbish", may_publish(topic)), 401)):
        query, headers = both(*tokens)
        check_equal(hub.post([("topic", topic)], *headers, path=HUB + query).status, status, "the status of publishing")


@PLACES.row("the cookie is found among others")
def among_cookies(hub):
    topic = hub.topic()
    text = f"a=b; mercureAuthorizationX=no; mercureAuthorization={may_subscribe(topic)}; c=d"
    check_equal(subscribes_privately(hub, topic, "", [("Cookie", text)]), True, "private updates")
    check_equal(subscribes_privately(hub, topic, "", [("Cookie", "a=b; c=d")]), False, "private updates without it")
    if hub.transport.name == HTTP2:
        # Browsers send each cookie in a field of its own there (RFC 9113 §8.2.3).
        fields = [("Cookie", text) for text in text.split("; ")]
        check_equal(subscribes_privately(hub, topic, "", fields), True, "private updates with a field for each cookie")


@PLACES.row("the scheme `Bearer` is read in any case, and another scheme is 401")
def scheme(hub):
    topic = hub.topic()
    for name in ("Bearer", "bearer", "BEARER"):
        field = ("Authorization", f"{name} {may_subscribe(topic)}")
        check_equal(subscribes_privately(hub, topic, "", [field]), True, f"private updates with {name}")
    for value in (f"Basic {may_subscribe(topic)}", may_subscribe(topic), "Bearer", "Bearer "):
        check_unauthorized(hub.stream(path(topic), ("Authorization", value)))


@VALIDITY.row("a token signed with another key is 401")
def other_key(hub):
    for key in ("x" * 64, "", PUBLISH_KEY):
        check_unauthorized(hub.stream(path(hub.topic()), bearer(token(key, subscribe=["*"]))))
    check_unauthorized(hub.post([("topic", hub.topic())], bearer(token(SUBSCRIBE_KEY, publish=["*"]))))


@VALIDITY.row("a token of another algorithm is 401, and `none` above all")
def other_algorithm(hub):
    claims = {"mercure": {"publish": ["*"], "subscribe": ["*"]}}
    for algorithm in ("none", "None", "", "HS384", "HS512", "RS256", "hs256"):
        for key, attempt in (
            (SUBSCRIBE_KEY, lambda text: hub.stream(path(hub.topic()), bearer(text))),
            (PUBLISH_KEY, lambda text: hub.post([("topic", hub.topic())], bearer(text))),
        ):
            check_unauthorized(attempt(signed({"alg": algorithm, "typ": "JWT"}, claims, key)))
    check_unauthorized(hub.stream(path(hub.topic()), bearer(signed({"typ": "JWT"}, claims, SUBSCRIBE_KEY))))


@VALIDITY.row("what is no token is 401")
def rubbish(hub):
    good = may_subscribe("*")
    head, body, signature = good.split(".")
    forged = encoded(json.dumps({"mercure": {"subscribe": ["*", "more"]}}).encode("ascii"))
    texts = ["x", "a.b.c", f"{head}.{body}", f"{head}.{body}.", f"{good}.x", f"{head}.{forged}.{signature}", "..", "{}"]
    texts += [f"{head}.{encoded(b'[]')}.{signature}", f"{head}.{encoded(base64.b64decode('/w=='))}.{signature}"]
    for text in texts:
        check_unauthorized(hub.stream(path(hub.topic()), bearer(text)))
        check_unauthorized(hub.post([("topic", hub.topic())], bearer(text)))


@VALIDITY.row("a token whose `exp` is over is 401")
def expired(hub):
    for past in (1, int(time.time()) - 120):
        check_unauthorized(hub.stream(path(hub.topic()), bearer(may_subscribe("*", exp=past))))
        check_unauthorized(hub.post([("topic", hub.topic())], bearer(may_publish("*", exp=past))))


@VALIDITY.row("a token whose `nbf` is to come is 401")
def not_yet(hub):
    future = int(time.time()) + 120
    check_unauthorized(hub.stream(path(hub.topic()), bearer(may_subscribe("*", nbf=future))))
    check_unauthorized(hub.post([("topic", hub.topic())], bearer(may_publish("*", nbf=future))))


@VALIDITY.row("a token between `nbf` and `exp` is taken")
def between(hub):
    topic, now = hub.topic(), int(time.time())
    times = {"nbf": now - 60, "exp": now + 600}
    check_equal(subscribes_privately(hub, topic, "", [bearer(may_subscribe(topic, **times))]), True, "private updates")
    check_equal(hub.post([("topic", topic)], bearer(may_publish(topic, **times))).status, 200, "the status")


@VALIDITY.row("an `exp` or `nbf` that is no time is 401")
def malformed_times(hub):
    for times in ({"exp": "soon"}, {"nbf": "soon"}, {"exp": []}):
        check_unauthorized(hub.stream(path(hub.topic()), bearer(may_subscribe("*", **times))))


@VALIDITY.row("other claims do not matter")
def other_claims(hub):
    topic = hub.topic()
    more = {"iss": "https://example.com", "sub": "somebody", "aud": ["a", "b"], "jti": "1", "deep": {"a": [1, None]}}
    check_equal(subscribes_privately(hub, topic, "", [bearer(may_subscribe(topic, **more))]), True, "private updates")


@VALIDITY.row("a refusal does not repeat the token")
def no_echo(hub):
    text = may_subscribe("*", exp=1)
    refusal = hub.stream(path(hub.topic()), bearer(text))
    check_unauthorized(refusal)
    check(text.rpartition(".")[2].encode("ascii") not in refusal.body, "a refusal with the token's signature")


@ALGORITHMS.row("a publisher's of HS384 is taken, and one of HS256 with the same key is 401")
def hs384(hub):
    fields = [("topic", hub.topic())]
    check_equal(hub.post(fields, bearer(token(KEY_384, publish=["*"], algorithm="HS384"))).status, 200, "the status")
    check_unauthorized(hub.post(fields, bearer(token(KEY_384, publish=["*"]))))


@ALGORITHMS.row("a subscriber's of HS512 is taken, and one of HS256 with the same key is 401")
def hs512(hub):
    topic = hub.topic()
    stream = hub.subscribe(topic, token=token(KEY_512, subscribe=[topic], algorithm="HS512"))
    publisher = bearer(token(KEY_384, publish=["*"], algorithm="HS384"))
    hub.publish(topic, data="private", private="on", token=publisher)
    check_equal([event.data for event in stream.read(1)], ["private"], "what came")
    check_unauthorized(hub.stream(path(topic), bearer(token(KEY_512, subscribe=[topic]))))


@EXPIRING.row("one whose token is valid for 2 s more is served, and ends within 3 s")
def expiring(hub):
    topic = hub.topic()
    start = time.time()
    stays = hub.subscribe(topic, token=may_subscribe(topic, exp=int(start) + 600))
    ends = hub.subscribe(topic, token=may_subscribe(topic, exp=int(start) + 2))
    hub.publish(topic, data="private", private="on")
    events = ends.read_to_end(3.5)
    taken = time.time() - start
    check_equal([event.data for event in events], ["private"], "what came before the end")
    check_equal(ends.end, "terminated", "how the stream ended")
    check(0.9 <= taken <= 3.2, f"it ended after {taken:.1f} s")
    hub.publish(topic, data="private", private="on")
    check_equal(hub.got(stays, topic), ["private", "private"], "what came to one whose token lasts longer")


@EXPIRING.row("whoever comes again with the expired token is 401")
def again(hub):
    topic = hub.topic()
    text = may_subscribe(topic, exp=int(time.time()) + 2)
    stream = hub.subscribe(topic, token=text)
    stream.read_to_end(4)
    check_unauthorized(hub.stream(path(topic), bearer(text)))
