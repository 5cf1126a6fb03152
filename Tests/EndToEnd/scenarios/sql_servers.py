"""`sql` on each of its databases: what is sent, what is asked, and what becomes of it when the database fails."""

import subprocess

from harness.crowd import Crowd
from harness.engine import shared
from harness.lifetime import die_with_parent
from harness.mariadb import MariaDB
from harness.outcome import check, check_equal
from harness.postgresql import PostgreSQL
from harness.scenario import scenario
from harness.sources import (
    SOON,
    check_failing,
    check_forgotten,
    check_others_served,
    check_silent,
    check_soon,
    check_working,
    data,
    look,
    milliseconds,
    pass_time,
    state,
    with_sources,
)
from harness.sqlite import SQLite
from harness.stream import Stream, hub_path
from harness.waiting import wait_for

TABLE = "CREATE TABLE notice (user_id INTEGER, text VARCHAR(50))"
COUNT = "SELECT count(*) AS n FROM notice WHERE user_id = :user_id"


def notices(engine, **changes):
    return {
        "kind": "sql",
        "database": engine.url,
        "topic": "users/{user_id}/notices",
        "query": COUNT,
        "every": "200ms",
        "linger": "1s",
        **changes,
    }


def check_row(stream, engine, wanted, what, within=1.2):
    """A row that is inserted for user 1 is counted; how long it took, with the time of the database's client."""
    return check_soon(stream, lambda: engine.sql("INSERT INTO notice VALUES (1, 'x')"), wanted, what, within)


def check_values(context, engine, server):
    """The first value, a change, and none; the streams that look at users 1 and 2."""
    streams = [look(context, server, f"users/{user}/notices") for user in (1, 2)]
    check_equal([data(stream) for stream in streams], [['{"n":0}'], ['{"n":0}']], "the first values")
    check_row(streams[0], engine, '{"n":1}', "a change")
    engine.sql("UPDATE notice SET text = 'b'")
    check_silent(streams[0], 0.6, "rows that were changed, but not their number")
    check_silent(streams[1], 0, "the topic of somebody else")
    with Stream(server.hub, hub_path("texts")) as stream:
        check_equal(data(stream), ['[{"user_id":1,"text":"b"}]'], "all rows of another source")
    return streams


def check_wrong(engine, server, stream):
    """A wrong query is named, and others go on."""
    with Stream(server.hub, hub_path("wrong")):
        check_failing(server, "wrong", "sql", engine.address, "nowhere")
        check_row(stream, engine, '{"n":2}', "a change beside it")
        check_equal(state(server, "notices")["problem"], None, "what is wrong with the other source")


def check_thousand(engine, server):
    """1,000 who look are one who looks; the figures."""

    def in_ten_ticks():
        ticks, before = state(server, "notices")["ticks"], engine.queries()
        wait_for(lambda: state(server, "notices")["ticks"] >= ticks + 10, 10, "ten ticks pass")
        return engine.queries() - before

    alone = in_ten_ticks()
    crowd = Crowd(server.hub)
    try:
        crowd.join(1000, lambda _: (hub_path("users/1/notices"), ()), lambda _: lambda payload: None)
        together = in_ten_ticks()
    finally:
        crowd.close()
    # Looking at the counts takes time, in which a tick may pass.
    check(abs(together - alone) <= 6 and together >= 8, f"ten ticks are {alone} queries for one, {together} for 1,000")
    return f"queries in ten ticks: {alone} for one, {together} for 1,000"


def check_outage(engine, server, stream):
    engine.kill()
    check_failing(server, "notices", "sql", engine.address)
    check_others_served(server, "while the database is gone")
    pass_time(0.5)
    engine.start()
    engine.sql("INSERT INTO notice VALUES (1, 'd')")
    stream.read_until(lambda event: event.data == '{"n":3}', within=40)
    check_working(server, "notices")
    check_row(stream, engine, '{"n":4}', "a change after it")


def hub_on(context, engine):
    return with_sources(
        context,
        notices=notices(engine),
        texts={**notices(engine, rows="all"), "topic": "texts", "query": "SELECT user_id, text FROM notice"},
        wrong={**notices(engine), "topic": "wrong", "query": "SELECT a FROM nowhere"},
    )


