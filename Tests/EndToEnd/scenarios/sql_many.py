"""One `sql` source with a watch for each of very many users."""

import json
import time

from harness.engine import shared
from harness.outcome import check, check_equal
from harness.postgresql import PostgreSQL
from harness.scenario import scenario
from harness.sources import check_silent, data, pass_time, state
from harness.stream import hub_path
from harness.waiting import wait_for

USERS = 10_000
# A subscriber has 1,000 selectors at most.
EACH = 1000
SECONDS = 10

TABLE = "CREATE TABLE notice (user_id INTEGER, text TEXT)"
FILLING = f"INSERT INTO notice SELECT n, 'x' FROM generate_series(1, {USERS}) n, generate_series(1, 3)"
INDEX = "CREATE INDEX ON notice ((user_id::text)); ANALYZE notice"
QUERY = """
SELECT user_id::text AS user_id, count(*) AS n FROM notice WHERE user_id::text IN (:user_id) GROUP BY user_id
"""


@scenario("sql on PostgreSQL with batch: 10,000 users are one transaction a tick, a quarter of a core, and none unseen")
def many(context):
    engine = shared(PostgreSQL)
    engine.begin(TABLE, FILLING, INDEX)
    source = {
        "kind": "sql", "database": engine.url, "topic": "users/{user_id}", "public": True, "every": "1s",
        "linger": "1s", "batch": "user_id", "query": QUERY,
    }  # fmt: skip
    server = context.server(config=json.dumps({"limits": {"header": "64KiB"}, "sources": {"notices": source}}) + "\n")
    unseen = engine.queries()
    pass_time(0.5)
    check_equal(engine.queries(), unseen, "queries before anybody looks")
    streams = [
        context.stream(server, hub_path(*(f"users/{user}" for user in range(first, first + EACH))))
        for first in range(1, USERS, EACH)
    ]
    for stream in streams:
        check_equal(set(data(stream, EACH, within=30)), {'{"n":3}'}, "the first values")
    check_equal(state(server, "notices")["watches"], USERS, "watches")
    writer = context.closes(engine.session()).stdin
    # What has been done by then is counted then.
    pass_time(2.5)

    def counts():
        now = state(server, "notices")
        return now["ticks"], now["skipped"], engine.queries(), engine.transactions(), server.cpu_seconds()

    slowest = 0
    before, start = counts(), time.monotonic()
    for number in range(SECONDS):
        # One in each second is told of something.
        changed = time.monotonic()
        stream = streams[number % len(streams)]
        writer.write(f"INSERT INTO notice VALUES ({number % len(streams) * EACH + 7}, 'new');\n")
        writer.flush()
        check_equal(data(stream), ['{"n":4}'], "a change")
        slowest = max(slowest, time.monotonic() - changed)
        context.progress(f"second {number + 1} of {SECONDS}")
        pass_time(max(0, start + number + 1 - time.monotonic()))
    taken, after = time.monotonic() - start, counts()
    ticks, skipped, queries, transactions, cpu = (b - a for a, b in zip(before, after))
    # Those of the rows that were inserted.
    transactions -= SECONDS
    share = cpu / taken
    figures = (
        f"in {taken:.1f} s: {ticks} ticks, {skipped} skipped, {queries} queries, {transactions} transactions,"
        f" the hub at {share:.1%} of a core, a change within {slowest:.2f} s"
    )
    check(SECONDS - 2 <= ticks <= SECONDS + 2, figures)
    # The server's counts may be a tick behind.
    check(abs(queries - ticks) <= 1 and abs(transactions - ticks) <= 2, figures)
    check(share < 0.25, figures)
    for stream in streams:
        check_silent(stream, 0, "those of whom nothing has changed")
        stream.close()
    writer.close()
    wait_for(lambda: state(server, "notices")["watches"] == 0, 15, "the watches end")
    wait_for(lambda: engine.sessions() == 0, 10, "the connection ends")
    quiet = engine.queries(), engine.transactions()
    pass_time(3)
    check_equal((engine.queries(), engine.transactions()), quiet, "queries and transactions while nobody looks")
    return figures
