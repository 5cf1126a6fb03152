"""Subscribing: what selects an update, and who is refused."""

import time

from harness.outcome import check, check_equal
from harness.stream import HUB

from .hub import ANYBODY, KEYS, bearer, check_refused, check_unauthorized, may_subscribe, path
from .table import Table

SELECTORS = Table("subscribing, and what a selector selects", auth=ANYBODY)
HEARTBEAT = Table("the heartbeat", auth=ANYBODY, streams={"heartbeat": "1s"})
REFUSALS = Table("subscribing with a token only, unless anonymous is on", auth=KEYS)


@SELECTORS.row("a value of `topic` is an exact topic")
def exact(hub):
    topic = hub.topic()
    stream = hub.subscribe(topic)
    for other in (topic + "/more", topic[:-1], topic.upper(), topic + "?x", "other"):
        hub.publish(other, data=f"of {other}")
    check_equal(hub.got(stream, topic), [], "what came for other topics")


@SELECTORS.row("`topic` may be given more than once, and an update that matches twice comes once")
def several(hub):
    first, second, third = hub.topic(), hub.topic(), hub.topic()
    stream = hub.subscribe(first, second)
    for number, topics in enumerate([[first], [second], [third], [first, second], [third, second]]):
        hub.publish(*topics, data=str(number))
    check_equal(hub.got(stream, first), ["0", "1", "3", "4"], "what came")


@SELECTORS.row("`*` is everything")
def everything(hub):
    stream = hub.subscribe("*")
    topics = [hub.topic(), "plain words", "*", "https://example.com/{id}", "é/ü", "a+b&c=d"]
    for topic in topics:
        hub.publish(topic, data=topic)
    check_equal(hub.got(stream, topics[0]), topics, "what came")


# Template, topics that it can expand to, topics that it cannot.
TEMPLATES = [
    ("{base}/books/{{id}}", ["books/1", "books/a-b_c~d.e", "books/a%2Fb"], ["books/1/2", "books", "booksx/1"]),
    ("{base}/books/{{id}}/reviews/{{review}}", ["books/1/reviews/2"], ["books/1/reviews", "books/1/2/reviews/3"]),
    ("{base}/files/{{+path}}", ["files/a", "files/a/b/c.txt", "files/a?b=c"], ["file/a"]),
    ("{base}/items{{/kind,id}}", ["items/book/1"], ["items/book/1/2", "itemsbook"]),
    ("{base}/search{{?q}}", ["search?q=birds"], ["search?p=birds", "search/q"]),
    ("{base}/page{{#part}}", ["page#intro"], ["page?intro"]),
    ("{base}/icon{{.format}}", ["icon.png"], ["icon/png"]),
    ("{base}/at/{{id:3}}", ["at/1", "at/123"], ["at/1234"]),
]


@SELECTORS.row("a value that holds `{` is an RFC 6570 URI template")
def templates(hub):
    for template, matching, others in TEMPLATES:
        base = hub.topic()
        selector = template.format(base=base)
        end = f"{base}/the end"
        stream = hub.subscribe(selector, end)
        for topic in matching + others:
            hub.publish(f"{base}/{topic}", data=topic)
        check_equal(hub.got(stream, end), matching, f"what came for {selector}")


@SELECTORS.row("a value that holds `{` is an exact topic too")
def template_as_topic(hub):
    topic = hub.topic("https://example.com/{}/{{id}}")
    stream = hub.subscribe(topic)
    hub.publish(topic, data="the very same")
    hub.publish(topic.replace("{id}", "{other}"), data="another template")
    hub.publish(topic.replace("{id}", "7"), data="an expansion")
    check_equal(hub.got(stream, topic.replace("{id}", "8")), ["the very same", "an expansion"], "what came")


@SELECTORS.row("a value with `{` that is no URI template is 400", selector="https://example.com/{")
@SELECTORS.row("a value with `{}` is 400", selector="https://example.com/{}")
@SELECTORS.row("a value with `{a` in its midst is 400", selector="https://example.com/{a/b")
def malformed_template(hub, selector):
    check_refused(hub.stream(path(hub.topic(), selector)), 400)


@SELECTORS.row("topics are compared after percent-decoding of the query, once")
def encoded(hub):
    stream = hub.stream(f"{HUB}?topic=caf%C3%A9%2F1&topic=100%2525&topic=a+b")
    check_equal(stream.status, 200, "the status")
    for topic in ("café/1", "caf%C3%A9/1", "100%25", "100%", "a b", "a+b"):
        hub.publish(topic, data=topic)
    check_equal(hub.got(stream, "a b"), ["café/1", "100%25", "a b"], "what came")


