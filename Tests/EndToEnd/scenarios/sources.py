"""What already changes elsewhere reaches whoever looks, and nothing is asked while nobody does."""

import json
import os
import socket
import subprocess
import sys
import time

from harness.http1 import request
from harness.lifetime import die_with_parent
from harness.outcome import check, check_equal
from harness.scenario import scenario
from harness.site import Site, unused_port
from harness.stream import Stream, hub_path
from harness.waiting import wait_for


def with_sources(context, **sources):
    """A hub with these sources, which everybody may see unless they say otherwise."""
    for source in sources.values():
        source.setdefault("public", True)
    return context.server(config=json.dumps({"sources": sources}) + "\n")


def state(server, name):
    return next(source for source in server.status()["sources"] if source["name"] == name)


def sqlite(path, sql):
    subprocess.run(["sqlite3", path, sql], check=True, timeout=20)


NOTICES = {
    "kind": "sql",
    "every": "1s",
    "topic": "users/{user_id}/notices",
    "query": "SELECT count(*) AS notice_num FROM notice WHERE user_id = :user_id",
}


def notices(context, **changes):
    path = context.path("app.db")
    sqlite(path, "CREATE TABLE notice (id INTEGER PRIMARY KEY, user_id INTEGER)")
    return path, with_sources(context, notices={**NOTICES, "database": f"sqlite:{path}", **changes})


@scenario("sql: a row that is inserted reaches its user, and nobody else, within 1.2 s")
def row(context):
    path, server = notices(context)
    streams = [context.stream(server, hub_path(f"users/{user}/notices")) for user in (1, 2)]
    for stream in streams:
        check_equal(stream.read(1)[0].data, '{"notice_num":0}', "the first value")
    start = time.monotonic()
    sqlite(path, "INSERT INTO notice (user_id) VALUES (1)")
    check_equal(streams[0].read(1)[0].data, '{"notice_num":1}', "the value after the insert")
    taken = time.monotonic() - start
    check(taken < 1.2, f"it took {taken:.2f} s")
    check(streams[1].receive(1.2) in (None, []), "the other user was told")
    newcomer = context.stream(server, hub_path("users/1/notices"))
    check_equal(newcomer.read(1, within=0.5)[0].data, '{"notice_num":1}', "what a newcomer is sent at once")
    return f"{taken:.2f} s"


@scenario("sql: a thousand who look at one topic are one watch, and when nobody looks nothing is asked")
def thousand(context):
    path, server = notices(context, linger="1s", every="200ms")
    check_equal(state(server, "notices")["ticks"], 0, "ticks before anybody looks")
    streams = [Stream(server.hub, hub_path("users/1/notices")) for _ in range(1000)]
    for stream in streams:
        stream.read(1)
    check_equal(state(server, "notices")["watches"], 1, "watches")
    before = state(server, "notices")["ticks"]
    start = time.monotonic()
    wait_for(lambda: state(server, "notices")["ticks"] >= before + 10, 5, "ten ticks pass")
    check(time.monotonic() - start > 1, "there are more ticks than one watch has")
    for stream in streams:
        stream.close()
    wait_for(lambda: state(server, "notices")["watches"] == 0, 10, "the watch ends")
    after = state(server, "notices")["ticks"]
    sqlite(path, "INSERT INTO notice (user_id) VALUES (1)")
    with socket.socket():
        deadline = time.monotonic() + 1
        wait_for(lambda: time.monotonic() > deadline, 2, "a second passes")
    check_equal(state(server, "notices")["ticks"], after, "ticks while nobody looks")


