"""docs/deploy.md: the proxies, each with its very file of deploy/, before a hub with the configuration of deploy/."""

import contextlib
import json
import os
import time

from harness import http1, http2, tokens
from harness.certificates import Authority, fingerprint, peer_fingerprint
from harness.deployed import DEPLOYED, deployed
from harness.document import Document
from harness.outcome import check, check_equal
from harness.publisher import Publisher
from harness.scenario import scenario
from harness.stream import HUB, Stream, hub_path
from harness.waiting import wait_for
from scenarios.doctor import Examination

KEY = "a key for tests that is long enough for HS256"
DOCUMENT = "deploy.md"


def hub(context, heartbeat="1s", port=0, log=None, **settings):
    """A hub with deploy/martlet.yaml, as its unit starts it; `log` is the name of one that another has left."""
    with open(context.path("token-key"), "w") as file:
        file.write(KEY + "\n")
    return context.server(
        config=deployed("martlet.yaml"),
        log=f"sqlite:{log or 'martlet-%d.db' % len(context.servers)}",
        address=f"127.0.0.1:{port}",
        settings={"streams.heartbeat": heartbeat, **settings},
        environment={"CREDENTIALS_DIRECTORY": context.folder},
    )


class Front:
    """A hub with a proxy before it, and the clients of both."""

    def __init__(self, context, name, server, changes=()):
        self.context = context
        self.server = server
        # One each, since its files are named alike.
        folder = context.path(f"front-{len(context.closing)}")
        os.mkdir(folder)
        self.authority = Authority(folder)
        self.proxy = context.closes(DEPLOYED[name](context.folder, server.hub, self.authority, changes))
        self.http1 = self.authority.trust("http/1.1")
        self.token = tokens.token(KEY, publish=["*"], subscribe=["*"])

    def stream(self, path, *arguments, **options):
        return self.context.closes(Stream(self.proxy.address, path, *arguments, tls=self.http1, **options))

    def connect(self):
        return self.context.closes(http2.Connection(self.proxy.address, self.authority.trust("h2")))

    def shown(self):
        """The certificate that a new connection is shown; none while there is no connection."""
        with contextlib.suppress(OSError), http1.Connection(self.proxy.address, tls=self.http1) as connection:
            return peer_fingerprint(connection.socket)

    def publisher(self):
        return self.context.closes(Publisher(self.proxy.address, tls=self.http1))

    def try_publish(self, topic, data, path=HUB):
        fields = [("Content-Type", "application/x-www-form-urlencoded"), tokens.bearer(self.token)]
        return self.publisher().request("POST", path, fields, f"topic={topic}&data={data}".encode())

    def publish(self, topic, data, path=HUB):
        answer = self.try_publish(topic, data, path)
        check_equal(answer.status, 200, f"the answer to a publisher ({answer})")
        return answer.text

    def check_live(self, streams, data):
        """What is published comes at once, to each stream."""
        self.publish("a", data)
        start = time.monotonic()
        for stream in streams:
            check_equal(stream.read(1, within=1)[0].data, data, "what came through the proxy")
        return time.monotonic() - start


def examine(context, front, *words):
    words = ("--ca-file", front.authority.certificate, "--token", front.token, *words)
    return Examination(context, front.proxy.url(HUB), *words)