@scenario("sql on PostgreSQL: changes, a wrong query, 1,000 who look, kill -9 and back, and silence", kind=PostgreSQL)
@scenario("sql on MariaDB: changes, a wrong query, 1,000 who look, kill -9 and back, and silence", kind=MariaDB)
def servers(context, kind):
    engine = shared(kind)
    engine.begin(TABLE)
    server = hub_on(context, engine)
    before = engine.queries()
    pass_time(0.5)
    check_equal(engine.queries(), before, "queries before anybody looks")
    streams = check_values(context, engine, server)
    check_wrong(engine, server, streams[0])
    wait_for(lambda: sum(source["watches"] for source in server.status()["sources"]) == 2, 10, "others are not watched")
    figures = check_thousand(engine, server)
    check_outage(engine, server, streams[0])
    check_forgotten(server, "notices", streams, engine.queries)
    return figures


@scenario("sql on SQLite: changes, a wrong query, a writer that locks it and is killed with -9, and silence")
def file(context):
    engine = context.closes(SQLite())
    engine.begin(TABLE)
    server = hub_on(context, engine)
    streams = check_values(context, engine, server)
    check_wrong(engine, server, streams[0])
    writer = subprocess.Popen(
        ["sqlite3", engine.file], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent
    )
    writer.stdin.write("BEGIN EXCLUSIVE; INSERT INTO notice VALUES (1, 'never'); SELECT 'locked';\n")
    writer.stdin.flush()
    check_equal(writer.stdout.readline(), "locked\n", "what the writer says")
    check_failing(server, "notices", "sql", engine.file, "locked")
    check_others_served(server, "while the database is locked")
    writer.kill()
    writer.wait()
    writer.stdin.close()
    writer.stdout.close()
    check_working(server, "notices")
    check_row(streams[0], engine, '{"n":3}', "a change after it")
    check_forgotten(server, "notices", streams, lambda: state(server, "notices")["ticks"])


NOTIFYING = """
CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NOTIFY "Notices!"; RETURN NULL; END $$;
CREATE TRIGGER tell AFTER INSERT OR UPDATE OR DELETE ON notice FOR EACH STATEMENT EXECUTE FUNCTION tell()
"""


@scenario("sql on PostgreSQL with wake: NOTIFY leads to the update, nothing is asked in between, through a restart")
def woken(context):
    engine = shared(PostgreSQL)
    engine.begin(TABLE, NOTIFYING)
    server = with_sources(context, notices=notices(engine, every="10s", wake={"listen": "Notices!"}))

    def listeners():
        return int(
            engine.sql(
                "SELECT count(*) FROM pg_stat_activity WHERE usename = 'martlet' AND query LIKE 'LISTEN%'", "postgres"
            )
        )

    check_equal(listeners(), 0, "who listens before anybody looks")
    streams = [look(context, server, f"users/{user}/notices") for user in (1, 2)]
    check_equal([data(stream) for stream in streams], [['{"n":0}'], ['{"n":0}']], "the first values")
    wait_for(lambda: listeners() == 1, 5, "the hub listens")
    pass_time(0.3)
    times = []
    for number in range(1, 6):
        times.append(check_row(streams[0], engine, f'{{"n":{number}}}', "a NOTIFY", SOON))
    # After a second of rest what a session has done is counted at once, and not some seconds later.
    pass_time(1.2)
    times.append(check_row(streams[0], engine, '{"n":6}', "one more", SOON))
    pass_time(0.3)
    queries, transactions = engine.queries(), engine.transactions()
    pass_time(3)
    check_equal(engine.queries(), queries, "queries while nobody notifies")
    check_equal(engine.transactions(), transactions, "transactions while nobody notifies")
    check_silent(streams[1], 0, "the topic of somebody else")
    # A thousand at once are a few queries.
    engine.sql(";".join(["INSERT INTO notice VALUES (2, 'b')"] * 1000))
    streams[1].read_until(lambda event: event.data == '{"n":1000}', within=5)
    asked = engine.queries() - queries
    check(asked < 200, f"1,000 notifications lead to {asked} queries of two watches")

    engine.kill()
    check_failing(server, "notices", "sql", engine.address)
    pass_time(0.5)
    engine.start()
    engine.sql("INSERT INTO notice VALUES (1, 'while the hub was away')")
    streams[0].read_until(lambda event: event.data == '{"n":7}', within=40)
    wait_for(lambda: listeners() == 1, 40, "the hub listens again")
    check_working(server, "notices")
    pass_time(0.3)
    times.append(check_row(streams[0], engine, '{"n":8}', "a NOTIFY", SOON))

    check_forgotten(server, "notices", streams, engine.queries)
    wait_for(lambda: listeners() == 0, 5, "nobody listens")
    return f"{milliseconds(times)}, with psql's own time; 1,000 notifications at once: {asked} queries"
