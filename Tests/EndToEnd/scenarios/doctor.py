"""`martlet doctor`, told the truth about by real servers."""

import json
import socket

from harness import tokens
from harness.certificates import Authority
from harness.nginx import Nginx
from harness.outcome import check, check_equal
from harness.scenario import scenario
from harness.site import Site, unused_port
from harness.stream import HUB
from scenarios.commands import Command, url

ORIGIN = "https://app.example"
KEY = "a key for tests that is long enough for HS256"


class Examination:
    """A doctor at work; several are at the same time."""

    def __init__(self, context, address, *words, listen=3):
        self.address = address
        self.command = Command(context, context.binary, "doctor", address, "--json", "--listen", str(listen), *words)

    def finish(self, code):
        """Checks the exit code, and has the findings by id."""
        self.command.wait(code, within=40)
        report = json.loads(self.command.output())
        check_equal(report["fit"], code == 0, f"whether {self.address} is said to be fit")
        self.findings = {finding["id"]: finding for finding in report["findings"]}
        check_equal(len(self.findings), len(report["findings"]), "how many findings have an id of their own")
        for finding in report["findings"]:
            known = finding["verdict"] in ("ok", "warn", "fail", "skip")
            check(known and finding["sentence"], f"a finding without a verdict or a sentence: {finding}")
            if finding["verdict"] in ("warn", "fail"):
                check(finding["cure"], f"there is no cure in {finding}")
        failed = {name for name, finding in self.findings.items() if finding["verdict"] == "fail"}
        check(bool(failed) == (code != 0), f"{self.address} ended with {code}, and failed is {failed}")
        return self

    def check(self, id, verdict, *texts):
        """Checks a verdict, and that its sentence or its cure has each text."""
        finding = self.findings.get(id)
        check(finding is not None, lambda: f"{self.address}: nothing about {id} in {list(self.findings)}")
        check_equal(finding["verdict"], verdict, f"{self.address}: the verdict of {finding}")
        for text in texts:
            said = f"{finding['sentence']} {finding['cure']}"
            check(text in said, f"{self.address}: {text!r} is not in {said!r}")
        return finding


def hub_with(context, **more):
    return context.server(config=json.dumps({"streams": {"heartbeat": "1s"}, "cors": {"origins": [ORIGIN]}, **more}) + "\n")


@scenario("doctor: the hub itself is fit, with and without HTTP/2, and a foreign origin is told")
def fit(context):
    server = hub_with(context)
    own = Examination(context, url(server.hub, HUB), "--topic", "a", "--origin", ORIGIN)
    short = Examination(context, url(server.hub, "/topics/a"))
    foreign = Examination(context, url(server.hub, "/topics/a"), "--origin", "https://elsewhere.example")
    own.finish(0)
    for id in ("connect", "tls", "answer", "status", "content-type", "first-byte", "delivery", "compression", "format"):
        own.check(id, "ok")
    for id in ("heartbeat", "stream-end", "resume", "cors", "cors-preflight", "caching", "proxies"):
        own.check(id, "ok")
    own.check("gap", "ok", "martlet:gap")
    own.check("http-version", "warn", "HTTP/1.1", "six connections", "share")
    delivery = own.check("delivery", "ok", "5 published events")["seconds"]
    check(0 < delivery < 0.25, f"an event is said to take {delivery} s")
    heartbeat = own.check("heartbeat", "ok")["seconds"]
    check(0.8 < heartbeat < 2, f"the heartbeat of 1 s is said to be of {heartbeat} s")
    short.finish(0).check("delivery", "ok")
    short.check("cors", "skip", "--origin")
    foreign.finish(1).check("cors", "fail", "https://elsewhere.example", "cors.origins")
    foreign.check("cors-preflight", "warn", "403")
    foreign.check("delivery", "ok")
    return f"an event took {delivery * 1000:.1f} ms"


@scenario("doctor: TLS with HTTP/2 is fit; an unknown authority, a wrong name and a plain port are told apart")
def tls(context):
    authority = Authority(context.folder)
    certificate, key = authority.issue("server")
    server = context.server(config=json.dumps({"tls": {"certificate": certificate, "key": key}}) + "\n")
    other, other_key = authority.issue("other", names="DNS:elsewhere.example")
    misnamed = context.server(config=json.dumps({"tls": {"certificate": other, "key": other_key}}) + "\n")
    plain = context.server()
    address = f"https://127.0.0.1:{server.hub[1]}/topics/a"
    trust = ("--ca-file", authority.certificate)
    good = Examination(context, address, *trust, listen=2)
    named = Examination(context, address.replace("127.0.0.1", "localhost"), *trust, listen=2)
    unknown = Examination(context, address, listen=2)
    wrong = Examination(context, f"https://localhost:{misnamed.hub[1]}/topics/a", *trust, listen=2)
    spoken = Examination(context, f"https://127.0.0.1:{plain.hub[1]}/topics/a", *trust, listen=2)
    for examination in (good, named):
        examination.finish(0).check("http-version", "ok", "HTTP/2")
        examination.check("delivery", "ok")
        # The certificates of tests are valid for two days.
        examination.check("tls", "warn", "TLS 1.3", "HTTP/2", "expires")
    unknown.finish(1).check("tls", "fail", "no authority", "--ca-file")
    wrong.finish(1).check("tls", "fail", "other names")
    spoken.finish(1).check("tls", "fail", "no TLS", "http://")
    check("status" not in unknown.findings, "a server whose certificate is refused was asked all the same")


