"""Files that cannot be the log, and a disk that is full."""

import os
import sqlite3
import subprocess

from harness.http1 import request
from harness.outcome import Failure, Skipped, check, check_equal
from harness.scenario import scenario
from harness.stream import Stream, hub_path
from harness.waiting import wait_for


def faults_in_refusal(context, path, *words):
    """What is wrong with how a server refuses this log: it should end within 5 s, with a code that says so and one
    sentence with these words, and leave the file as it was."""
    name = os.path.basename(path)
    try:
        check_does_not_start(context, path, *words)
    except Failure as failure:
        return [f"{name}: {failure}"]
    return []


def check_does_not_start(context, path, *words):
    before = contents(path)
    server = context.server(log=f"sqlite:{path}", starts=False)
    code, _ = server.wait(5, f"a server whose log is {os.path.basename(path)} ends")
    said = server.stderr()
    check(code > 0, f"the exit code for {os.path.basename(path)} is {code}: {said!r}")
    check(0 < len(said.strip().splitlines()) <= 3, f"not a sentence but {said!r}")
    for word in (os.path.basename(path), *words):
        check(word in said, f"{word!r} is not in what it says: {said!r}")
    check(contents(path) == before, f"the file was changed, though it says {said.strip()!r}")


def contents(path):
    if not os.path.isfile(path):
        return None
    with open(path, "rb") as file:
        return file.read()


@scenario("a log that is no database, another program's, too new, a directory or in use is refused with a sentence")
def refused(context):
    faults = []
    for name, content in (
        ("rubbish.db", os.urandom(100_000)),
        ("text.db", b"I am a shopping list.\n" * 300),
        ("short.db", b"SQLite format 3\0" + b"\xff" * 84),
    ):
        with open(context.path(name), "wb") as file:
            file.write(content)
        faults += faults_in_refusal(context, context.path(name))

    with sqlite3.connect(context.path("other.db")) as other:
        other.execute("CREATE TABLE shopping (item TEXT)")
    other.close()
    faults += faults_in_refusal(context, context.path("other.db"), "not a log")
    with sqlite3.connect(context.path("marked.db")) as other:
        other.execute("PRAGMA application_id = 252006674")
        other.execute("CREATE TABLE log (epoch TEXT, trimmed INTEGER)")
    other.close()
    faults += faults_in_refusal(context, context.path("marked.db"), "not a log")

    server = context.server(log=f"sqlite:{context.path('newer.db')}")
    request(server.hub, "POST", "/topics/a", (), b"x")
    server.terminate()
    server.wait(10)
    newer = sqlite3.connect(context.path("newer.db"))
    newer.execute("PRAGMA user_version = 99")
    newer.commit()
    newer.close()
    faults += faults_in_refusal(context, context.path("newer.db"), "newer", "99")

    os.mkdir(context.path("folder.db"))
    faults += faults_in_refusal(context, context.path("folder.db"), "folder")
    faults += faults_in_refusal(context, context.path("no-such-folder/hub.db"))

    first = context.server(log=f"sqlite:{context.path('used.db')}")
    second = context.server(log=f"sqlite:{context.path('used.db')}", starts=False)
    code, _ = second.wait(5, "a second server on the same log ends")
    check(code > 0, f"the exit code of a second server on the same log is {code}")
    check("used.db" in second.stderr(), f"the second server says {second.stderr()!r}")
    check_equal(request(first.hub, "POST", "/topics/a", (), b"x").status, 200, "publishing to the first server")
    first.kill()
    # A killed owner leaves no lock behind.
    again = context.server(log=f"sqlite:{context.path('used.db')}")
    check_equal(again.status()["logLast"], 1, "updates in the log of a server that was killed")
    check(not faults, lambda: "; ".join(faults))


