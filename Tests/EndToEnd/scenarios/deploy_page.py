"""docs/deploy.md: what the page has operators type is run, with a root folder of the test's own, and its files are valid."""

import os
import re
import subprocess

from harness.certificates import Authority
from harness.deployed import DEPLOY, deployed
from harness.document import DOCS, Document
from harness.outcome import check, check_equal
from harness.scenario import scenario
from harness.stream import hub_path
from harness.tokens import bearer, token
from scenarios.deploy_unit import analyze

DOCUMENT = "deploy.md"
# What blocks have that are run below. Those with the others take a network, a compiler or an engine.
RUN = ("useradd", "martlet token", "sudo martlet-", "UPDATE log", "martlet doctor", "martlet.old", "RENEWED")
HELD = ("swift build", "apt-get", "docker compose")


def blocks(language):
    return [code for found, code in Document(DOCUMENT).blocks if found == language]


def block(word):
    return next(code for code in blocks("sh") if word in code)


class Machine:
    """A root folder in which blocks of the page are run; what takes a whole machine is noted and not done."""

    PRELUDE = """
set -euo pipefail
sudo() { if [ "$1" = -u ]; then shift 2; fi; "$@"; }
useradd() { noted useradd; }
systemctl() { noted systemctl "$@"; }
certbot() { noted certbot; }
noted() { echo "noted: $*"; }
"""

    def __init__(self, context):
        self.root = context.path("root")
        for folder in ("etc/martlet", "etc/systemd/system", "usr/local/bin", "usr/local/sbin", "var/lib/martlet", "var/backups"):
            os.makedirs(os.path.join(self.root, folder))
        self.binary = context.binary
        os.symlink(context.binary, os.path.join(self.root, "usr/local/bin/martlet"))

    def path(self, name):
        return os.path.join(self.root, name)

    def run(self, code, *replacements, environment=None):
        for old, new in replacements:
            check(old in code, f"the block has no {old!r}:\n{code}")
            code = code.replace(old, new)
        code = re.sub(r"(?<![\w.])/(etc|usr/local|var)/", lambda match: f"{self.root}/{match[1]}/", code)
        code = re.sub(r"install (.*)-(o|g) \S+ ", r"install \1", code)
        variables = {**os.environ, **(environment or {})}
        variables["PATH"] = f"{self.path('usr/local/bin')}:{self.path('usr/local/sbin')}:{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-c", self.PRELUDE + code], cwd=DEPLOY.parent, capture_output=True, text=True, timeout=60, env=variables
        )
        check_equal(done.returncode, 0, f"the exit code of\n{code}\n({done.stderr})")
        return done.stdout


@scenario("docs/deploy.md: its files exist, its commands can be read, and those that are not run here are the tried ones")
def valid(context):
    text = Document(DOCUMENT).text
    links = re.findall(r"\]\(([^)#]+)", text)
    for link in links:
        check((DOCS / link).exists(), f"there is no {link}")
    anchors = {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in re.findall(r"^## (.+)$", text, re.MULTILINE)}
    for anchor in re.findall(r"\]\(#([^)]+)\)", text):
        check(anchor in anchors, f"there is no section {anchor}")
    for code in blocks("sh"):
        done = subprocess.run(["bash", "-n"], input=code, capture_output=True, text=True, timeout=20)
        check_equal(done.returncode, 0, f"bash -n of {code}: {done.stderr}")
    known = {"sh", "yaml", "ini", "nginx", "haproxy", "caddy"}
    check_equal({language for language, _ in Document(DOCUMENT).blocks}, known, "the languages of blocks")
    for code in blocks("sh"):
        check(any(word in code for word in RUN + HELD), f"nobody tries\n{code}")
    built = re.search(r"swift build .*", block("swift build"))[0]
    dockerfile = (DEPLOY / "Dockerfile").read_text()
    check(built in dockerfile, f"the Dockerfile builds otherwise than by {built!r}")
    packages = set(re.search(r"apt-get install (.*)", block("apt-get"))[1].split()) - {"sqlite3"}
    listed = re.findall(r"--no-install-recommends (.*?) \\", dockerfile)[-1]
    check_equal(packages, set(listed.split()), "the packages that the page and the image have the program take")
    return f"{len(links)} links"


