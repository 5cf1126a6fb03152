"""`martlet subscribe`, `martlet publish` and curl, as a person uses them."""

import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time

from harness.lifetime import die_with_parent
from harness.outcome import Failure, Skipped, check, check_equal
from harness.scenario import scenario
from harness.stream import HUB
from harness.waiting import wait_for


class Command:
    """A child with its output in files, ended with the scenario."""

    def __init__(self, context, *words, stdin=b"", environment=None):
        self.context = context
        self.out = open(context.path(f"out-{len(context.closing)}"), "w+b")
        self.err = open(context.path(f"err-{len(context.closing)}"), "w+b")
        variables = {key: value for key, value in os.environ.items() if not key.startswith("MARTLET_")}
        self.process = subprocess.Popen(
            words,
            cwd=context.folder,
            env={**variables, **(environment or {})},
            stdin=subprocess.PIPE,
            stdout=self.out,
            stderr=self.err,
            preexec_fn=die_with_parent,
        )
        context.closes(self)
        self.process.stdin.write(stdin)
        self.process.stdin.close()

    def output(self):
        return self.read(self.out)

    def errors(self):
        return self.read(self.err)

    @staticmethod
    def read(file):
        with open(file.name, "rb") as again:
            return again.read().decode("utf-8")

    def wait(self, code, within=10):
        try:
            found = self.process.wait(within)
        except subprocess.TimeoutExpired:
            raise Failure(f"{self.process.args[1:3]} did not end within {within} s; it said {self.errors()!r}") from None
        check_equal(found, code, f"the exit code of {self.process.args[1:]} (it said {self.errors()!r})")
        return self

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.out.close()
        self.err.close()


class Rascal:
    """A server that says `words` to whoever comes, then `again` for as long as anybody takes it, with a pause of `every`
    seconds before each, and then hangs up. `asked` is what it was sent."""

    def __init__(self, words, again=b"", every=0):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.words, self.again, self.every = words, again, every
        self.asked = []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                peer, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=(peer,), daemon=True).start()

    def talk(self, peer):
        with peer:
            try:
                self.asked.append(peer.recv(65536))
                peer.sendall(self.words)
                while self.again:
                    time.sleep(self.every)
                    peer.sendall(self.again)
            except OSError:
                pass

    @property
    def url(self):
        return "http://127.0.0.1:%d/" % self.listener.getsockname()[1]

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


