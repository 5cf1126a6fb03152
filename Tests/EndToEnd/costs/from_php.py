#!/usr/bin/env python3
"""What a viewer costs with the scripts of docs/from-php.md, and with their Martlet forms: from_php.py BINARY

Memory is the proportional set size of the processes that serve, and computing is their time on a processor, both as
Linux has them in /proc; queries and connections are as MariaDB and Redis count them. In each second one in twenty of
the viewers is told of something new. Each figure is the median of three measurements."""

import argparse
import collections
import os
import pathlib
import random
import selectors
import socket
import statistics
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from harness.context import Context
from harness.document import Document, with_ports
from harness.http1 import NotAnswered
from harness.mariadb import MariaDB
from harness.outcome import check
from harness.php import USERS, PHPServer, session
from harness.redis import Redis
from harness.sources import pass_time
from harness.tokens import cookie, token
from harness.waiting import wait_for

KEY = "what subscribers are signed for, 32 bytes at least"
PASSWORD = "secret"
TABLES = [
    "CREATE TABLE user (id INTEGER PRIMARY KEY)",
    f"INSERT INTO user SELECT seq FROM seq_1_to_{USERS}",
    "CREATE TABLE notice (user_id INTEGER, INDEX (user_id))",
    f"INSERT INTO notice SELECT seq FROM seq_1_to_{USERS}",
    f"CREATE OR REPLACE USER app@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'",
    "GRANT SELECT ON app.* TO app@'127.0.0.1'",
]
MEASUREMENTS = 3

# What is shown, its script, and the kind of source and the topic that take its place.
Subject = collections.namedtuple("Subject", "name script kind topic")
SUBJECTS = [
    Subject("the time", "time.php", "clock", "time"),
    Subject("polling a database", "database.php", "sql", "users/{}/notices"),
    Subject("consuming a queue", "queue.php", "redis-queue", "users/{}/notices"),
    Subject("polling a cache", "cache.php", "redis-value", "users/{}/cached"),
]
Figures = collections.namedtuple("Figures", "memory computing queries connections")


class Viewers:
    """Open tabs: whatever comes is read and dropped."""

    def __init__(self):
        self.selector = selectors.DefaultSelector()
        self.sockets = []
        self.received = {}
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.is_open = True
        self.thread.start()

    def read(self):
        while self.is_open:
            for key, _ in self.selector.select(0.1):
                data = key.fileobj.recv(1 << 16)
                check(data, f"the stream of viewer {key.data} ended")
                self.received[key.data] = self.received.get(key.data, 0) + data.count(b"data:")

    def open(self, address, path, header):
        """One more, which is open once something has come."""
        number = len(self.sockets)
        connection = socket.create_connection(address, timeout=10)
        self.sockets.append(connection)
        connection.sendall(
            f"GET {path} HTTP/1.1\r\nHost: {address[0]}:{address[1]}\r\n{header[0]}: {header[1]}\r\n\r\n".encode()
        )
        connection.setblocking(False)
        self.selector.register(connection, selectors.EVENT_READ, number)
        wait_for(lambda: self.received.get(number), 10, f"viewer {number} is sent something", every=0.0005)

    def close(self):
        self.is_open = False
        self.thread.join()
        for connection in self.sockets:
            connection.close()


def memory(pid):
    with open(f"/proc/{pid}/smaps_rollup") as file:
        return next(int(line.split()[1]) << 10 for line in file if line.startswith("Pss:"))


def computing(pid):
    """Seconds on a processor, of all its threads."""
    tasks = f"/proc/{pid}/task"
    return sum(int(pathlib.Path(tasks, task, "schedstat").read_text().split()[0]) for task in os.listdir(tasks)) / 1e9