class SmallDisk:
    """A file system of some MiB in memory."""

    def __init__(self, context, mebibytes):
        self.path = context.path("disk")
        os.mkdir(self.path)
        if os.geteuid() != 0:
            raise Skipped("mounting a small file system takes root")
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "martlet-e2e", self.path], capture_output=True, text=True
        )
        if mounted.returncode != 0:
            raise Skipped(f"a small file system cannot be mounted here: {mounted.stderr.strip()}")
        context.closing.insert(0, self)

    def free(self):
        status = os.statvfs(self.path)
        return status.f_bavail * status.f_frsize

    def close(self):
        if subprocess.run(["umount", self.path], capture_output=True).returncode != 0:
            subprocess.run(["umount", "-l", self.path], check=True)


@scenario("on a full disk a publish gets 503, nothing acknowledged is lost, and freed space is used without a restart")
def full(context):
    disk = SmallDisk(context, 24)
    filler = os.path.join(disk.path, "filler")
    with open(filler, "wb") as file:
        file.write(b"x" * (8 << 20))
    log = f"sqlite:{os.path.join(disk.path, 'hub.db')}"
    server = context.server(log=log)
    publisher = context.publisher(server)
    live = context.stream(server, hub_path("a"))
    acknowledged = {}

    def publish(number):
        """True if it was acknowledged; a batch now and then, to fail in the midst of one."""
        size = 3000
        if number % 10 == 0:
            texts = [f"{number}.{n} " + "x" * size for n in range(20)]
            response = publisher.try_lines([{"topic": "a", "data": text} for text in texts])
        else:
            texts = [f"{number} " + "x" * size]
            response = publisher.try_form("a", texts[0])
        if response.status == 200:
            acknowledged.update(zip(response.text.split("\n"), texts, strict=True))
            return True
        check_equal(response.status, 503, f"the status of a publish to a full disk ({response.text!r})")
        words = response.text.lower()
        check("full" in words or "space" in words, f"the 503 does not say that the disk is full: {response.text!r}")
        return False

    number = 0
    refusals = 0
    while refusals < 20:
        check(number < 20_000, "60 MB went onto a disk of 24 MB")
        refusals += not publish(number)
        number += 1
    first_round = len(acknowledged)
    check(first_round > 500, f"only {first_round} updates went onto an empty disk")
    ready = request(server.hub, "GET", "/readyz")
    check_equal(ready.status, 503, "/readyz with a full disk")
    check("full" in ready.text.lower() or "space" in ready.text.lower(), f"/readyz does not say why: {ready.text!r}")
    check_equal(request(server.hub, "GET", "/healthz").status, 200, "/healthz with a full disk")
    # What is there can still be read, by old and by new subscribers.
    check_delivered(live.read(first_round), acknowledged)
    with Stream(server.hub, hub_path("a"), "earliest") as stream:
        check_delivered(stream.read(first_round), acknowledged)

    os.unlink(filler)

    def works():
        nonlocal number
        number += 1
        return publish(number)

    wait_for(works, 10, "publishing works again once there is space", every=0.05)
    for _ in range(100):
        check(works(), "a publish was refused though there is space")
    check_equal(request(server.hub, "GET", "/readyz").status, 200, "/readyz with space again")
    check_delivered(live.read(len(acknowledged) - first_round), dict(list(acknowledged.items())[first_round:]))

    # Full again, and killed in that state.
    with open(filler, "wb") as file:
        try:
            while disk.free():
                file.write(b"x" * (64 << 10))
                file.flush()
        except OSError:
            pass
    while works():
        check(number < 40_000, "the disk is full and takes what is published")
    server.kill()
    os.unlink(filler)
    server = context.server(log=log)
    with Stream(server.hub, hub_path("a"), "earliest") as stream:
        check_delivered(stream.read(len(acknowledged), within=20), acknowledged)
        publisher = context.publisher(server)
        publisher.form("a", "the end")
        check_equal(stream.read(1)[0].data, "the end", "what follows the last acknowledged update")
    return f"{first_round} updates until it was full, {len(acknowledged)} in all"


def check_delivered(events, acknowledged):
    for event, (id, text) in zip(events, acknowledged.items(), strict=True):
        if (event.id, event.data) != (id, text):
            raise Failure(f"acknowledged was {id} {text[:20]!r}, delivered {event.id} {event.data[:20]!r}")