def passes(context, name):
    front = Front(context, name, hub(context))
    doctor = examine(context, front)
    connection = front.connect()
    streams = [front.stream(hub_path("a")), front.stream("/topics/a"), connection.stream(hub_path("a"))]
    longest = max(front.check_live(streams, f"update-{number}") for number in range(10))

    # Both ways to say where to go on.
    ids = [front.publish("b", number) for number in range(4)]
    for stream in (front.stream(hub_path("b"), ids[1]), front.stream(hub_path("b", lastEventID=ids[1]))):
        check_equal([event.data for event in stream.read(2)], ["2", "3"], "what follows an id")

    # On one connection of HTTP/2 a browser has more than six.
    many = [connection.stream(hub_path(f"many/{number}")) for number in range(30)]
    front.publish("many/29", "x")
    check_equal(many[29].read(1)[0].data, "x", "what came on the thirtieth stream")

    # Whoever comes without TLS is sent on.
    answer = http1.request(("127.0.0.1", front.proxy.plain), "GET", "/topics/a")
    check_equal(answer.status, 308, "the answer without TLS")
    check(answer.headers["location"].startswith("https://127.0.0.1"), f"it leads to {answer.headers['location']}")

    doctor.finish(0)
    for id in ("answer", "status", "first-byte", "delivery", "compression", "heartbeat", "stream-end", "resume", "gap", "caching"):
        doctor.check(id, "ok")
    doctor.check("http-version", "ok", "HTTP/2")
    # The certificates of tests are valid for two days.
    doctor.check("tls", "warn", "expires")
    advised = [id for id, finding in doctor.findings.items() if finding["verdict"] == "warn"]
    check_equal(advised, ["tls"], "what the doctor advises on")
    return f"the slowest of ten updates took {longest * 1000:.0f} ms to three streams"


for proxy in DEPLOYED:
    scenario(
        f"deploy: through {proxy} the doctor finds nothing wrong, events come at once, and streams go on",
        name=proxy,
    )(passes)


def whose(context, name):
    """An address has two streams, whatever it says of itself."""
    front = Front(context, name, hub(context, **{"streams.per-address": "2"}))

    def ask(source, says):
        return front.stream(hub_path("a"), headers=[("X-Forwarded-For", says)], source=source).status

    found = [ask("127.0.0.9", f"203.0.113.{number}") for number in range(4)]
    check_equal(found, [200, 200, 429, 429], "the answers to 127.0.0.9")
    check_equal(ask("127.0.0.10", "127.0.0.9"), 200, "the answer to 127.0.0.10")
    listed = json.loads(http1.request(front.server.admin, "GET", "/connections").text)["connections"]
    addresses = sorted(one["address"] for one in listed)
    check_equal(addresses, ["127.0.0.10", "127.0.0.9", "127.0.0.9"], "the addresses that operators are shown")


for proxy in DEPLOYED:
    scenario(f"deploy: behind {proxy} each client has streams of its own, and can't borrow another's", name=proxy)(whose)


def silence(context, name):
    """Its limit, shortened from two minutes to three seconds: a heartbeat is what a stream lives by."""
    changes = [("2m", "3s")]
    beating = Front(context, name, hub(context), changes)
    silent = Front(context, name, hub(context, heartbeat="60s"), changes)
    living = [beating.stream(hub_path("a")), beating.connect().stream(hub_path("a"))]
    cut = [silent.stream(hub_path("a")), silent.connect().stream(hub_path("a"))]
    start = time.monotonic()
    for stream in cut:
        wait_for(lambda: stream.receive(0.2) is None and stream.end, 10, "a silent stream is cut")
    taken = time.monotonic() - start
    check(taken > 2, f"a silent stream was cut after {taken:.1f} s")
    while time.monotonic() - start < 9:
        for stream in living:
            stream.receive(0.1)
            check(not stream.end, f"a stream with a heartbeat was {stream.end}")
    beating.check_live(living, "still there")
    return f"without a heartbeat it was cut after {taken:.1f} s"


for proxy in ("nginx", "HAProxy"):
    scenario(f"deploy: {proxy} cuts what is silent, and a heartbeat keeps a stream beyond that", name=proxy)(silence)


def leaves(context, name):
    """A hub is told at once, not when it writes next."""
    front = Front(context, name, hub(context, heartbeat="60s"))
    plain = [front.stream(hub_path("a")) for _ in range(20)]
    connection = front.connect()
    for _ in range(20):
        connection.stream(hub_path("a"))
    front.server.wait_for_status(lambda status: status["streams"] == 40, 10, "all streams are open")
    # With something unread, and without.
    front.publish("a", "unread")
    for stream in plain:
        stream.close()
    front.server.wait_for_status(lambda status: status["streams"] == 20, 5, "streams of HTTP/1.1 are closed")
    connection.close()
    front.server.wait_for_status(lambda status: status["streams"] == 0, 5, "streams of HTTP/2 are closed")


