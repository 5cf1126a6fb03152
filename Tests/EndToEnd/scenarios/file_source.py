"""Each new line of a file is an event, whatever is done to the file."""

import os
import subprocess

from harness.outcome import Failure, check, check_equal
from harness.scenario import scenario
from harness.stream import Stream, hub_path
from harness.waiting import wait_for

TOPIC = "logs/app"
LINES = 100_000


def configuration(path):
    return f"sources:\n  app: {{ kind: file, path: {path}, topic: {TOPIC}, public: true }}\n"


def start(context, exists):
    """A server that follows a file, a stream of its lines, and its path; when it returns, the file is followed."""
    path = context.path("app.log")
    if exists:
        with open(path, "w") as file:
            file.write("what was there before\n")
    server = context.server(log="sqlite:hub.db", config=configuration(path))
    stream = context.stream(server, hub_path(TOPIC))
    if exists:
        # A file that is there is followed from its end, and nothing says from when on.
        probes = 0

        def followed():
            nonlocal probes
            probes += 1
            append(path, f"probe {probes}\n")
            stream.receive(0.1)
            return stream.events

        wait_for(followed, 10, "the file is followed")
        events = stream.read_until(lambda e: e.data == f"probe {probes}", 10)
        first = int(events[0].data.removeprefix("probe "))
        check_equal([e.data for e in events], [f"probe {n}" for n in range(first, probes + 1)], "the probes")
    return server, stream, path


def source(server):
    return server.status()["sources"][0]


def append(path, text):
    with open(path, "a") as file:
        file.write(text)


@scenario("echo line >> FILE arrives")
def echo(context):
    _, stream, path = start(context, exists=True)
    for line in ("a line", "ünïcode → ✓", "  spaces  ", "x" * 5000):
        subprocess.run(["sh", "-c", 'echo "$1" >> "$2"', "sh", line, path], check=True)
        check_equal(stream.read(1, within=5)[0].data, line, "the line")
    # A line in two writes is one event; an empty line is one too.
    with open(path, "a") as file:
        file.write("first half, ")
        file.flush()
        stream.receive(0.3)
        check_equal(stream.events[stream.taken:], [], "events for half a line")
        file.write("second half\n\nlast\n")
    check_equal([e.data for e in stream.read(3, within=5)], ["first half, second half", "", "last"], "the lines")


@scenario("a file that is not there yet, is truncated, or is deleted and made again is followed")
def comes_later(context):
    _, stream, path = start(context, exists=False)
    append(path, "one\ntwo\n")
    check_equal([e.data for e in stream.read(2, within=5)], ["one", "two"], "the lines of a file that came later")
    with open(path, "w") as file:
        file.write("three\n")
    check_equal(stream.read(1, within=5)[0].data, "three", "the line after truncating")
    os.unlink(path)
    append(path, "four\n")
    check_equal(stream.read(1, within=10)[0].data, "four", "the line of a file that was made again")