def stallers(context):
    """Two servers that answer a head at once: one is silent after it, the other one drips."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1000\r\n\r\n"
    return [context.closes(Rascal(head, b"x", every)) for every in (3600, 0.5)]


def url(address, path=""):
    return f"http://{address[0]}:{address[1]}{path}"


def wait_for_streams(server, count):
    server.wait_for_status(lambda s: s["streams"] == count, 10, f"{count} streams are open")


@scenario("curl -d publishes, and martlet subscribe --json prints a line for it")
def curl(context):
    if not shutil.which("curl"):
        raise Skipped("there is no curl")
    server = context.server(log="sqlite:martlet.db")
    subscriber = Command(
        context, context.binary, "subscribe", url(server.hub, HUB), "--topic", "greetings", "--json", "--count", "3"
    )
    wait_for_streams(server, 1)
    published = []
    for words in (["-d", "hello"], ["--data-binary", 'two\nlines "é"\n'], ["-d", ""]):
        answer = Command(context, "curl", "-sS", "-f", *words, url(server.hub, "/topics/greetings")).wait(0)
        published.append(answer.output())
    subscriber.wait(0)
    check_equal(
        subscriber.output(),
        "".join(
            json.dumps({"id": id, "type": "message", "data": data}, separators=(",", ":"), ensure_ascii=False) + "\n"
            for id, data in zip(published, ["hello", 'two\nlines "é"\n', ""])
        ),
        "standard output",
    )


@scenario("martlet publish takes data from its arguments and from standard input, and prints the id")
def publish(context):
    server = context.server(log="sqlite:martlet.db")
    hub = url(server.hub)
    subscriber = Command(
        context, context.binary, "subscribe", url(server.hub, HUB), "--topic", "a", "--topic", "b", "--json", "--count", "6"
    )
    wait_for_streams(server, 1)
    program = context.binary
    wanted = []

    def publish(*words, data, stdin=b"", type="message", id=None, environment=None):
        command = Command(context, program, "publish", *words, stdin=stdin, environment=environment).wait(0)
        printed = command.output()
        check(printed.endswith("\n") and printed.count("\n") == 1, f"publish printed {printed!r}, not one id")
        if id:
            check_equal(printed, id + "\n", "the id that publish prints")
        check_equal(command.errors(), "", "what publish says when all is well")
        wanted.append({"id": printed[:-1], "type": type, "data": data})

    publish("--hub", hub, "--topic", "a", "hello", data="hello")
    publish("--hub", hub, "--topic", "a", "--topic", "b", "--type", "t", "--id", "mine", "é & ü=1+1", data="é & ü=1+1", type="t", id="mine")
    publish("--hub", hub, "--topic", "b", stdin=b"piped\n", data="piped")
    publish("--hub", hub, "--topic", "b", "-", stdin=b"two\n\nlines\n\n", data="two\n\nlines\n")
    publish("--topic", "b", "--", "-5", data="-5", environment={"MARTLET_HUB": hub})
    publish("--hub", hub, "--topic", "a", stdin=b"x" * 900_000, data="x" * 900_000)
    subscriber.wait(0)
    check_equal([json.loads(line) for line in subscriber.output().splitlines()], wanted, "what the subscriber printed")


@scenario("martlet subscribe begins after --last-event-id")
def reconnects(context):
    server = context.server(log="sqlite:martlet.db")
    publisher = context.publisher(server)
    ids = [publisher.form("a", str(number)) for number in range(5)]
    first = Command(
        context, context.binary, "subscribe", url(server.hub, "/topics/a"), "--json", "--last-event-id", ids[1], "--count", "2"
    ).wait(0)
    check_equal([json.loads(l)["data"] for l in first.output().splitlines()], ["2", "3"], "what follows an id")
    text = Command(
        context, context.binary, "subscribe", url(server.hub, "/topics/a"), "--last-event-id", ids[3], "--count", "1"
    ).wait(0)
    check_equal(text.output(), f"[{ids[4]}] message: 4\n", "the text form")


@scenario("exit codes: 0 on Ctrl-C, 1 with a sentence on a refusal, 64 on bad usage, 78 on a bad configuration")
def exit_codes(context):
    server = context.server()
    program = context.binary
    # A refusal of the hub, and nobody listening.
    refused = Command(context, program, "subscribe", url(server.hub, HUB)).wait(1)
    check("topic" in refused.errors(), f"the refusal does not say why: {refused.errors()!r}")
    check_equal(refused.output(), "", "standard output of a refused subscriber")
    refused = Command(context, program, "publish", "--hub", url(server.hub), "--topic", "a", "--id", "i" * 2000, "x").wait(1)
    check("id" in refused.errors(), f"the refusal does not say why: {refused.errors()!r}")
    nobody = Command(context, program, "publish", "--hub", "http://127.0.0.1:1", "--topic", "a", "x").wait(1)
    check("127.0.0.1:1" in nobody.errors(), f"the sentence does not say whom it asked: {nobody.errors()!r}")
    # Usage.
    for words in (["publish", "x"], ["subscribe"], ["subscribe", "ftp://x"], ["fly"]):
        check(Command(context, program, *words).wait(64).errors(), f"no sentence about {words}")
    # Configuration.
    with open(context.path("bad.yaml"), "w") as file:
        file.write("listen: 127.0.0.1:0\nlog: { stroe: memory }\n")
    for words in (["check-config", "bad.yaml"], ["serve", "--config", "bad.yaml"]):
        said = Command(context, program, *words).wait(78).errors()
        check("bad.yaml:2" in said and "stroe" in said, f"file, line and key are not all in {said!r}")
    said = Command(context, program, "serve", "--loops", "zero").wait(78).errors()
    check("--loops" in said and "zero" in said, f"flag and value are not both in {said!r}")
    said = Command(context, program, "serve", "--address", "0.0.0.0:0", "--log", "memory").wait(78).errors()
    check("loopback" in said, f"serving to the world is not refused with why: {said!r}")
    with open(context.path("good.yaml"), "w") as file:
        file.write("log: { store: memory }\n")
    Command(context, program, "check-config", "good.yaml").wait(0)
    # An address that is taken.
    said = Command(
        context, program, "serve", "--log", "memory", "--admin", "off", "--address", "%s:%d" % server.hub
    ).wait(1).errors()
    check("%s:%d" % server.hub in said, f"the sentence does not say which address: {said!r}")
    # Ctrl-C, and a reader that goes away.
    subscriber = Command(context, program, "subscribe", url(server.hub, "/topics/a"), "--json")
    wait_for_streams(server, 1)
    os.kill(subscriber.process.pid, signal.SIGINT)
    subscriber.wait(0)
    publisher = context.publisher(server)
    piped = Command(context, "sh", "-c", f"{program} subscribe {url(server.hub, '/topics/a')} --json | head -n 1")
    wait_for_streams(server, 1)
    publisher.form("a", "first")
    wait_for(lambda: piped.output(), 5, "the first line comes through the pipe")

    def ends():
        publisher.form("a", "more")
        return piped.process.poll() is not None

    wait_for(ends, 5, "a subscriber whose reader has gone ends", every=0.05)
    check_equal(piped.process.returncode, 0, "the exit code of the pipe")


@scenario("output that can't be written is told, with status 1; a reader that has gone is no fault")
def unwritable(context):
    if not os.path.exists("/dev/full"):
        raise Skipped("there is no /dev/full")
    server = context.server()
    hub, program = url(server.hub), context.binary
    subscriber = Command(context, "sh", "-c", f"{program} subscribe {hub}/topics/a > /dev/full")
    wait_for_streams(server, 1)
    publisher = Command(context, "sh", "-c", f"{program} publish --hub {hub} --topic a x > /dev/full")
    for command in (publisher, subscriber):
        said = command.wait(1).errors()
        check("No space left on device" in said, f"it does not say why it ended: {said!r}")
    gone = Command(context, "sh", "-c", f"{{ {program} publish --hub {hub} --topic a x; echo $? >&2; }} | true").wait(0)
    check_equal(gone.errors(), "0\n", "the exit code of a publisher whose reader has gone")


@scenario("a server that falls silent behind its head, or drips, holds up publish and check-config for a time only")
def stalled(context):
    silent, dripping = stallers(context)
    program = context.binary
    with open(context.path("keys.yaml"), "w") as file:
        json.dump({"log": {"store": "memory"}, "auth": {"publish": {"jwks": dripping.url}, "anonymous": True}}, file)
    publishers = [
        Command(context, program, "publish", "--hub", server.url, "--topic", "a", "x") for server in (silent, dripping)
    ]
    # A key set is waited for 5 s, an answer to an update 30 s.
    said = Command(context, program, "check-config", "keys.yaml").wait(0, within=10).errors()
    check("auth.publish.jwks" in said, f"it does not say that keys can't be fetched: {said!r}")
    for publisher in publishers:
        said = publisher.wait(1, within=40).errors()
        check("no answer in time" in said, f"it does not say what it waited for: {said!r}")


@scenario("what a server says moves no cursor, and no secret in a URL is printed")
def printed(context):
    program = context.binary
    rascal = context.closes(Rascal(b"HTTP/1.1 200 OK\r\nContent-Type: text/\xc2\x9b2J\r\nContent-Length: 0\r\n\r\n"))
    said = Command(context, program, "subscribe", rascal.url + "?authorization=secret").wait(1).errors()
    check("text/M-^[2J" in said and "\x9b" not in said, f"a control character reaches the terminal: {said!r}")
    check(rascal.url in said and "secret" not in said, f"the sentence has not the URL without its query: {said!r}")
    guarded = "http://user:secret@127.0.0.1:1/"
    for words in (
        ["subscribe", guarded],
        ["publish", "--hub", guarded, "--topic", "a", "x"],
        ["doctor", guarded],
        ["doctor", rascal.url, "--publish-url", guarded],
        ["bench", "fan-out", guarded],
        ["bench", "listen", guarded],
    ):
        said = Command(context, program, *words).wait(64).errors()
        check("would not be sent" in said and "secret" not in said, f"what is said of a password in a URL: {said!r}")