@scenario("docs/deploy.md: the service is installed, its tokens are let in, and its log is copied and put back, as the page says")
def installed(context):
    machine = Machine(context)
    said = machine.run(block("useradd"), ("curl http", "noted curl http"))
    check("noted: systemctl enable --now martlet" in said, f"the service is not started: {said}")
    for name, mode in (("token-key", 0o600), ("martlet.yaml", 0o644)):
        check_equal(os.stat(machine.path(f"etc/martlet/{name}")).st_mode & 0o777, mode, f"the mode of {name}")
    with open(machine.path("etc/martlet/token-key")) as file:
        check(re.fullmatch(r"[0-9a-f]{64}\n", file.read()), "the key is not one of 256 bits")

    tokens = machine.run(block("martlet token")).split()
    check_equal(len(tokens), 2, "the tokens that are printed")
    log = machine.path("var/lib/martlet/martlet.db")

    def serve():
        configuration = open(machine.path("etc/martlet/martlet.yaml")).read()
        return context.server(
            config=configuration, log=f"sqlite:{log}", environment={"CREDENTIALS_DIRECTORY": machine.path("etc/martlet")}
        )

    server = serve()
    publisher = context.publisher(server)

    def publish(data):
        fields = [("Content-Type", "application/x-www-form-urlencoded"), bearer(tokens[0])]
        body = f"topic=users/42/notices&private=on&data={data}".encode()
        check_equal(publisher.request("POST", "/.well-known/mercure", fields, body).status, 200, "the answer to a publisher")

    def read(id):
        return context.stream(server, hub_path("users/42/notices"), id, headers=[bearer(tokens[1])]).read(1)[0]

    publish("first")
    check_equal(read("earliest").data, "first", "what a subscriber with the token gets")
    doctor = block("martlet doctor")
    with open(machine.path("etc/martlet/token-key")) as file:
        able = token(file.read().strip(), publish=["doctor/{id}"], subscribe=["*"])
    machine.run(
        doctor, ("https://hub.example.com", "http://%s:%d" % server.hub), ("--origin https://app.example ", ""),
        ("--listen 70", "--listen 1"), environment={"TOKEN": able},
    )

    machine.run(block("sudo martlet-backup"))
    copies = os.listdir(machine.path("var/backups/martlet"))
    check_equal(len(copies), 1, f"the copies ({copies})")
    publish("second")
    server.terminate()
    server.wait(within=15)
    machine.run(block("sudo martlet-restore"), ("2030-01-31.db", copies[0]))
    before = subprocess.run(["sqlite3", log, "SELECT epoch FROM log"], capture_output=True, text=True).stdout
    machine.run(block("UPDATE log"))
    after = subprocess.run(["sqlite3", log, "SELECT epoch FROM log"], capture_output=True, text=True).stdout
    check(re.fullmatch(r"[0-9a-f]{8}\n", after) and before != after, f"the log's name was {before!r} and is {after!r}")
    server = serve()
    publisher = context.publisher(server)
    check_equal(read("earliest").id, f"{after.strip()}-1", "the id of the first update")


@scenario("docs/deploy.md: an upgrade keeps the old program, and a renewed certificate is put where the hub reads it")
def upgraded(context):
    machine = Machine(context)
    machine.run(block("useradd"), ("curl http", "noted curl http"))
    server = context.server(log=f"sqlite:{machine.path('var/lib/martlet/martlet.db')}")
    server.terminate()
    server.wait(within=15)
    os.mkdir(machine.path("var/backups/martlet"))
    program = machine.path("usr/local/bin/martlet")
    os.remove(program)
    with open(program, "w") as file:
        file.write("the old one\n")
    said = machine.run(block("martlet.old"), ("-m 755 martlet ", f"-m 755 {context.binary} "))
    check("noted: systemctl restart martlet" in said, f"the service is not restarted: {said}")
    check_equal(open(program + ".old").read(), "the old one\n", "what martlet.old is")
    check_equal(len(os.listdir(machine.path("var/backups/martlet"))), 1, "the copies of the log")
    os.mkdir(machine.path("renewed"))
    for name in ("fullchain.pem", "privkey.pem"):
        with open(machine.path(f"renewed/{name}"), "w") as file:
            file.write(name)
    said = machine.run(block("RENEWED"), environment={"RENEWED_LINEAGE": machine.path("renewed")})
    check("noted: systemctl reload martlet" in said, f"the service does not read it: {said}")
    check_equal(open(machine.path("etc/martlet/privkey.pem")).read(), "privkey.pem", "the key")


@scenario("docs/deploy.md: the hub's own TLS is a configuration, and its drop-in one of systemd's")
def own_tls(context):
    head = blocks("yaml")[0]
    Authority(context.folder).issue("fullchain")
    os.rename(context.path("fullchain-key.pem"), context.path("privkey.pem"))
    with open(context.path("token-key"), "w") as file:
        file.write("a key for tests that is long enough for HS256")
    with open(context.path("martlet.yaml"), "w") as file:
        file.write(deployed("martlet.yaml", ("listen: 127.0.0.1:8080\n", head), ('trusted-proxies: [127.0.0.0/8, "::1"]\n', "")))
    command = [context.binary, "check-config", context.path("martlet.yaml")]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "CREDENTIALS_DIRECTORY": context.folder})
    check_equal(done.returncode, 0, f"check-config ({done.stderr})")
    with open(context.path("martlet.service"), "w") as file:
        file.write(deployed("martlet.service", ("/usr/local/bin/martlet", context.binary)))
        file.write(blocks("ini")[0])
    done = analyze("verify", context.path("martlet.service"))
    check_equal((done.returncode, done.stderr), (0, ""), "what systemd-analyze verify says")