def write_and_rotate(report, path, shifts):
    """Appends numbered lines in a tight loop, and rotates the file five times on the way."""
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    for number in range(LINES):
        if number and number % (LINES // 6) == 0 and number // (LINES // 6) <= 5:
            if shifts:
                # As logrotate does it: app.log.1 becomes app.log.2, and so on.
                for old in range(5, 0, -1):
                    if os.path.exists(f"{path}.{old}"):
                        os.rename(f"{path}.{old}", f"{path}.{old + 1}")
                os.rename(path, f"{path}.1")
            else:
                os.rename(path, f"{path}.{number}")
            new = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            # A program goes on with the old file until it has opened the new one.
            os.write(descriptor, b"%d the last of its file\n" % number)
            os.close(descriptor)
            descriptor = new
        else:
            os.write(descriptor, b"%d %s\n" % (number, b"x" * (number % 90)))
    os.close(descriptor)
    return len([name for name in os.listdir(os.path.dirname(path)) if name.startswith("app.log.")])


@scenario("100,000 lines appended while the file is renamed five times all arrive, in order, once", shifts=False)
@scenario("100,000 lines appended while logrotate's renames happen five times all arrive, in order, once", shifts=True)
def rotation(context, shifts):
    server, stream, path = start(context, exists=True)
    writer = context.worker(write_and_rotate, path, shifts)
    expected = 0

    def take(events):
        nonlocal expected
        for event in events:
            number = int(event.data.partition(" ")[0])
            if number != expected:
                raise Failure(f"line {number} came where line {expected} was due ({event.data[:60]!r})")
            expected += 1

    for _ in range(0, LINES, 5000):
        take(stream.read(5000, within=30))
        context.progress(f"{expected} lines have come")
    check_equal(writer.result(5), 5, "the files that were rotated away")
    append(path, f"{LINES} the end\n")
    take(stream.read(1))
    # The log has them as the stream did.
    with Stream(server.hub, hub_path(TOPIC), stream.events[0].id) as again:
        seen = stream.events[1:]
        events = again.read(len(seen), within=30)
        check([(e.id, e.data) for e in events] == [(e.id, e.data) for e in seen], "the log has other lines than were live")


@scenario("lines appended, and the file rotated, while the hub is killed four times all arrive, in order, once")
def killed(context):
    path = context.path("app.log")
    append(path, "".join(f"old {number}\n" for number in range(5)))
    config = configuration(path)
    server = context.server(log="sqlite:hub.db", config=config)
    wait_for(lambda: source(server)["watches"] == 1, 10, "the file is followed")
    numbers, last, written = [], "earliest", 0

    def write(count):
        nonlocal written
        append(path, "".join(f"{number}\n" for number in range(written, written + count)))
        written += count

    for kill in range(4):
        write(2000)
        stream = context.stream(server, hub_path(TOPIC), last)
        events = stream.read(1 + kill * 300, within=20)
        numbers += [int(event.data) for event in events if event.id]
        last = events[-1].id
        server.kill()
        stream.close()
        # While the hub is away: more lines, a rotation or two, and a line that is unfinished until it is back.
        write(500)
        for _ in range(kill % 3):
            # All are kept: the hub may have been killed before it had read the oldest to its end.
            for number in reversed(range(1, 10)):
                if os.path.exists(f"{path}.{number}"):
                    os.rename(f"{path}.{number}", f"{path}.{number + 1}")
            os.rename(path, f"{path}.1")
            write(500)
        append(path, f"{written}")
        server = context.server(log="sqlite:hub.db", config=config)
        wait_for(lambda: source(server)["updates"] > 0, 10, "the hub has read on")
        append(path, "\n")
        written += 1
    stream = context.stream(server, hub_path(TOPIC), last)
    stream.read_until(lambda event: event.data == str(written - 1), 30)
    numbers += [int(event.data) for event in stream.events]
    for place, number in enumerate(numbers):
        check_equal(number, place, f"the line after {numbers[max(0, place - 3):place]}, before {numbers[place + 1:place + 3]}")
    check_equal(len(numbers), written, "the lines")
    return f"{written} lines"


@scenario("a newcomer is sent the newest lines of the file he asks for, and of each file there is a topic")
def backlog(context):
    os.mkdir(context.path("logs"))
    for name in ("a.log", "b c.log"):
        append(context.path(f"logs/{name}"), "".join(f"{name} {number}\n" for number in range(50)))
    config = 'sources:\n  app: { kind: file, path: logs/*.log, topic: "logs/{file}", public: true, backlog: 3 }\n'
    server = context.server(log="sqlite:hub.db", config=config)
    wait_for(lambda: source(server)["updates"] == 6, 10, "the newest lines are in the log")
    for name, topic in (("a.log", "logs/a.log"), ("b c.log", "logs/b%20c.log")):
        stream = context.stream(server, hub_path(topic))
        check_equal([e.data for e in stream.read(3)], [f"{name} {number}" for number in (47, 48, 49)], "the newest")
        append(context.path(f"logs/{name}"), "next\n")
        check_equal(stream.read(1, within=5)[0].data, "next", "what comes after them")
    append(context.path("logs/new.log"), "first\n")
    wait_for(lambda: source(server)["updates"] == 9, 10, "a file that came later is read from its start")
    check_equal(context.stream(server, hub_path("logs/new.log")).read(1)[0].data, "first", "its line")
    append(context.path("logs/other.txt"), "not followed\n")
    check_equal(source(server)["watches"], 3, "files that are followed")
