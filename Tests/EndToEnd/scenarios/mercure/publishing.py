"""Publishing: what is taken, and what each refusal is."""

from harness.outcome import check, check_equal
from harness.publisher import FORM
from harness.stream import HUB

from .hub import ALL, ANYBODY, bearer, check_refused, check_unauthorized, may_publish
from .table import Table

PUBLISHING = Table("publishing a form", auth=ANYBODY)
RETRIES = Table("what may be in `retry`", auth=ANYBODY)
REFUSED = Table("what cannot be published", auth=ANYBODY)


def arrived(hub, topic, count=1):
    return hub.subscribe(topic, last_event_id="earliest").read(count)


def check_nothing_new(hub, publish):
    before = hub.server.status()["logLast"]
    publish()
    check_equal(hub.server.status()["logLast"], before, "the newest update in the log after a refusal")


@PUBLISHING.row("200, `text/plain`, and the body is the id")
def answer(hub):
    topic = hub.topic()
    response = hub.post([("topic", topic), ("data", "x")], ALL)
    check_equal(response.status, 200, "the status")
    check(response.headers.get("content-type", "").startswith("text/plain"), f"an id as {response.headers}")
    check_equal([event.id for event in arrived(hub, topic)], [response.text], "the id of the event")


@PUBLISHING.row("the first topic is canonical, the rest alternate: an update matches if any of them does")
def alternates(hub):
    topics = [hub.topic() for _ in range(4)]
    streams = [hub.subscribe(topic) for topic in topics]
    hub.publish(*topics[:3], data="three topics")
    hub.publish(topics[2], topics[0], data="two topics")
    wanted = [["three topics", "two topics"], ["three topics"], ["three topics", "two topics"], []]
    for topic, stream, data in zip(topics, streams, wanted):
        check_equal(hub.got(stream, topic), data, f"what came for topic {topics.index(topic)}")


@PUBLISHING.row("alternate topics match templates too")
def alternate_template(hub):
    canonical, alternate = hub.topic(), hub.topic("https://example.org/{}/7")
    stream = hub.subscribe(alternate[:-1] + "{id}")
    hub.publish(canonical, alternate, data="by its alternate")
    check_equal(hub.got(stream, alternate), ["by its alternate"], "what came")


@PUBLISHING.row("1,000 topics are taken")
def thousand(hub):
    topics = [hub.topic() for _ in range(1000)]
    stream = hub.subscribe(topics[-1])
    hub.publish(*topics, data="to all of them")
    check_equal(hub.got(stream, topics[-1]), ["to all of them"], "what came")


@PUBLISHING.row("`private` counts by its presence", value="on")
@PUBLISHING.row("`private` counts by its presence, though it is empty", value="")
@PUBLISHING.row("`private` counts by its presence, though it says false", value="false")
@PUBLISHING.row("`private` counts by its presence, though it says 0", value="0")
def private(hub, value):
    topic = hub.topic()
    stream = hub.subscribe(topic)
    hub.publish(topic, data="private", private=value)
    check_equal(hub.got(stream, topic), [], "what an anonymous subscriber got")


@PUBLISHING.row("`private` without `=` counts too")
def private_alone(hub):
    topic = hub.topic("t/{}")
    stream = hub.subscribe(topic)
    check_equal(hub.post(f"topic={topic}&data=x&private".encode("ascii"), ALL).status, 200, "the status")
    check_equal(hub.got(stream, topic), [], "what an anonymous subscriber got")


@PUBLISHING.row("`id` is the publisher's own, and else one is generated")
def ids(hub):
    topic = hub.topic()
    check_equal(hub.publish(topic, id=f"own {topic}"), f"own {topic}", "the id that is answered")
    generated = hub.publish(topic)
    check(generated and generated != f"own {topic}", f"a generated id {generated!r}")
    check_equal([event.id for event in arrived(hub, topic, 2)], [f"own {topic}", generated], "the ids of the events")


@PUBLISHING.row("an empty `id` is none, and one is generated")
def empty_id(hub):
    check(hub.publish(hub.topic(), id=""), "an empty id was answered")


@PUBLISHING.row("`type` is the event's type")
def types(hub):
    topic = hub.topic()
    hub.publish(topic, type="kind of é")
    hub.publish(topic)
    check_equal([event.type for event in arrived(hub, topic, 2)], ["kind of é", "message"], "the types")


@PUBLISHING.row("unknown fields are ignored")
def unknown_fields(hub):
    topic = hub.topic()
    hub.publish(topic, data="x", target="https://example.com/old", foo="bar", Data="y", topics="z")
    check_equal([event.data for event in arrived(hub, topic)], ["x"], "the data")


@PUBLISHING.row("a media type with parameters, in any case, is a form too")
def media_type(hub):
    topic = hub.topic("t/{}")
    for media in ("application/x-www-form-urlencoded; charset=utf-8", "Application/X-WWW-Form-URLEncoded;charset=a"):
        body = f"topic={topic}&data=x".encode("ascii")
        response = hub.request("POST", HUB, [("Content-Type", media), ALL], body)
        check_equal(response.status, 200, f"the status of {media}")


@PUBLISHING.row("a form's `+` is a space, and its percent-encoding is UTF-8")
def encoding(hub):
    topic = hub.topic("t/{}")
    check_equal(hub.post(f"topic={topic}&data=a+b%2Bc%20%C3%A9%26".encode("ascii"), ALL).status, 200, "the status")
    check_equal([event.data for event in arrived(hub, topic)], ["a b+c é&"], "the data")