@SELECTORS.row("1,000 topics are taken")
def thousand(hub):
    topics = [f"a{number}" for number in range(1000)]
    stream = hub.subscribe(*topics)
    for number in (0, 500, 999, 1000):
        hub.publish(f"a{number}", data=str(number))
    check_equal(hub.got(stream, "a0"), ["0", "500", "999"], "what came")


@SELECTORS.row("more than 1,000 topics are 400")
def too_many(hub):
    check_refused(hub.stream(path(*[f"a{number}" for number in range(1001)])), 400, "1000")


@SELECTORS.row("no `topic` is 400 `Missing \"topic\" parameter.`")
def none(hub):
    for query in ("", "?", "?lastEventID=earliest", "?Topic=a", "?topics=a"):
        response = hub.get(HUB + query)
        check_refused(response, 400)
        check_equal(response.text.strip(), 'Missing "topic" parameter.', f"the sentence for {query!r}")


@SELECTORS.row("the answer is an event stream that nobody may keep or change")
def headers(hub):
    stream = hub.subscribe(hub.topic())
    check_equal(stream.headers.get("content-type"), "text/event-stream", "Content-Type")
    check_equal(stream.headers.get("cache-control"), "no-cache, no-store, no-transform", "Cache-Control")
    check_equal(stream.headers.get("x-accel-buffering"), "no", "X-Accel-Buffering")
    check("last-event-id" not in stream.headers, "a Last-Event-ID where no resume was asked for")


@SELECTORS.row("`HEAD` answers the headers, and nothing else")
def head(hub):
    topic = hub.topic()
    id = hub.publish(topic)
    response = hub.request("HEAD", path(topic), [("Last-Event-ID", id)])
    check_equal(response.status, 200, "the status")
    check_equal(response.headers.get("content-type"), "text/event-stream", "Content-Type")
    check_equal(response.headers.get("last-event-id"), id, "Last-Event-ID")
    check_equal(response.body, b"", "the body")
    check_equal(hub.request("HEAD", HUB).status, 400, "the status without a topic")


@SELECTORS.row("the body opens with a comment line at once")
def opening(hub):
    stream = hub.subscribe(hub.topic())
    deadline = time.monotonic() + 2
    while not stream.parser.comments:
        check(time.monotonic() < deadline, "no comment within 2 s")
        stream.receive(0.1)
    check_equal(stream.events, [], "events of a quiet stream")


@HEARTBEAT.row("heartbeats are comment lines")
def heartbeat(hub):
    stream = hub.subscribe(hub.topic())
    deadline = time.monotonic() + 5
    while stream.parser.comments < 3:
        check(time.monotonic() < deadline, f"{stream.parser.comments} comments in 5 s, with a heartbeat of 1 s")
        stream.receive(0.1)
    check_equal(stream.events, [], "events of a quiet stream")


@SELECTORS.row("a subscriber without a token is served if `anonymous` is on")
def anonymous(hub):
    topic = hub.topic()
    stream = hub.subscribe(topic)
    hub.publish(topic, data="public")
    hub.publish(topic, data="private", private="on")
    check_equal(hub.got(stream, topic), ["public"], "what came")


@SELECTORS.row("a bad token is 401 even if `anonymous` is on")
def bad_token(hub):
    for text in ("rubbish", may_subscribe("*")[:-3], may_subscribe("*", exp=1)):
        check_unauthorized(hub.stream(path(hub.topic()), bearer(text)))


@REFUSALS.row("a subscriber without a token is 401 unless `anonymous` is on")
def needs_token(hub):
    check_unauthorized(hub.stream(path(hub.topic())))
    check_unauthorized(hub.stream(path(hub.topic()), last_event_id="earliest"))
    check_equal(hub.request("HEAD", path(hub.topic())).status, 401, "the status of HEAD")


@REFUSALS.row("a subscriber with a token is served")
def with_token(hub):
    topic = hub.topic()
    stream = hub.subscribe(topic, token=may_subscribe(topic))
    hub.publish(topic, data="public")
    hub.publish(topic, data="private", private="on")
    check_equal(hub.got(stream, topic), ["public", "private"], "what came")


@REFUSALS.row("a hub that has refused many serves the next")
def afterwards(hub):
    check_equal(hub.get("/healthz").status, 200, "/healthz")
    topic = hub.topic()
    check_equal(hub.got(hub.subscribe(topic, token=may_subscribe()), topic), [], "what came")
