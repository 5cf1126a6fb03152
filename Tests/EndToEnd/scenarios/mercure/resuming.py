"""Where a subscriber begins that brings an id."""

from harness.outcome import check_equal
from harness.stream import HUB

from .hub import ANYBODY, may_subscribe, path
from .table import Table

RESUMING = Table("resuming after an id", auth=ANYBODY)
EMPTY = Table("resuming where there is no history", auth=ANYBODY)
GAP = "martlet:gap"


def three(hub):
    """A topic with three updates, and their ids."""
    topic = hub.topic()
    return topic, [hub.publish(topic, data=data) for data in ("one", "two", "three")]


def check_resumes(stream, resumed, wanted):
    check_equal(stream.headers.get("last-event-id"), resumed, "the Last-Event-ID of the response")
    found = [(event.type, event.data) for event in stream.read(len(wanted))]
    check_equal(found, [("message", data) for data in wanted], "what came")


@RESUMING.row("the header `Last-Event-ID` says where to resume")
def by_header(hub):
    topic, ids = three(hub)
    check_resumes(hub.subscribe(topic, last_event_id=ids[0]), ids[0], ["two", "three"])


@RESUMING.row("the parameter `lastEventID` says where to resume", parameter="lastEventID")
@RESUMING.row("the parameter `Last-Event-ID` says where to resume", parameter="Last-Event-ID")
@RESUMING.row("the parameter `last-event-id` says where to resume", parameter="last-event-id")
@RESUMING.row("the parameter `LAST-EVENT-ID` says where to resume", parameter="LAST-EVENT-ID")
def by_parameter(hub, parameter):
    topic, ids = three(hub)
    check_resumes(hub.subscribe(topic, **{parameter: ids[1]}), ids[1], ["three"])


@RESUMING.row("the header wins over the parameter")
def both(hub):
    topic, ids = three(hub)
    check_resumes(hub.subscribe(topic, last_event_id=ids[1], lastEventID=ids[0]), ids[1], ["three"])


@RESUMING.row("`earliest` is everything kept", header=True)
@RESUMING.row("`earliest` as a parameter is everything kept", header=False)
def earliest(hub, header):
    topic, _ = three(hub)
    place = {"last_event_id": "earliest"} if header else {"lastEventID": "earliest"}
    check_resumes(hub.subscribe(topic, **place), "earliest", ["one", "two", "three"])


@RESUMING.row("what comes live follows what was missed, without a hole")
def then_live(hub):
    topic, ids = three(hub)
    stream = hub.subscribe(topic, last_event_id=ids[0])
    hub.publish(topic, data="four")
    check_resumes(stream, ids[0], ["two", "three", "four"])
    check_equal(hub.got(stream, topic), [], "what came besides")


@RESUMING.row("the response carries the id asked for, if it is known, though it is of another topic")
def known_elsewhere(hub):
    _, others = three(hub)
    topic, _ = three(hub)
    check_resumes(hub.subscribe(topic, last_event_id=others[1]), others[1], ["one", "two", "three"])


@RESUMING.row("an id that the publisher chose is known")
def own_id(hub):
    topic = hub.topic()
    id = f"urn:chosen:{topic}"
    check_equal(hub.publish(topic, data="one", id=id), id, "the id that is answered")
    hub.publish(topic, data="two")
    check_resumes(hub.subscribe(topic, last_event_id=id), id, ["two"])


@RESUMING.row("for an unknown id it is the newest matching id, and only new updates follow")
def unknown(hub):
    topic, ids = three(hub)
    hub.publish(hub.topic(), data="newer, of another topic")
    stream = hub.subscribe(topic, last_event_id="urn:nobody-gave-this")
    check_equal(stream.headers.get("last-event-id"), ids[-1], "the Last-Event-ID of the response")
    check_equal(stream.read(1)[0].type, GAP, "the type of the first event")
    hub.publish(topic, data="new")
    check_equal([event.data for event in stream.read(1)], ["new"], "what came then")


@RESUMING.row("for an unknown id the newest id does not tell of a private update that is not granted")
def unknown_and_private(hub):
    topic, ids = three(hub)
    private = hub.publish(topic, data="private", private="on")
    stream = hub.subscribe(topic, last_event_id="urn:nobody-gave-this")
    check_equal(stream.headers.get("last-event-id"), ids[-1], "what an anonymous subscriber is told")
    granted = hub.subscribe(topic, last_event_id="urn:nobody-gave-this", token=may_subscribe(topic))
    check_equal(granted.headers.get("last-event-id"), private, "what one is told to whom it is granted")


@RESUMING.row("for an unknown id it is `earliest` if nothing matches")
def unknown_without_match(hub):
    stream = hub.subscribe(hub.topic(), last_event_id="urn:nobody-gave-this")
    check_equal(stream.headers.get("last-event-id"), "earliest", "the Last-Event-ID of the response")


@RESUMING.row("an empty id asks for no resume")
def empty(hub):
    topic, _ = three(hub)
    stream = hub.stream(f"{HUB}?topic={topic}&lastEventID=")
    check_equal(stream.status, 200, "the status")
    check_equal(hub.got(stream, topic), [], "what came of what was before")


@RESUMING.row("the ids of events go into `Last-Event-ID` as they are, whatever they hold")
def odd_ids(hub):
    topic = hub.topic()
    for id in ("with space", "é and ü", "a,b;c=d", "%2F+&", '"quoted\\'):
        check_equal(hub.publish(topic, data="here", id=f"{topic} {id}"), f"{topic} {id}", "the id that is answered")
        hub.publish(topic, data=f"after {id}")
        check_resumes(hub.subscribe(topic, lastEventID=f"{topic} {id}"), f"{topic} {id}", [f"after {id}"])


@EMPTY.row("`earliest` on an empty log is answered with `earliest`, and what comes then")
def earliest_of_nothing(hub):
    topic = hub.topic()
    stream = hub.subscribe(topic, last_event_id="earliest")
    check_equal(stream.headers.get("last-event-id"), "earliest", "the Last-Event-ID of the response")
    hub.publish(topic, data="first")
    check_equal(stream.read(1)[0].data, "first", "what came")


@EMPTY.row("`HEAD` tells where a stream would resume", id="earliest", resumed="earliest")
@EMPTY.row("`HEAD` tells where a stream would resume from an unknown id", id="urn:unknown", resumed="earliest")
def head(hub, id, resumed):
    response = hub.request("HEAD", path(hub.topic(), lastEventID=id))
    check_equal(response.status, 200, "the status")
    check_equal(response.headers.get("last-event-id"), resumed, "the Last-Event-ID of the response")