@scenario("sql: a topic is a parameter, whatever stands in it")
def injection(context):
    path, server = notices(context, every="200ms")
    sqlite(path, "INSERT INTO notice (user_id) VALUES (1), (2), (3)")
    tries = [
        "1 OR 1=1", "1' OR '1'='1", "1; DROP TABLE notice", "1) OR (1=1", "1 UNION SELECT 99", "1--", "1/**/OR/**/1=1",
        "' OR ''='", "\" OR \"\"=\"", "1 OR user_id IN (1,2,3)", "x' || (SELECT 1) || '", "%", "_", "*", "NULL", "1e0",
        "0x1", "+1", " 1", "1 ", "01", ":user_id", "?1", "$1", "@x", "`1`", "[1]", "1\\", "1%00", "１",
    ]
    for attempt in tries:
        encoded = "".join(f"%{byte:02X}" for byte in attempt.encode("utf-8"))
        stream = context.stream(server, hub_path(f"users/{encoded}/notices"))
        events = stream.read(1)
        # SQLite compares what is no number with no number; what is one, however it is written, is that user.
        check(events[0].data in ('{"notice_num":0}', '{"notice_num":1}'), f"{attempt!r} found {events[0].data}")
        stream.close()
    check_equal(state(server, "notices")["problem"], None, "what is wrong with the source")
    return f"{len(tries)} tries"


@scenario("sql: one query serves all watches where it is batched, and an array is sent where all rows are wanted")
def batched(context):
    path = context.path("app.db")
    sqlite(path, "CREATE TABLE notice (user_id INTEGER, text TEXT); INSERT INTO notice VALUES (1, 'a'), (1, 'b'), (2, 'c')")
    count = "SELECT user_id, count(*) AS n FROM notice WHERE user_id IN (:user_id) GROUP BY user_id"
    rows = "SELECT text FROM notice WHERE user_id = :user_id ORDER BY text"
    database = f"sqlite:{path}"
    server = with_sources(
        context,
        counts={"kind": "sql", "database": database, "topic": "n/{user_id}", "query": count, "batch": "user_id"},
        rows={"kind": "sql", "database": database, "topic": "r/{user_id}", "query": rows, "rows": "all"},
    )
    wanted = {"n/1": '{"n":2}', "n/2": '{"n":1}', "n/3": "null", "r/1": '[{"text":"a"},{"text":"b"}]', "r/3": "[]"}
    for topic, data in wanted.items():
        check_equal(context.stream(server, hub_path(topic)).read(1)[0].data, data, topic)


@scenario("sql: a database that is not there yet, and a query that is wrong, are named, and the hub serves on")
def failing(context):
    path = context.path("later.db")
    server = with_sources(
        context,
        later={**NOTICES, "database": f"sqlite:{path}", "every": "200ms"},
        wrong={"kind": "sql", "database": f"sqlite:{path}", "topic": "wrong", "query": "SELECT a FROM nowhere"},
    )
    stream = context.stream(server, hub_path("users/1/notices", "wrong"))
    wait_for(lambda: state(server, "later")["problem"], 5, "the source says that it fails")
    check("later.db" in state(server, "later")["problem"], "the problem does not name the database")
    ready = request(server.admin, "GET", "/readyz?verbose")
    check_equal(ready.status, 200, "/readyz while a source fails")
    check("source later (sql): failing" in ready.text, f"/readyz?verbose says {ready.text!r}")
    sqlite(path, "CREATE TABLE notice (user_id INTEGER)")
    check_equal(stream.read(1, within=40)[0].data, '{"notice_num":0}', "the value once the database is there")
    wait_for(lambda: "nowhere" in (state(server, "wrong")["problem"] or ""), 40, "the wrong query is named")
    wait_for(lambda: state(server, "later")["problem"] is None, 10, "the source says that it works")
    response = request(server.hub, "POST", "/topics/users/1/notices", (), b"x")
    check_equal(response.status, 403, "publishing to a source's topic")


def redis_server(context):
    """A Redis of one's own: its port and its process."""
    port = unused_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    process = subprocess.Popen(
        command, cwd=context.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=die_with_parent
    )

    class Closing:
        def close(self):
            process.kill()
            process.wait()

    context.closes(Closing())

    def answers():
        try:
            return ask(port, "PING") == "PONG"
        except OSError:
            return False

    wait_for(answers, 10, "Redis answers")
    return port, process


def ask(port, *words):
    """What Redis answers to a command, in one line or one string."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        parts = [word.encode() for word in words]
        connection.sendall(b"*%d\r\n" % len(parts) + b"".join(b"$%d\r\n%s\r\n" % (len(p), p) for p in parts))
        answer = connection.recv(65536).decode()
    return answer.split("\r\n")[1] if answer.startswith("$") else answer[1:].strip()


def commands(port, name):
    """How often a command was called."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(b"INFO commandstats\r\n")
        text = connection.recv(1 << 20).decode()
    for line in text.splitlines():
        if line.startswith(f"cmdstat_{name}:calls="):
            return int(line.partition("=")[2].partition(",")[0])
    return 0


