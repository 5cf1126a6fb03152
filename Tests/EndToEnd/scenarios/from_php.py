"""docs/from-php.md: its scripts run, its configurations are valid, and both show the same."""

import functools
import os
import re
import shutil
import subprocess
import time
import unittest.mock

from harness.document import Document, with_ports
from harness.engine import shared
from harness.mariadb import MariaDB
from harness.outcome import Skipped, check, check_equal
from harness.php import PHPServer, session
from harness.redis import Redis
from harness.scenario import scenario
from harness.sources import data, pass_time
from harness.stream import Stream

KEY = "what subscribers are signed for, 32 bytes at least"
SECRETS = {"DB_PASSWORD": "secret", "SUBSCRIBER_KEY": KEY}
TABLES = [
    "CREATE TABLE user (id INTEGER PRIMARY KEY)",
    "INSERT INTO user VALUES (1), (2)",
    "CREATE TABLE notice (user_id INTEGER)",
    "INSERT INTO notice VALUES (1)",
    "CREATE OR REPLACE USER app@'127.0.0.1' IDENTIFIED BY 'secret'",
    "GRANT SELECT ON app.* TO app@'127.0.0.1'",
]


@functools.cache
def extensions_are_here():
    if not shutil.which("php"):
        return False
    code = "exit(extension_loaded('redis') && extension_loaded('pdo_mysql') ? 0 : 1);"
    return subprocess.run(["php", "-r", code]).returncode == 0


@scenario("docs/from-php.md: each configuration is valid")
def valid(context):
    configurations = Document("from-php.md").configurations()
    for number, code in enumerate(configurations):
        path = context.path(f"{number}.yaml")
        with open(path, "w") as file:
            file.write(code)
        command = [context.binary, "check-config", path]
        done = subprocess.run(command, capture_output=True, text=True, timeout=20, env={**os.environ, **SECRETS})
        check(done.returncode == 0, f"{code}\nis refused: {done.stderr or done.stdout}")
    check(len(configurations) >= 4, "there are fewer than four")
    return f"{len(configurations)} configurations"


class Lines:
    """What a script of PHP prints; its answer has neither chunks nor a length."""

    def __init__(self, server, path, user):
        name, value = session(user)
        self.socket = server.connect()
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: {server.address}\r\n{name}: {value}\r\n\r\n".encode())
        self.file = self.socket.makefile("r", newline="\n")
        head = "".join(iter(self.file.readline, "\r\n"))
        check("200 OK" in head and "text/event-stream" in head, f"{path} answers {head!r}")

    def data(self):
        line = next(line for line in self.file if line.startswith("data: "))
        return line.removeprefix("data: ").removesuffix("\n")

    def read_until(self, wanted):
        deadline = time.monotonic() + 5
        while (found := self.data()) != wanted:
            check(time.monotonic() < deadline, f"the script still prints {found}, and not {wanted}")

    def close(self):
        self.file.close()
        self.socket.close()


@scenario(
    "docs/from-php.md: a script and the configuration that takes its place show the same, and others may not see it"
)
def same(context):
    if not extensions_are_here():
        raise Skipped("there is no php with its extensions for Redis and MySQL")
    mariadb, redis = shared(MariaDB), context.closes(Redis())
    mariadb.begin(*TABLES)
    document = Document("from-php.md")
    scripts = {name: with_ports(code, mariadb, redis) for name, code in document.scripts().items()}
    site = context.closes(PHPServer(scripts, 6, SECRETS))

    def push():
        redis.ask("LPUSH", "add_one_notice_task:1", 1)

    answer = site.get("/page.php", user=1)
    found = re.search(r"mercureAuthorization=([^;]+); path=/topics/", answer.headers.get("set-cookie", ""))
    check(found, f"page.php sets {answer.headers}, {answer.text}")
    token = ("Cookie", f"mercureAuthorization={found[1]}")

    for kind, script, topic, first, change, second in (
        ("clock", "/time.php", "time", None, None, None),
        (
            "sql", "/database.php", "users/1/notices", '{"notice_num":1}',
            lambda: mariadb.sql("INSERT INTO notice VALUES (1)"), '{"notice_num":2}',
        ),
        ("redis-queue", "/queue.php", "users/1/notices", '{"notice_num":0}', push, '{"notice_num":1}'),
        ("redis-value", "/cache.php", "users/1/cached", "1", lambda: redis.ask("SET", "user_notice_num:1", 2), "2"),
    ):  # fmt: skip
        # One after the other: both take what is in a queue.
        lines = context.closes(Lines(site, script, user=1))
        printed = lines.data()
        with unittest.mock.patch.dict(os.environ, SECRETS):
            server = context.server(config=with_ports(document.configuration(kind), mariadb, redis))
        if kind == "clock":
            with Stream(server.hub, f"/topics/{topic}") as stream:
                for text in (printed, data(stream)[0]):
                    check(re.fullmatch(r'\{"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"\}', text), f"the time is {text}")
            continue
        check_equal(printed, first, f"what {script} prints")
        if kind == "redis-queue":
            change()
            lines.read_until(second)
            lines.close()
            # The script goes on until it notices, at its second turn from now at the latest.
            pass_time(2.5)
            redis.ask("DEL", "user_notice_num:1")
        with Stream(server.hub, f"/topics/{topic}", headers=[token]) as stream:
            check_equal(data(stream), [first], f"the first value of {kind}")
            change()
            check_equal(data(stream), [second], f"the second value of {kind}")
        if kind != "redis-queue":
            lines.read_until(second)
        for headers, path in (([], topic), ([token], topic.replace("1", "2"))):
            with Stream(server.hub, f"/topics/{path}", headers=headers) as stream:
                # Without a token one may not look; with that of somebody else one sees nothing.
                check(stream.status == 401 or not stream.receive(1.5), f"{path} is shown with {headers}")
        server.kill()
