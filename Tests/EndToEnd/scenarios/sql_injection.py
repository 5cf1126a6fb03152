"""Whatever stands in a topic, it is a parameter of the query and nothing more."""

from harness.engine import shared
from harness.mariadb import MariaDB
from harness.outcome import check, check_equal
from harness.postgresql import PostgreSQL
from harness.scenario import scenario
from harness.sources import data, look, pass_time, state, with_sources
from harness.sqlite import SQLite
from harness.stream import hub_path
from harness.waiting import wait_for

# As bytes, percent-encoded in the topic.
TRIES = [
    # Out of a number or a string, and what is true of each row.
    b"1 OR 1=1", b"1' OR '1'='1", b"1\" OR \"1\"=\"1", b"1) OR (1=1", b"1') OR ('1'='1", b"' OR ''='", b"' OR 1=1--",
    b"1' OR '1'='1' -- ", b"1' OR '1'='1' #", b"1' OR '1'='1' /*", b"1/**/OR/**/1=1", b"1||1", b"1' || '1",
    b"1 AND 1=1", b"1 OR user_id IN (1,2,3)", b"1 OR user_id = ANY(ARRAY[1,2])", b"1,2,3", b"{1,2,3}", b"(1)",
    b"ARRAY[1]", b"[1]",
    # Other statements, and other tables.
    b"1; DROP TABLE notice", b"1'; DROP TABLE notice; --", b"1; DELETE FROM notice", b"1 UNION SELECT 99",
    b"1) UNION SELECT 99--", b"1' UNION SELECT text FROM secret--", b"1 UNION ALL SELECT text, text FROM secret",
    b"x' || (SELECT text FROM secret) || '", b"1; INSERT INTO notice VALUES (1)", b"1; UPDATE notice SET user_id = 1",
    b"1; ATTACH DATABASE '/tmp/x' AS x", b"1; PRAGMA x",
    # What servers can do.
    b"1; SELECT pg_sleep(9)", b"1' AND SLEEP(9)-- ", b"1 AND BENCHMARK(100000000,MD5(1))",
    b"1; COPY notice TO PROGRAM 'id'", b"1' AND pg_read_file('/etc/passwd') IS NOT NULL--",
    b"1 INTO OUTFILE '/tmp/x'", b"LOAD_FILE('/etc/passwd')", b"1; SET ROLE postgres", b"1; LISTEN x",
    b"1; COMMIT; BEGIN", b"load_extension('x')",
    # Names, patterns, quotes and escapes.
    b"%", b"_", b"*", b"NULL", b"TRUE", b"user_id", b"`user_id`", b"\"user_id\"", b"notice.user_id", b":user_id",
    b"?", b"?1", b"$1", b"@x", b"$$1$$", b"E'1'", b"1\\", b"\\'", b"\\' OR 1=1 -- ", b"1''", b"''", b"'", b"\"", b"`",
    b"--", b"/*", b"#", b";",
    # Other ways to write one, or what becomes it when somebody converts it.
    b"0x1", b"1e0", b"1.0", b"+1", b"01", b" 1", b"1 ", b"1\t", b"1\n", b"1abc", b"0b1", b"1_000", b"\xef\xbc\x91",
    b"\xd9\xa1", b"1\xe2\x80\x8b", b"\xca\xbc OR 1=1", b"\xbf' OR 1=1-- ", b"\xbf\\' OR 1=1", b"\xff", b"1\x00",
    b"1\x00' OR 1=1", b"\x1a", b"99999999999999999999", b"-1", b"1" * 500,
]  # fmt: skip

TABLES = [
    "CREATE TABLE notice (user_id INTEGER)",
    "INSERT INTO notice VALUES (1), (2), (2), (3), (3), (3)",
    "CREATE TABLE secret (text VARCHAR(50))",
    "INSERT INTO secret VALUES ('secret')",
]

# Exact comparisons, as docs/sources.md has them where strangers may subscribe.
EQUAL = {
    PostgreSQL: ("user_id::text = :user_id", "user_id::text", "user_id::text IN (:user_id)"),
    MariaDB: (
        "user_id = :user_id AND CAST(user_id AS BINARY) = CAST(:user_id AS BINARY)",
        "CAST(user_id AS CHAR)",
        "CAST(user_id AS BINARY) IN (:user_id)",
    ),
    SQLite: (
        "CAST(user_id AS TEXT) = CAST(:user_id AS TEXT)",
        "CAST(user_id AS TEXT)",
        "CAST(user_id AS TEXT) IN (:user_id)",
    ),
}


@scenario("sql on PostgreSQL: no topic becomes SQL, asked alone and in a batch", kind=PostgreSQL)
@scenario("sql on MariaDB: no topic becomes SQL, asked alone and in a batch", kind=MariaDB)
@scenario("sql on SQLite: no topic becomes SQL, asked alone and in a batch", kind=SQLite)
def injection(context, kind):
    engine = context.closes(SQLite()) if kind is SQLite else shared(kind)
    engine.begin(*TABLES)
    equal, text, among = EQUAL[kind]
    source = {"kind": "sql", "database": engine.url, "every": "500ms", "linger": "1s"}
    server = with_sources(
        context,
        alone={**source, "topic": "alone/{user_id}", "query": f"SELECT count(*) AS n FROM notice WHERE {equal}"},
        batch={
            **source, "topic": "batch/{user_id}", "batch": "user_id",
            "query": f"SELECT {text} AS user_id, count(*) AS n FROM notice WHERE {among} GROUP BY {text}",
        },
    )  # fmt: skip
    streams = {}
    refused = 0
    for attempt in TRIES:
        encoded = "".join(f"%{byte:02X}" for byte in attempt)
        for topic, nothing in ((f"alone/{encoded}", '{"n":0}'), (f"batch/{encoded}", "null")):
            stream = context.stream(server, hub_path(topic))
            check(stream.status in (200, 400), f"the answer to {attempt!r} is {stream.status}")
            refused += stream.status != 200
            if stream.status == 200:
                streams[attempt, nothing] = stream
    honest = {topic: look(context, server, topic) for topic in ("alone/2", "batch/2")}
    for topic, stream in honest.items():
        check_equal(data(stream), ['{"n":2}'], f"what {topic} finds beside them")
    # So that each has been asked for, and those that fail have been halved out of the batch.
    pass_time(2)
    watched = 0
    for (attempt, nothing), stream in streams.items():
        while stream.receive(0.001):
            pass
        # Nothing comes where the database can't take it as a parameter at all.
        found = [event.data for event in stream.events]
        check(found in ([], [nothing]), f"{attempt!r} finds {found}")
        watched += bool(found)
        stream.close()
    check(watched >= 100, f"only {watched} of {2 * len(TRIES)} tries were watched, {refused} refused")
    for name in ("alone", "batch"):
        wait_for(
            lambda: state(server, name)["problem"] is None, 30, lambda: f"{name}: {state(server, name)['problem']}"
        )
    check_equal(engine.sql("SELECT count(*) FROM notice"), "6", "rows afterwards")
    check_equal(engine.sql("SELECT count(*) FROM secret"), "1", "rows of another table afterwards")
    check("secret" not in server.stderr(), "the other table was named")
    return f"{len(TRIES)} tries in two sources, {watched} watched, {refused} refused"