@scenario("doctor: nginx that buffers, compresses, cuts, or is as it should be")
def proxies(context):
    server = hub_with(context)
    # The first heartbeat comes when the walk over the streams does, so at 15 s it may break any silence of 5 s.
    quiet = context.server(config=json.dumps({"streams": {"heartbeat": "1h"}}) + "\n")
    newer = "proxy_http_version 1.1; "
    # As nginx does by itself before a server that knows nothing of it.
    ignoring = "proxy_ignore_headers X-Accel-Buffering; proxy_buffering on; "
    gzip = "gzip on; gzip_types text/event-stream; gzip_min_length 0; gzip_proxied any; "
    nginx = context.closes(
        Nginx(
            context.folder,
            server.hub,
            {
                "good": newer + "proxy_buffering off; proxy_read_timeout 1h;",
                "trusting": newer + "proxy_buffering on;",
                "buffers": ignoring,
                "gzip": newer + gzip + "proxy_buffering off;",
                "late": newer + ignoring + gzip,
                "twice": newer + f"proxy_buffering off; add_header Access-Control-Allow-Origin {ORIGIN};",
            },
        )
    )
    cutting = context.closes(
        Nginx(context.folder, quiet.hub, {"cuts": newer + "proxy_buffering off; proxy_read_timeout 5s;"}, name="cutting")
    )
    cuts = Examination(context, cutting.url("cuts", "/topics/a"), listen=9)
    path = HUB + "?topic=a"
    ways = {name: Examination(context, nginx.url(name, path), "--origin", ORIGIN) for name in nginx.ports}
    ways["good"].finish(0)
    for id in ("delivery", "compression", "heartbeat", "stream-end", "resume", "gap", "cors", "caching"):
        ways["good"].check(id, "ok")
    ways["good"].check("proxies", "ok", "nginx", "60 s")
    buffers = ways["buffers"].finish(1)
    buffers.check("delivery", "fail", "buffers", "proxy_buffering off")
    gzipped = ways["gzip"].finish(0)
    gzipped.check("compression", "warn", "gzip", "gzip_types")
    gzipped.check("delivery", "ok")
    # The hub's X-Accel-Buffering is enough.
    ways["trusting"].finish(0).check("delivery", "ok")
    ways["late"].finish(1).check("delivery", "fail", "compression", "gzip_types")
    ways["late"].check("compression", "fail", "gzip_types")
    ways["twice"].finish(1).check("cors", "fail", "more than once", "proxy_hide_header")
    cut = cuts.finish(1).check("stream-end", "fail", "idle cut", "proxy_read_timeout")
    check(4 < cut["seconds"] < 7, f"a cut after 5 s is said to be after {cut['seconds']} s")
    cuts.check("delivery", "ok")


@scenario("doctor: JSON, a page, a 404, a dead port, a silent server and a refused token are told apart")
def refusals(context):
    site = context.closes(Site({"/api": ("application/json", '{"a":1}'), "/": ("text/html", "<p>Hello")}))
    locked = context.server(config=json.dumps({"auth": {"publish": {"key": KEY}, "subscribe": {"key": KEY}}}) + "\n")
    silent = context.closes(socket.create_server(("127.0.0.1", 0)))
    token = tokens.token(KEY, publish=["*"], subscribe=["*"])
    reading = tokens.token(KEY, subscribe=["*"])
    dead = Examination(context, f"http://127.0.0.1:{unused_port()}/", listen=1)
    dead.finish(2).check("connect", "fail", "refused")
    check_equal(list(dead.findings), ["connect"], "what is said of a dead port")
    nobody = Examination(context, "http://no-such-host.invalid/", listen=1)
    nobody.finish(2).check("connect", "fail", "not found")
    Examination(context, site.url("/api"), listen=1).finish(1).check("content-type", "fail", "application/json")
    Examination(context, site.url("/"), listen=1).finish(1).check("content-type", "fail", "text/html", HUB)
    Examination(context, site.url("/none"), listen=1).finish(1).check("status", "fail", "404", "no such page")
    mute = Examination(context, "http://127.0.0.1:%d/" % silent.getsockname()[1], listen=2)
    outside = Examination(context, url(locked.hub, HUB), listen=2)
    inside = Examination(context, url(locked.hub, HUB), "--token", token, listen=2)
    reader = Examination(context, url(locked.hub, "/topics/a"), "--token", reading, listen=2)
    mute.finish(1).check("answer", "fail", "No answer")
    outside.finish(1).check("status", "fail", "401", "--token")
    inside.finish(0).check("delivery", "ok")
    reader.finish(0).check("delivery", "skip", "401", "--token")


@scenario("doctor: for people it prints lines with a cure, and bad usage is 64")
def text(context):
    server = context.server()
    done = Command(context, context.binary, "doctor", url(server.hub, "/nothing"), "--listen", "1").wait(1)
    lines = done.output().splitlines()
    status = next((line for line in lines if line.startswith("fail  status: ")), None)
    check(status and "404" in status, f"no line about 404 in {lines}")
    check(lines[lines.index(status) + 1].startswith("      → "), f"no cure in {lines}")
    check(lines[-1].startswith("Not fit"), f"the last line is {lines[-1]!r}")
    check("\x1b" not in done.output(), "there are colours, though this is no terminal")
    check("listening" in done.errors(), f"no progress on standard error: {done.errors()!r}")
    for words in (["ftp://x"], ["http://x/", "--listen", "0"], ["http://x/", "--origin", "https://x/path"], []):
        check(Command(context, context.binary, "doctor", *words).wait(64).errors(), f"no sentence about {words}")