for proxy in DEPLOYED:
    scenario(f"deploy: {proxy} tells the hub at once who has left", name=proxy)(leaves)


def sources(server):
    """The addresses from which connections to a hub come."""
    with open("/proc/net/tcp") as file:
        lines = [line.split() for line in file.readlines()[1:]]
    hub = f"{server.hub[1]:04X}"
    found = [line[2] for line in lines if line[1].endswith(f":{hub}") and line[3] == "01"]
    return {".".join(str(byte) for byte in bytes.fromhex(one.split(":")[0])[::-1]) for one in found}


def addresses(context, name):
    front = Front(context, name, hub(context))
    for number in range(60):
        front.stream(hub_path("a"))
    found = sources(front.server)
    check_equal(found, {f"127.0.0.{number}" for number in range(2, 6)}, "from where the proxy comes")


for proxy in ("nginx", "HAProxy"):
    scenario(f"deploy: {proxy} comes to the hub from four addresses", name=proxy)(addresses)


def reloads(context, name, changes=()):
    """Streams go on through a reload, which has a new certificate read."""
    front = Front(context, name, hub(context), changes)
    old = [front.stream(hub_path("a")), front.connect().stream(hub_path("a"))]
    front.check_live(old, "before")
    front.proxy.renew()
    renewed = fingerprint(front.proxy.certificate)
    front.proxy.reload()
    wait_for(lambda: front.shown() == renewed, 10, "new connections are shown the new certificate", every=0.05)
    new = front.stream(hub_path("a"))
    for number in range(3):
        front.check_live([*old, new], f"after-{number}")
    return front, old, new


def ends_old(context, name, setting):
    """What the file says ends the old configuration's streams; who is cut off goes on where it was."""
    front, old, new = reloads(context, name, [(setting, setting.replace("10m", "5s"))])
    for stream in old:
        wait_for(lambda: stream.receive(0.2) is None and stream.end, 15, "a stream of the old configuration ends")
    front.check_live([new], "meanwhile")
    again = front.stream(hub_path("a"), old[0].events[-1].id)
    check_equal(again.read(1)[0].data, "meanwhile", "what follows what an old stream saw last")


for proxy, setting in (("nginx", "worker_shutdown_timeout 10m"), ("HAProxy", "hard-stop-after 10m")):
    scenario(
        f"deploy: a reload of {proxy} keeps streams for as long as its file says", name=proxy, setting=setting
    )(ends_old)


@scenario("deploy: a reload of Caddy keeps streams")
def reload_caddy(context):
    front, old, new = reloads(context, "Caddy")
    check(not any(stream.end for stream in [*old, new]), "a stream has ended")


def below_prefix(context, name):
    """The block of the page goes where the page says."""
    blocks = [code for language, code in Document(DOCUMENT).blocks if language == name.lower()]
    prefix = next(code for code in blocks if "/live" in code)
    place = {
        "nginx": ("        location / {\n", lambda block: block + "        location / {\n"),
        "HAProxy": ("    default_backend hub\n", lambda block: block + "    default_backend hub\n"),
        "Caddy": ("\t# Caddy sends", lambda block: block.replace("127.0.0.1:8080\n", "127.0.0.1:8080 \n") + "\t# Caddy sends"),
    }[name]
    front = Front(context, name, hub(context), [(place[0], place[1](prefix))])
    stream = front.stream("/live" + hub_path("a"))
    check_equal(stream.status, 200, f"the answer below a prefix ({stream.body})")
    front.publish("a", "below", path="/live" + HUB)
    check_equal(stream.read(1, within=1)[0].data, "below", "what came below a prefix")
    script = http1.request(front.proxy.address, "GET", "/live/martlet.js", tls=front.http1)
    check_equal(script.status, 200, "the answer to /live/martlet.js")


for proxy in DEPLOYED:
    scenario(f"deploy: {proxy} has the hub below a path", name=proxy)(below_prefix)
