"""What an event looks like."""

from harness.outcome import check, check_equal

from .hub import ALL, ANYBODY
from .table import Table

EVENTS = Table("the lines of an event", auth=ANYBODY)


def lines(hub, data="data", **fields):
    """The lines of an event, and its id."""
    topic = hub.topic()
    stream = hub.subscribe(topic)
    stream.parser.blocks = []
    id = hub.publish(topic, data=data, **fields)
    stream.read(1)
    return stream.parser.blocks[-1].decode("utf-8").split("\n"), id


@EVENTS.row("`event`, `retry`, `id` and `data` come in this order")
def order(hub):
    found, id = lines(hub, data="a\nb", type="kind", retry="1500")
    check_equal(found, ["event: kind", "retry: 1500", f"id: {id}", "data: a", "data: b"], "the lines")


@EVENTS.row("an update without type and retry has neither line")
def plain(hub):
    found, id = lines(hub)
    check_equal(found, [f"id: {id}", "data: data"], "the lines")


@EVENTS.row("a retry of 0 has no line")
def no_retry(hub):
    found, id = lines(hub, retry="0", type="kind")
    check_equal(found, ["event: kind", f"id: {id}", "data: data"], "the lines")


@EVENTS.row("an empty type has no line")
def no_type(hub):
    found, id = lines(hub, type="")
    check_equal(found, [f"id: {id}", "data: data"], "the lines")


@EVENTS.row("the id is the publisher's, if it gave one")
def own_id(hub):
    found, id = lines(hub, id="urn:uuid:e1ee88e2-532a-4d6f-ba70-f0f8bd584022")
    check_equal(id, "urn:uuid:e1ee88e2-532a-4d6f-ba70-f0f8bd584022", "the id that is answered")
    check_equal(found[0], f"id: {id}", "the first line")


@EVENTS.row("LF in data starts a new line of data", between="\n")
@EVENTS.row("CR in data starts a new line of data", between="\r")
@EVENTS.row("CRLF in data starts one new line of data", between="\r\n")
def line_ends(hub, between):
    found, _ = lines(hub, data=f"a{between}b{between}{between}c{between}")
    check_equal(found[1:], ["data: a", "data: b", "data: ", "data: c", "data: "], "the lines of data")


@EVENTS.row("LF, CR and CRLF in one data each start one new line")
def mixed(hub):
    found, _ = lines(hub, data="\r\na\n\rb\r\r\nc")
    check_equal(found[1:], ["data: ", "data: a", "data: ", "data: b", "data: ", "data: c"], "the lines of data")


@EVENTS.row("data that looks like fields stays data")
def injection(hub):
    text = "a\nid: forged\nevent: forged\n: comment\n\nretry: 1\rdata: x"
    found, id = lines(hub, data=text)
    wanted = ["data: a", "data: id: forged", "data: event: forged", "data: : comment", "data: "]
    check_equal(found, [f"id: {id}", *wanted, "data: retry: 1", "data: data: x"], "the lines")


@EVENTS.row("spaces at the beginning of data and other Unicode arrive as they were sent")
def unicode(hub):
    topic = hub.topic()
    stream = hub.subscribe(topic)
    for text in ("  two spaces", "é ü 漢字 🐦", "\ufeffmark", "\u2028 and \x85 end no line", "\t", ":"):
        hub.publish(topic, data=text)
        check_equal(stream.read(1)[0].data, text, "the data")


@EVENTS.row("an update without data is an event with empty data")
def without_data(hub):
    topic = hub.topic()
    stream = hub.subscribe(topic)
    for fields in ([("topic", topic)], [("topic", topic), ("data", "")]):
        response = hub.post(fields, ALL)
        check_equal(response.status, 200, "the status")
        event = stream.read(1)[0]
        check_equal((event.data, event.id), ("", response.text), "the event")


@EVENTS.row("a generated id is unique")
def unique(hub):
    topic = hub.topic()
    ids = [hub.publish(topic) for _ in range(50)]
    check_equal(len(set(ids)), 50, "different ids of 50 updates")
    check(all(ids), "an empty id")


@EVENTS.row("every subscriber gets the same lines")
def same(hub):
    topic = hub.topic()
    streams = [hub.subscribe(topic), hub.subscribe("*"), hub.subscribe("{+anything}")]
    for stream in streams:
        stream.parser.blocks = []
    hub.publish(topic, data="a\nb", type="kind", retry="7")
    for stream in streams:
        stream.read(1)
    blocks = [stream.parser.blocks for stream in streams]
    check(blocks[0] == blocks[1] == blocks[2], f"different lines: {blocks}")
