"""docs/deploy.md: the unit for systemd; what it starts runs as it says, within its filter of system calls."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys

from harness import tokens
from harness.deployed import DEPLOY, deployed
from harness.outcome import Skipped, check, check_equal
from harness.publisher import Publisher
from harness.scenario import scenario
from harness.server import Server
from harness.sqlite import SQLite
from harness.stream import HUB, hub_path
from harness.unit import Unit
from harness.waiting import wait_for

KEY = "a key for tests that is long enough for HS256"
PROGRAM = "/usr/local/bin/martlet"


def analyze(*words):
    if not shutil.which("systemd-analyze"):
        raise Skipped("there is no systemd-analyze")
    return subprocess.run(["systemd-analyze", "--no-pager", *words], capture_output=True, text=True, timeout=60)


@scenario("deploy: systemd understands the unit, and rates it below 2 of 10")
def understood(context):
    path = context.path("martlet.service")
    with open(path, "w") as file:
        file.write(deployed("martlet.service", (PROGRAM, context.binary)))
    done = analyze("verify", path)
    check_equal((done.returncode, done.stdout + done.stderr), (0, ""), "what systemd-analyze verify says")
    # And it would have told.
    with open(path, "a") as file:
        file.write("[Service]\nProtectSistem=strict\n")
    done = analyze("verify", path)
    check("ProtectSistem" in done.stderr, f"a misspelt directive is not told: {done.stderr!r}")
    done = analyze("security", "--offline=true", "--threshold=20", path)
    rating = re.search(r"exposure level for martlet.service: ([0-9.]+)", done.stdout)
    check(done.returncode == 0 and rating, f"systemd-analyze security: {done.stdout[-300:]} {done.stderr}")
    return f"exposure {rating[1]}"


def confined(context, unit, folder, database):
    """A hub that the unit's ExecStart starts, within its filter; its files are those of this test."""
    rules = context.path("sandbox.json")
    with open(rules, "w") as file:
        json.dump(unit.sandbox(), file)
    wrapper = context.path("confined")
    sandbox = os.path.join(os.path.dirname(__file__), "..", "harness", "sandbox.py")
    with open(wrapper, "w") as file:
        file.write(f'#!/bin/sh\nexec {sys.executable} {sandbox} {rules} {context.binary} "$@"\n')
    os.chmod(wrapper, 0o755)
    words = unit.one("ExecStart").split()
    check_equal(words[:3], [PROGRAM, "serve", "--config"], "what the unit starts")
    configuration = deployed("martlet.yaml", ("/var/lib/martlet", folder), (
        "streams:", 'sources:\n'
        '  machine: { kind: system, every: 1s, topic: machine, public: true }\n'
        '  memory: { kind: command, run: [sh, -c, "echo free; sleep 60"], topic: memory, public: true }\n'
        f'  lines: {{ kind: file, path: {folder}/app.log, topic: lines, public: true }}\n'
        f'  rows: {{ kind: sql, database: "{database}", every: 1s, topic: rows, public: true, query: "SELECT count(*) AS n FROM notice" }}\n'
        'streams:',
    ))
    for credential in unit.directives["LoadCredential"]:
        with open(os.path.join(folder, credential.partition(":")[0]), "w") as file:
            file.write(KEY)
    server = Server.__new__(Server)
    context.servers.append(server)
    server.__init__(
        wrapper, context.folder, config=configuration, log=f"sqlite:{folder}/martlet.db",
        descriptors=min(int(unit.one("LimitNOFILE")), 4096), environment={"CREDENTIALS_DIRECTORY": folder},
    )
    return server


@scenario("deploy: within the unit's filter of system calls a hub publishes, watches, reloads, and stops in its time")
def runs(context):
    unit = Unit((DEPLOY / "martlet.service").read_text())
    folder = context.path("state")
    os.mkdir(folder)
    app = context.closes(SQLite())
    app.begin("CREATE TABLE notice (user_id INTEGER)", "INSERT INTO notice VALUES (42)")
    open(f"{folder}/app.log", "w").close()
    server = confined(context, unit, folder, app.url)
    with open(f"/proc/{server.pid}/status") as file:
        check(re.search(r"^Seccomp:\t2$", file.read(), re.MULTILINE), "there is no filter")
    streams = {topic: context.stream(server, hub_path(topic)) for topic in ("a", "machine", "memory", "lines", "rows")}
    check_equal(streams["memory"].read(1)[0].data, "free", "what the command has printed")
    check_equal(streams["rows"].read(1)[0].data, '{"n":1}', "what the query says")
    check('"load":' in streams["machine"].read(1)[0].data, "the machine says nothing")
    with open(f"{folder}/app.log", "a") as file:
        file.write("a line\n")
    check_equal(streams["lines"].read(1)[0].data, "a line", "the line")
    bearer = tokens.bearer(tokens.token(KEY, publish=["*"]))

    def publish(data):
        fields = [("Content-Type", "application/x-www-form-urlencoded"), bearer]
        with Publisher(server.hub) as publisher:
            return publisher.request("POST", HUB, fields, f"topic=a&data={data}".encode()).status

    check_equal(publish("one"), 200, "the answer to a publisher")
    check_equal(streams["a"].read(1)[0].data, "one", "what came")
    program, *words = shlex.split(unit.one("ExecReload").replace("$MAINPID", str(server.pid)))
    check(os.access(program, os.X_OK), f"{program} is no program")
    check_equal(subprocess.run([program, *words], timeout=10).returncode, 0, "the exit code of ExecReload")
    check_equal(publish("two"), 200, "the answer after a reload")
    check_equal(streams["a"].read(1)[0].data, "two", "what came after a reload")
    server.terminate()
    code, taken = server.wait(within=unit.seconds("TimeoutStopSec"))
    check_equal(code, 0, f"how it ended ({server.stderr(tail=5)})")
    return f"it stopped within {taken:.1f} s"


@scenario("deploy: a configuration that makes no sense ends with a code that systemd does not start again for")
def senseless(context):
    unit = Unit((DEPLOY / "martlet.service").read_text())
    codes = unit.one("RestartPreventExitStatus").split()
    with open(context.path("bad.yaml"), "w") as file:
        file.write("lisen: 127.0.0.1:0\n")
    for words in (["serve", "--config", "bad.yaml"], ["serve", "--bad"]):
        done = subprocess.run([context.binary, *words], cwd=context.folder, capture_output=True, timeout=20)
        check(str(done.returncode) in codes, f"{words} ends with {done.returncode}")
