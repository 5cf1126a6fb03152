"""docs/deploy.md: the log is copied while it is written to, and a copy that is put back gives out no id twice."""

import json
import os
import shutil
import subprocess
import threading

from harness.deployed import DEPLOY
from harness.outcome import Skipped, check, check_equal
from harness.publisher import Publisher
from harness.scenario import scenario
from harness.stream import hub_path
from harness.waiting import wait_for

LOG = "martlet.db"


def script(context, name, *words, code=0):
    """Runs a script of deploy/ to its end; what it says."""
    if not shutil.which("sqlite3"):
        raise Skipped("there is no sqlite3")
    done = subprocess.run([DEPLOY / name, *words], cwd=context.folder, capture_output=True, text=True, timeout=60)
    check_equal(done.returncode, code, f"the exit code of {name} {words} ({done.stderr})")
    check(bool(done.stderr) == (code != 0), f"{name} {words} says {done.stderr!r}")
    return done.stderr


def ask(context, file, statement):
    done = subprocess.run(["sqlite3", context.path(file), statement], capture_output=True, text=True, timeout=20)
    check_equal(done.returncode, 0, f"sqlite3 {file}: {done.stderr}")
    return done.stdout.split()


class Publishing:
    """Publishes 0, 1, 2 and so on until it is stopped."""

    def __init__(self, server):
        self.ids = []
        self.problem = None
        self.goes_on = True
        self.thread = threading.Thread(target=self.publish, args=(server,), daemon=True)
        self.thread.start()

    def publish(self, server):
        try:
            with Publisher(server.hub) as publisher:
                while self.goes_on:
                    self.ids.append(publisher.form("a", str(len(self.ids))))
        except Exception as problem:
            self.problem = problem

    def stop(self):
        self.goes_on = False
        self.thread.join(20)
        check(not self.thread.is_alive() and not self.problem, f"publishing broke: {self.problem!r}")


def number(id):
    return int(id.rpartition("-")[2])


def stop(server):
    server.terminate()
    check_equal(server.wait(within=15)[0], 0, "the hub's exit code")


def check_gap(context, server, id, wanted):
    """Who brings `id` is told of a gap before anything else, and then gets `wanted`."""
    stream = context.stream(server, hub_path("a"), id)
    gap, *rest = stream.read(1 + len(wanted))
    check_equal(gap.type, "martlet:gap", f"the type of the first event after {id}")
    told = json.loads(gap.data)
    check_equal((told["requested"], told["reason"]), (id, "new-epoch"), "what the gap says")
    check_equal([event.data for event in rest], wanted, f"what comes after {id}")
    stream.close()


@scenario("deploy: a log is copied while updates are published; put back, it says so to whoever comes with an id of before")
def copied(context):
    server = context.server(log=f"sqlite:{LOG}")
    # Enough that copying takes a while.
    bulk = [{"topic": "bulk", "data": "x" * 1000}] * 500
    publisher = context.publisher(server)
    for _ in range(20 if context.quick else 60):
        publisher.lines(bulk)
    publishing = Publishing(server)
    wait_for(lambda: len(publishing.ids) > 20, 10, "updates are published")
    before = len(publishing.ids)
    script(context, "martlet-backup", LOG, "copy.db")
    after = len(publishing.ids)
    wait_for(lambda: len(publishing.ids) > after + 20, 10, "updates are published after the copy was made")
    publishing.stop()
    check(after > before, "nothing was published while the copy was made")

    # A moment of the log, with all that had been acknowledged when it began.
    topic = "(SELECT key FROM topic WHERE name = 'a')"
    kept = ask(context, "copy.db", f"SELECT CAST(data AS TEXT) FROM entry WHERE topic = {topic} ORDER BY sequence")
    check_equal(kept, [str(number) for number in range(len(kept))], "the updates in the copy")
    check(before <= len(kept) <= after, f"{len(kept)} of updates that were {before} before and {after} after")
    stop(server)

    known, lost = publishing.ids[len(kept) - 1], publishing.ids[-1]
    script(context, "martlet-restore", "copy.db", LOG)
    server = context.server(log=f"sqlite:{LOG}")
    check_gap(context, server, known, kept)
    check_gap(context, server, lost, kept)
    # Beyond the number that it knows, where an id of the same epoch would be another update's.
    publisher = context.publisher(server)
    new = []
    while not new or number(new[-1]) <= number(lost):
        new += publisher.lines([{"topic": "a", "data": f"new {len(new) + n}"} for n in range(50)])
    check_gap(context, server, lost, kept + [f"new {n}" for n in range(len(new))])
    stop(server)

    # The same copy once more: again another history.
    script(context, "martlet-restore", "copy.db", LOG)
    server = context.server(log=f"sqlite:{LOG}")
    check_gap(context, server, new[0], kept)
    # What lay there before is kept.
    old = sorted(name for name in os.listdir(context.folder) if name.startswith(LOG + ".") and name.endswith("Z"))
    check(len(old) >= 1, f"former logs are not kept: {os.listdir(context.folder)}")
    return f"{after - before} updates were published while a copy of {os.path.getsize(context.path('copy.db')) >> 20} MiB was made"


