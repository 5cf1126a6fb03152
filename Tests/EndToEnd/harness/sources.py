"""A hub with sources, and what it says of them."""

import json
import time

from .http1 import request
from .outcome import check, check_equal
from .publisher import Publisher
from .stream import Stream, hub_path
from .waiting import wait_for

# What has come within this time has come because the source was told of it, where ticks are seldom.
SOON = 0.5


def with_sources(context, log="memory", **sources):
    """A hub with these sources, which everybody may see unless they say otherwise."""
    for source in sources.values():
        source.setdefault("public", True)
    return context.server(log=log, config=json.dumps({"sources": sources}) + "\n")


def state(server, name):
    """What `/status` says of a source."""
    return next(source for source in server.status()["sources"] if source["name"] == name)


def check_failing(server, name, kind, *words, within=15):
    """Waits until a source says what is wrong, in a sentence that has `words`; the hub stays ready."""

    def said():
        problem = state(server, name)["problem"]
        return problem if problem and all(word in problem for word in words) else None

    wait_for(said, within, lambda: f"{name} names {words}, and not {state(server, name)['problem']!r}")
    ready = request(server.admin, "GET", "/readyz?verbose")
    check_equal(ready.status, 200, "/readyz while a source fails")
    line = next((line for line in ready.text.splitlines() if f"source {name} ({kind})" in line), "")
    check("failing" in line, f"/readyz?verbose says {ready.text!r}")
    wait_for(
        lambda: all(word in server.stderr() for word in (f'The source "{name}" ({kind})', *words)),
        5,
        lambda: f"the hub prints what is wrong with {name}",
    )


def check_working(server, name, within=40):
    wait_for(
        lambda: state(server, name)["problem"] is None,
        within,
        lambda: f"{name} works again, and not: {state(server, name)['problem']}",
    )


def pass_time(seconds):
    """Lets time pass in which nothing is to happen."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(end - time.monotonic())


def check_silent(stream, seconds, what):
    """Nothing comes within a time."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        stream.receive(left)
    check(
        len(stream.events) == stream.taken and not stream.end,
        lambda: f"{what}: {stream.events[stream.taken :]} came, the stream is {stream.end or 'open'}",
    )


def check_forgotten(server, name, streams, asked, seconds=1):
    """Closes the last streams of a source; once its watches have ended, what was `asked` stays as it is."""
    for stream in streams:
        stream.close()
    wait_for(lambda: state(server, name)["watches"] == 0, 15, f"the watches of {name} end")
    before = asked()
    pass_time(seconds)
    check_equal(asked(), before, f"what is asked for {name} while nobody looks")


def look(context, server, topic, *arguments):
    return context.stream(server, hub_path(topic), *arguments)


def data(stream, count=1, within=10):
    return [event.data for event in stream.read(count, within)]


def check_soon(stream, change, wanted, what, within=SOON):
    """What `change` does reaches the stream though ticks are seldom; how long it took."""
    start = time.monotonic()
    change()
    stream.read_until(lambda event: event.data == wanted, within=5)
    taken = time.monotonic() - start
    check(taken < within, f"{what} took {taken:.2f} s")
    return taken


def check_others_served(server, label):
    """The hub has other things to do while a source fails."""
    with Stream(server.hub, hub_path("other")) as stream, Publisher(server.hub) as publisher:
        publisher.form("other", label)
        check_equal(data(stream), [label], "an update of another topic")


def milliseconds(times):
    return f"{max(times) * 1000:.1f} ms at most"