class Bench:
    def __init__(self, options, context):
        self.seconds = options.seconds
        self.context = context
        self.document = Document("from-php.md")
        self.mariadb = context.closes(MariaDB())
        self.redis = context.closes(Redis())
        os.environ.update(DB_PASSWORD=PASSWORD, SUBSCRIBER_KEY=KEY)

    def begin(self):
        self.mariadb.begin(*TABLES)
        self.redis.ask("FLUSHALL")

    def ported(self, code):
        return with_ports(code, self.mariadb, self.redis)

    def connections(self):
        users = self.mariadb.sql("SELECT count(*) FROM information_schema.processlist WHERE user = 'app'")
        clients = next(
            int(line.partition(":")[2])
            for line in self.redis.ask("INFO", "clients").splitlines()
            if line.startswith("connected_clients:")
        )
        return int(users) + clients - 1

    def queries(self):
        return self.mariadb.queries("app") + sum(self.redis.calls().values())

    def change(self, users):
        """Something new for these users, by all ways at once."""
        self.mariadb.sql("INSERT INTO notice VALUES " + ", ".join(f"({user})" for user in users))
        number = random.randrange(1 << 30)
        self.redis.ask_all([("LPUSH", f"add_one_notice_task:{user}", 1) for user in users])
        self.redis.ask_all([("SET", f"user_notice_num:{user}", number) for user in users])

    def measure(self, viewers, processes):
        count = len(viewers.sockets)
        found = []
        user = 0
        # Whoever has come is at rest.
        pass_time(2)
        for _ in range(MEASUREMENTS):
            queries, start = self.queries(), time.monotonic()
            before = sum(map(computing, processes))
            for second in range(self.seconds):
                self.change([(user + n) % count + 1 for n in range(count // 20)])
                user += count // 20
                pass_time(max(0, start + second + 1 - time.monotonic()))
            used, taken = sum(map(computing, processes)) - before, time.monotonic() - start
            found.append(
                Figures(
                    sum(map(memory, processes)), used / taken, (self.queries() - queries) / taken, self.connections()
                )
            )
        return Figures(*(statistics.median(values) for values in zip(*found)))

    def php(self, subject, count):
        self.begin()
        scripts = {name: self.ported(code) for name, code in self.document.scripts().items()}
        server = self.context.closes(PHPServer(scripts, count, {}))
        viewers = self.context.closes(Viewers())
        for user in range(1, count + 1):
            viewers.open(("127.0.0.1", server.port), f"/{subject.script}", session(user))
        figures = self.measure(viewers, server.workers())
        try:
            server.get("/ping.php", timeout=2)
            print(f"  {count} tabs leave a worker for one more page", flush=True)
        except NotAnswered:
            print(f"  with {count} tabs no further page is answered", flush=True)
        viewers.close()
        server.close()
        return figures

    def martlet(self, subject, count):
        self.begin()
        config = self.ported(self.document.configuration(subject.kind))
        server = self.context.server(log="sqlite:martlet.db", config=config)
        header = cookie(token(KEY, subscribe=["users/{user_id}/{what}"]))
        viewers = self.context.closes(Viewers())
        for user in range(1, count + 1):
            viewers.open(server.hub, "/topics/" + subject.topic.format(user), header)
        figures = self.measure(viewers, [server.pid])
        viewers.close()
        server.kill()
        return figures


def row(subject, how, count, figures):
    each = figures.memory / count
    shown = f"{each / 2**20:.1f} MiB" if each > 2**20 else f"{each / 1024:.0f} KiB"
    return (
        f"| {subject.name} | {how} | {count:,} | {figures.memory / 2**20:.0f} MiB | {shown}"
        f" | {figures.computing / count * 1e6:.0f} µs | {figures.queries:.1f} | {figures.connections:.0f} |"
    )


def main():
    parser = argparse.ArgumentParser(description="What a viewer costs with PHP, and with Martlet.")
    parser.add_argument("binary", help="the martlet program, as released")
    parser.add_argument("--seconds", type=int, default=10, help="how long to measure (10), three times each")
    parser.add_argument("-k", metavar="SUBSTRING", default="", help="only what has this in its name")
    options = parser.parse_args()
    context = Context(str(pathlib.Path(options.binary).resolve()), False, True, random.Random())
    rows = []
    try:
        bench = Bench(options, context)
        for subject in SUBJECTS:
            if options.k not in subject.name:
                continue
            for how, run, count in (
                ("PHP", bench.php, 20),
                ("Martlet", bench.martlet, 20),
                ("Martlet", bench.martlet, USERS),
            ):
                rows.append(row(subject, how, count, run(subject, count)))
                print(f"  {rows[-1]}", flush=True)
    finally:
        context.close()
    print(f"\n{os.cpu_count()} cores\n")
    print(
        "| | | viewers | memory | of it each | computing, each, a second | queries a second | connections to servers |"
    )
    print("|---|---|---:|---:|---:|---:|---:|---:|")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