@RETRIES.row("an unsigned integer is sent as it is", sent="1", retry=[1])
@RETRIES.row("a large one too", sent="86400000", retry=[86_400_000])
@RETRIES.row("0 is none", sent="0", retry=[])
def retry(hub, sent, retry):
    topic = hub.topic()
    stream = hub.subscribe(topic)
    hub.publish(topic, retry=sent)
    stream.read(1)
    check_equal(stream.parser.retries, retry, "the retries that came")


@RETRIES.row("a negative one is 400", sent="-1")
@RETRIES.row("a fraction is 400", sent="1.5")
@RETRIES.row("a word is 400", sent="soon")
@RETRIES.row("hexadecimal is 400", sent="0x10")
@RETRIES.row("a number with a space is 400", sent="1 0")
@RETRIES.row("one beyond 64 bits is 400", sent="18446744073709551616")
@RETRIES.row("digits that are not ASCII are 400", sent="١٢")
def no_retry(hub, sent):
    fields = [("topic", hub.topic()), ("data", "x"), ("retry", sent)]
    check_nothing_new(hub, lambda: check_refused(hub.post(fields, ALL), 400, "retry"))


@REFUSED.row("no topic is 400", form=b"data=x")
@REFUSED.row("an empty topic is 400", form=b"topic=&data=x")
@REFUSED.row("an empty form is 400", form=b"")
@REFUSED.row("a form with broken percent-encoding is 400", form=b"topic=a&data=%zz")
@REFUSED.row("a form whose percent-encoding ends too early is 400", form=b"topic=a&data=%4")
@REFUSED.row("a form that is no UTF-8 is 400", form=b"topic=a&data=%ff")
@REFUSED.row("LF in an `id` is 400", form=b"topic=a&id=a%0Ab")
@REFUSED.row("CR in an `id` is 400", form=b"topic=a&id=a%0Db")
@REFUSED.row("NUL in an `id` is 400", form=b"topic=a&id=a%00b")
@REFUSED.row("LF in a `type` is 400", form=b"topic=a&type=a%0Ab")
@REFUSED.row("CR in a `type` is 400", form=b"topic=a&type=a%0Db")
@REFUSED.row("NUL in a `type` is 400", form=b"topic=a&type=a%00b")
@REFUSED.row("more than 1,000 topics are 400", form=b"data=x" + b"".join(b"&topic=%d" % n for n in range(1001)))
def malformed(hub, form):
    check_nothing_new(hub, lambda: check_refused(hub.post(form, ALL), 400))


@REFUSED.row("a body of another kind is 415")
def media(hub):
    for media in ("image/png", "multipart/form-data; boundary=x", "application/json"):
        response = hub.request("POST", HUB, [("Content-Type", media), ALL], b"topic=a&data=x")
        check_refused(response, 415, media.partition(";")[0])


@REFUSED.row("a topic under the hub's own path is 403", topic=HUB)
@REFUSED.row("a topic of the subscriptions is 403", topic=HUB + "/subscriptions/a/b")
@REFUSED.row("any topic under the hub's own path is 403", topic=HUB + "/anything")
def reserved(hub, topic):
    check_nothing_new(hub, lambda: check_refused(hub.post([("topic", topic)], ALL), 403))
    check_nothing_new(hub, lambda: check_refused(hub.post([("topic", hub.topic()), ("topic", topic)], ALL), 403))


@REFUSED.row("a topic that only begins like the hub's path is none of its own")
def not_reserved(hub):
    hub.publish(HUB + "-other")
    hub.publish(f"https://example.com{HUB}/x")


@REFUSED.row("no token is 401, whatever the form is", form=b"topic=a&data=x")
@REFUSED.row("no token is 401 before a malformed form is 400", form=b"data=%zz")
def without_token(hub, form):
    check_nothing_new(hub, lambda: check_unauthorized(hub.post(form)))
    check_nothing_new(hub, lambda: check_unauthorized(hub.request("POST", HUB, [("Content-Type", "image/png")], form)))


@REFUSED.row("a form over 1 MiB is 413, and without a token 401")
def too_large(hub):
    form = b"topic=a&data=" + b"x" * (1 << 20)
    check_nothing_new(hub, lambda: check_refused(hub.post(form, ALL), 413))
    check_nothing_new(hub, lambda: check_unauthorized(hub.post(form)))


@REFUSED.row("a malformed form is 400 before a topic that is not covered is 401")
def order(hub):
    token = bearer(may_publish("https://example.com/mine"))
    check_refused(hub.post(b"topic=other&data=%zz", token), 400)
    check_refused(hub.post([("topic", HUB + "/x")], token), 403)
    check_unauthorized(hub.post([("topic", "other")], token))


@REFUSED.row("other methods than GET, HEAD, POST and OPTIONS are 405")
def methods(hub):
    for method in ("PUT", "DELETE", "PATCH"):
        response = hub.request(method, HUB, [ALL], b"")
        check_equal(response.status, 405, f"the status of {method}")
        allowed = {name.strip() for name in response.headers.get("allow", "").split(",")}
        check({"GET", "HEAD", "POST"} <= allowed, f"a 405 that allows {allowed}")


@REFUSED.row("a hub that has refused many takes the next")
def afterwards(hub):
    topic = hub.topic()
    hub.publish(topic, data="taken")
    check_equal([event.data for event in arrived(hub, topic)], ["taken"], "what came")
    check_equal(hub.request("POST", HUB, [*FORM, ALL], b"topic=a&topic=b").status, 200, "the status without data")
