"""Rows that an application inserts into a table are published, each once and in order, whatever is killed."""

import sqlite3
import threading

from harness.outcome import check, check_equal
from harness.scenario import scenario
from harness.stream import hub_path
from harness.waiting import wait_for

CONFIG = """
sources:
  orders: {{ kind: sql-outbox, database: "sqlite:app.db", table: outbox, every: 100ms, public: true, {more} }}
"""


def database(context, columns):
    connection = sqlite3.connect(context.path("app.db"), check_same_thread=False, timeout=20)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(f"CREATE TABLE outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, {columns})")
    connection.commit()
    return connection


@scenario("sql-outbox: rows become updates of the topics they name, with their keys as ids")
def rows(context):
    app = database(context, "topic TEXT, data TEXT, kind TEXT")
    app.execute("INSERT INTO outbox (topic, data) VALUES ('orders/1', 'was there')")
    app.commit()
    server = context.server(log="sqlite:hub.db", config=CONFIG.format(more="type-column: kind"))
    stream = context.stream(server, hub_path("orders/1", "orders/2"), "earliest")
    check_equal(stream.read(1)[0].data, "was there", "a row that was there")
    app.execute("INSERT INTO outbox (topic, data, kind) VALUES ('orders/2', '{\"a\":1}', 'paid'), ('orders/1', 'x', NULL)")
    app.commit()
    events = stream.read(2, within=5)
    check_equal([(e.id, e.type, e.data) for e in events], [("2", "paid", '{"a":1}'), ("3", "message", "x")], "rows")
    app.execute("INSERT INTO outbox (topic, data) VALUES ('', 'no topic'), ('orders/1', 'next')")
    app.commit()
    check_equal(stream.read(1, within=5)[0].data, "next", "the row after one that can be no update")
    problem = server.status()["sources"][0]["problem"]
    check("4" in problem and "outbox" in problem, f"the problem is told as {problem!r}")


@scenario("sql-outbox: 5,000 rows inserted while the hub is killed four times arrive once each and in order")
def killed(context):
    app = database(context, "order_id INTEGER, data TEXT")
    config = CONFIG.format(more='topic: "orders/{order_id}"')
    server = context.server(log="sqlite:hub.db", config=config)
    total = 5000

    def insert():
        for number in range(0, total, 50):
            with app:
                app.executemany(
                    "INSERT INTO outbox (order_id, data) VALUES (1, ?)", [(str(n),) for n in range(number, number + 50)]
                )

    writer = threading.Thread(target=insert)
    writer.start()
    numbers, last = [], "earliest"
    for kill in range(4):
        stream = context.stream(server, hub_path("orders/1"), last)
        events = stream.read(100 + 200 * kill, within=20)
        numbers += [int(event.data) for event in events]
        last = events[-1].id
        server.kill()
        stream.close()
        server = context.server(log="sqlite:hub.db", config=config)
    stream = context.stream(server, hub_path("orders/1"), last)
    events = stream.read_until(lambda event: event.data == str(total - 1), 30)
    numbers += [int(event.data) for event in stream.events]
    writer.join()
    check_equal(numbers, list(range(total)), "the rows")
    wait_for(lambda: server.status()["sources"][0]["problem"] is None, 5, "all is well")
    return f"{total} rows"


@scenario("sql-outbox: on demand it asks nothing while nobody looks, and catches up with whoever comes")
def on_demand(context):
    app = database(context, "order_id INTEGER, data TEXT")
    config = CONFIG.format(more='topic: "orders/{order_id}", watch: on-demand, linger: 200ms')
    server = context.server(log="sqlite:hub.db", config=config)
    app.execute("INSERT INTO outbox (order_id, data) VALUES (1, 'waits')")
    app.commit()
    check_equal(server.status()["sources"][0]["ticks"], 0, "looks before anybody comes")
    stream = context.stream(server, hub_path("orders/{order_id}"))
    check_equal(stream.read(1, within=5)[0].data, "waits", "the row that waited")
    stream.close()
    wait_for(lambda: server.status()["sources"][0]["watches"] == 0, 5, "the watch ends")
    ticks = server.status()["sources"][0]["ticks"]
    other = context.stream(server, hub_path("elsewhere"))
    other.receive(0.5)
    check_equal(server.status()["sources"][0]["ticks"], ticks, "looks while nobody looks")