@scenario("deploy: a source goes on from where the copy of the log has come")
def bookmarks(context):
    path = context.path("app.log")
    configuration = f'sources: {{ log: {{ kind: file, path: "{path}", topic: log, public: true }} }}\n'
    open(path, "w").close()

    def write(*lines):
        with open(path, "a") as file:
            file.writelines(line + "\n" for line in lines)

    server = context.server(log=f"sqlite:{LOG}", config=configuration)
    stream = context.stream(server, hub_path("log"))

    def follows():
        # What is there before it looks for the first time is not news.
        write("begin")
        return stream.receive(0.1)

    wait_for(follows, 10, "the file is followed")
    write("one", "two")
    stream.read_until(lambda event: event.data == "two")
    script(context, "martlet-backup", LOG, "copy.db")
    write("three", "four")
    stream.read_until(lambda event: event.data == "four")
    stop(server)
    script(context, "martlet-restore", "copy.db", LOG)
    server = context.server(log=f"sqlite:{LOG}", config=configuration)
    stream = context.stream(server, hub_path("log", lastEventID="earliest"))
    lines = [event.data for event in stream.read_until(lambda event: event.data == "four") if event.data != "begin"]
    check_equal(lines, ["one", "two", "three", "four"], "the lines in the log")


@scenario("deploy: the scripts refuse a log in use, what is no log, a damaged copy, and to overwrite")
def refused(context):
    server = context.server(log=f"sqlite:{LOG}")
    context.publisher(server).form("a", "kept")
    script(context, "martlet-backup", LOG, "copy.db")
    check("already" in script(context, "martlet-backup", LOG, "copy.db", code=1), "it does not say why")
    check("stop the hub" in script(context, "martlet-restore", "copy.db", LOG, code=1), "it does not say why")
    stop(server)
    ask(context, "app.db", "CREATE TABLE notice (user_id INTEGER)")
    with open(context.path("copy.db"), "rb") as file:
        whole = file.read()
    with open(context.path("damaged.db"), "wb") as file:
        file.write(whole[:len(whole) // 2])
    with open(context.path("text"), "w") as file:
        file.write("This is no database.\n" * 100)
    for copy in ("app.db", "damaged.db", "text", "none.db", LOG):
        script(context, "martlet-restore", copy, LOG, code=1)
    for log in ("app.db", "text", "none.db"):
        script(context, "martlet-backup", log, "new.db", code=1)
    script(context, "martlet-backup", LOG, "nowhere/new.db", code=1)
    if os.geteuid() == 0:
        # What is left of a failure belongs to whom the log will belong to, or the hub could not lock it.
        os.mkdir(context.path("fresh"))
        os.chown(context.path("fresh"), 65_534, 65_534)
        script(context, "martlet-restore", "damaged.db", "fresh/log.db", code=1)
        check_equal(os.stat(context.path("fresh/log.db-lock")).st_uid, 65_534, "the owner of the lock")
        # The log's own, if there is one, rather than its folder's.
        os.mkdir(context.path("shared"))
        script(context, "martlet-backup", LOG, "shared/log.db")
        os.chown(context.path("shared/log.db"), 65_534, 65_534)
        script(context, "martlet-restore", "copy.db", "shared/log.db")
        for name in ("log.db", "log.db-lock"):
            check_equal(os.stat(context.path(f"shared/{name}")).st_uid, 65_534, f"the owner of {name}")
    for name in ("martlet-backup", "martlet-restore"):
        script(context, name, "--help", code=64)
    left = {name for name in os.listdir(context.folder) if name.startswith(("new", LOG))}
    check_equal(left - {LOG, f"{LOG}-wal", f"{LOG}-shm", f"{LOG}-lock"}, set(), "what the scripts leave behind")
    # Names that shells and SQLite see more in.
    os.mkdir(context.path("it's a; folder"))
    script(context, "martlet-backup", LOG, "it's a; folder/-new $(id).db")
    server = context.server(log=f"sqlite:{LOG}")
    stream = context.stream(server, hub_path("a", lastEventID="earliest"))
    check_equal(stream.read(1)[0].data, "kept", "what the log has")
