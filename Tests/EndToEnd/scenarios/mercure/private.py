"""Whom a private update reaches."""

from harness.outcome import check_equal

from .hub import ANYBODY, may_subscribe
from .table import Table

PRIVATE = Table("whom a private update reaches", auth=ANYBODY)
END = "https://example.com/the-end"


def check_reaches(hub, topics, selectors, grants, wanted):
    """Whether a private update of these topics reaches a subscriber: live, after an id, and from `earliest`."""
    text = None if grants is None else may_subscribe(*grants)
    before = hub.publish(END, data="before")
    live = hub.subscribe(END, *selectors, token=text)
    private = hub.publish(*topics, data="private", private="on")
    check_equal(hub.got(live, END), ["private"] if wanted else [], f"what came live to {selectors}, granted {grants}")
    last = hub.publish(END, data="last")
    for place in (before, "earliest"):
        stream = hub.subscribe(END, *selectors, token=text, last_event_id=place)
        ids = [event.id for event in stream.read_until(lambda event: event.id == last)]
        check_equal(private in ids, wanted, f"whether it came after {place} to {selectors}, granted {grants}")


@PRIVATE.row("a requested and a granted selector match the same topic")
def same(hub):
    topic = hub.topic()
    for selectors, grants in (([topic], [topic]), (["*"], [topic]), ([topic], ["*"]), (["*"], ["*"])):
        check_reaches(hub, [topic], selectors, grants, True)


@PRIVATE.row("a requested and a granted selector match different topics of the update")
def different(hub):
    first, second = hub.topic(), hub.topic()
    check_reaches(hub, [first, second], [first], [second], True)
    check_reaches(hub, [first, second], [second], [first], True)


@PRIVATE.row("different topics, by templates")
def different_templates(hub):
    first, second = hub.topic("https://example.com/{}/books"), hub.topic("https://example.org/{}/owner")
    check_reaches(hub, [first, second], ["https://example.com/{id}/books"], ["https://example.org/{id}/owner"], True)
    check_reaches(hub, [first], ["https://example.com/{id}/books"], ["https://example.org/{id}/owner"], False)


@PRIVATE.row("what is requested and not granted does not come")
def not_granted(hub):
    topic = hub.topic()
    for grants in (None, [], ["other"], [topic + "/{id}"], [topic[:-1]]):
        check_reaches(hub, [topic], [topic], grants, False)
        check_reaches(hub, [topic], ["*"], grants, False)


@PRIVATE.row("what is granted and not requested does not come")
def not_requested(hub):
    topic = hub.topic()
    check_reaches(hub, [topic], ["other"], [topic], False)
    check_reaches(hub, [topic], ["other"], ["*"], False)


@PRIVATE.row("one of several grants and one of several selectors suffice")
def several(hub):
    first, second, third = hub.topic(), hub.topic(), hub.topic()
    check_reaches(hub, [first, second, third], ["x", third], ["y", "z", second], True)
    check_reaches(hub, [first, second], ["x", third], ["y", "z", second], False)


@PRIVATE.row("a template that is a topic is granted by itself")
def template_as_topic(hub):
    topic = hub.topic("https://example.com/{}/{{id}}")
    check_reaches(hub, [topic], [topic], [topic], True)
    check_reaches(hub, [topic], [topic], ["other"], False)


@PRIVATE.row("a public update reaches whoever requests it, whatever is granted")
def public(hub):
    topic = hub.topic()
    for text in (None, may_subscribe(), may_subscribe("other")):
        stream = hub.subscribe(topic, token=text)
        hub.publish(topic, data="public")
        check_equal(hub.got(stream, topic), ["public"], "what came")
        stream.close()