@scenario("redis-value: a key's value reaches whoever looks, one MGET a tick, through a restart of Redis")
def redis_value(context):
    port, process = redis_server(context)
    server = with_sources(
        context,
        cached={
            "kind": "redis-value", "redis": f"redis://127.0.0.1:{port}", "every": "200ms", "linger": "1s",
            "topic": "users/{user_id}/cached", "key": "user_notice_num:{user_id}",
        },
    )
    ask(port, "SET", "user_notice_num:1", "7")
    ask(port, "SET", "user_notice_num:1:admin", "secret")
    streams = {user: context.stream(server, hub_path(f"users/{user}/cached")) for user in ("1", "2")}
    check_equal(streams["1"].read(1)[0].data, "7", "the first value")
    check_equal(streams["2"].read(1)[0].data, "null", "the value of a key that is not there")
    stranger = context.stream(server, hub_path("users/1%3Aadmin/cached"))
    check_equal(stranger.read(1)[0].data, "null", "a key that is made of a topic")
    ask(port, "INCR", "user_notice_num:1")
    check_equal(streams["1"].read(1)[0].data, "8", "the value after a change")
    before, ticks = commands(port, "mget"), state(server, "cached")["ticks"]
    wait_for(lambda: state(server, "cached")["ticks"] >= ticks + 5, 5, "five ticks pass")
    asked = commands(port, "mget") - before
    check(4 <= asked <= 8, f"five ticks of three watches are {asked} MGET")
    process.kill()
    process.wait()
    wait_for(lambda: state(server, "cached")["problem"], 10, "the source says that Redis is gone")
    again = subprocess.Popen(
        ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", ""],
        cwd=context.folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=die_with_parent,
    )
    try:
        check_equal(streams["1"].read(1, within=40)[0].data, "null", "the value after a restart without memory")
        for stream in [*streams.values(), stranger]:
            stream.close()
        wait_for(lambda: state(server, "cached")["watches"] == 0, 10, "the watches end")
        asked = commands(port, "mget")
        deadline = time.monotonic() + 1
        wait_for(lambda: time.monotonic() > deadline, 2, "a second passes")
        check_equal(commands(port, "mget"), asked, "MGETs while nobody looks")
    finally:
        again.kill()
        again.wait()


@scenario("http, command and system: pages, programs and the machine reach whoever looks")
def others(context):
    site = context.closes(Site({"/weather/aachen": ("application/json", '{"degrees":7}')}))
    server = with_sources(
        context,
        weather={"kind": "http", "url": site.url("/weather/{city}"), "every": "200ms", "topic": "weather/{city}"},
        numbers={
            "kind": "command", "topic": "numbers", "linger": "500ms",
            "run": [sys.executable, "-u", "-c", "import time\nfor n in range(10**9): print(n); time.sleep(0.05)"],
        },
        machine={"kind": "system", "every": "1s", "topic": "machine"},
    )
    check_equal(site.requests, [], "requests before anybody looks")
    weather = context.stream(server, hub_path("weather/aachen"))
    check_equal(weather.read(1)[0].data, '{"degrees":7}', "the first answer")
    site.pages["/weather/aachen"] = ("application/json", '{"degrees":8}')
    check_equal(weather.read(1)[0].data, '{"degrees":8}', "the changed answer")
    numbers = context.stream(server, hub_path("numbers"))
    check_equal([event.data for event in numbers.read(5)], ["0", "1", "2", "3", "4"], "lines of the program")
    numbers.close()
    wait_for(lambda: state(server, "numbers")["watches"] == 0, 10, "the program ends")
    again = context.stream(server, hub_path("numbers"))
    check_equal(again.read(1)[0].data, "0", "the first line of the next run")
    machine = json.loads(context.stream(server, hub_path("machine")).read(1)[0].data)
    check(0 < machine["memory"]["available"] <= machine["memory"]["total"], f"memory: {machine['memory']}")
    check(os.cpu_count() and machine["uptime"] > 0, f"uptime: {machine.get('uptime')}")
