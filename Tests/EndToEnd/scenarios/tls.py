"""TLS: certificates that change, which protocol is spoken, and what curl makes of it."""

import json
import os
import shutil
import socket
import ssl
import subprocess

from harness import http1, http2
from harness.certificates import fingerprint, peer_fingerprint
from harness.outcome import check, check_equal
from harness.publisher import Publisher
from harness.scenario import scenario
from harness.stream import Stream, hub_path
from harness.transport import HTTP2
from harness.waiting import wait_for


class Site:
    """A hub behind TLS, with its certificate in files that may be replaced."""

    def __init__(self, context, **options):
        self.context = context
        self.transport = context.transport(HTTP2)
        self.authority = self.transport.authority
        self.certificate, self.key = context.path("cert.pem"), context.path("key.pem")
        self.replace(*self.transport.settings["tls"].values())
        # Relative, as in the documentation: to where the configuration is.
        configuration = {"streams": {"heartbeat": "60s"}, "tls": {"certificate": "cert.pem", "key": "key.pem"}}
        self.server = context.server(config=json.dumps(configuration) + "\n", **options)
        check(self.server.is_tls, f"the start's lines do not say https: {self.server.stderr()}")
        self.http1 = self.authority.trust("http/1.1")

    def replace(self, certificate, key):
        for source, target in ((certificate, self.certificate), (key, self.key)):
            shutil.copyfile(source, target + ".new")
            os.replace(target + ".new", target)

    def connect(self, **options):
        return self.context.closes(http2.Connection(self.server.hub, self.transport.tls, **options))

    def publisher(self):
        return self.context.closes(Publisher(self.server.hub, tls=self.http1))

    def stream(self, path, *arguments):
        """A stream over HTTP/1.1."""
        return self.context.closes(Stream(self.server.hub, path, *arguments, tls=self.http1))

    def shown(self, tls=None):
        """The certificate that a new connection sees."""
        with http1.Connection(self.server.hub, tls=tls or self.http1) as connection:
            found = peer_fingerprint(connection.socket)
            check_equal(connection.request("GET", "/healthz").status, 200, "/healthz")
            return found


@scenario("TLS: a certificate is replaced at SIGHUP; open streams live on, and a broken one changes nothing")
def reload(context):
    site = Site(context)
    first = fingerprint(site.certificate)
    check_equal(site.shown(), first, "the certificate that is shown")
    connection = site.connect()
    streams = [site.stream(hub_path("a")), connection.stream(hub_path("a"))]
    publisher = site.publisher()

    def check_live(text):
        publisher.form("a", text)
        for stream in streams:
            check_equal([event.data for event in stream.read(1)], [text], "what came to an old stream")

    check_live("before")
    issued = site.authority.issue("second")
    site.replace(*issued)
    second = fingerprint(site.certificate)
    check_equal(site.shown(), first, "the certificate that is shown before SIGHUP")
    site.server.reload()
    wait_for(lambda: site.shown() == second, 5, "new connections see the new certificate", every=0.02)
    wait_for(lambda: peer_fingerprint(site.connect().socket) == second, 5, "HTTP/2 sees it too", every=0.02)
    check_live("after the first")
    check_equal(peer_fingerprint(connection.socket), first, "the certificate of the old connection")

    stranger, strangers_key = site.authority.issue("stranger")
    for what, certificate, key in (
        ("no PEM", b"-----BEGIN CERTIFICATE-----\nnot base64\n-----END CERTIFICATE-----\n", None),
        ("empty", b"", None),
        ("key of another", None, strangers_key),
    ):
        if certificate is not None:
            with open(site.certificate, "wb") as file:
                file.write(certificate)
        else:
            site.replace(issued[0], key)
        said = len(site.server.stderr())
        site.server.reload()
        # It says which file, so that somebody can mend it.
        wait_for(
            lambda: any(word in site.server.stderr()[said:] for word in ("cert.pem", "key.pem")),
            5,
            lambda: f"the log names the file ({what}): {site.server.stderr()[said:]!r}",
        )
        check_equal(site.shown(), second, f"the certificate that is shown ({what})")
        check_live(what)
        site.replace(*issued)
    os.remove(site.key)
    said = len(site.server.stderr())
    site.server.reload()
    wait_for(lambda: "key.pem" in site.server.stderr()[said:], 5, "the log names the file that is missing")
    check_equal(site.shown(), second, "the certificate that is shown")

    site.replace(stranger, strangers_key)
    site.server.reload()
    third = fingerprint(stranger)
    wait_for(lambda: site.shown() == third, 5, "new connections see the third certificate", every=0.02)
    check_live("at last")
    check_equal([stream.end for stream in streams], [None, None], "how the old streams ended")


@scenario("TLS: a server does not start with a certificate that it cannot use")
def unusable(context):
    transport = context.transport(HTTP2)
    other = transport.authority.issue("other")[1]
    certificate = transport.settings["tls"]["certificate"]
    with open(context.path("empty.pem"), "w"):
        pass
    for tls, named in (
        ({"certificate": "missing.pem", "key": other}, "missing.pem"),
        ({"certificate": context.path("empty.pem"), "key": other}, "empty.pem"),
        ({"certificate": certificate, "key": other}, "key"),
        ({"certificate": certificate}, "key"),
    ):
        server = context.server(config=json.dumps({"tls": tls}) + "\n", starts=False)
        code, _ = server.wait(10)
        check(code > 0, f"it ended with {code} for {tls}")
        check(named in server.stderr(), f"{named!r} is not in {server.stderr()!r}")


@scenario("TLS: HTTP/1.1 for whoever does not offer h2, and what is no TLS harms nobody")
def negotiation(context):
    site = Site(context, settings={"limits.header-timeout": "2s"})
    stream = site.connect().stream(hub_path("a"))
    site.shown(site.authority.trust())
    site.shown(site.authority.trust("http/1.0", "http/1.1"))
    with http1.Connection(site.server.hub, tls=site.authority.trust("http/1.1", "h2")) as connection:
        check(connection.socket.selected_alpn_protocol() in ("h2", "http/1.1"), "none was chosen of two protocols")
    idle = context.closes(socket.create_connection(site.server.hub, timeout=10))
    # A plain request, a record of which the most part never comes, and zeros.
    for first in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x40\x00" + b"x" * 100, b"\0" * 1000):
        with http1.Connection(site.server.hub) as connection:
            connection.send(first)
            connection.wait_for_end(15)
    try:
        with http1.Connection(site.server.hub, tls=ssl.create_default_context()):
            check(False, "a client that does not trust the certificate was connected")
    except ssl.SSLCertVerificationError:
        pass
    site.publisher().form("a", "still there")
    check_equal([event.data for event in stream.read(1)], ["still there"], "what came")
    idle.close()


@scenario("curl --http2 with the certificate holds a stream", protocol="--http2", version="HTTP/2 200")
@scenario("curl --http1.1 with the certificate holds a stream", protocol="--http1.1", version="HTTP/1.1 200")
def curl(context, protocol, version):
    site = Site(context)
    publisher = site.publisher()
    id = publisher.form("a", "first")
    publisher.form("a", "missed")
    output = context.path("curl.out")
    with open(output, "wb") as file:
        process = subprocess.Popen(
            [
                "curl", "--silent", "--show-error", "--no-buffer", protocol, "--cacert", site.authority.certificate,
                "--dump-header", "-", "--header", f"Last-Event-ID: {id}", "--max-time", "20",
                f"https://127.0.0.1:{site.server.hub[1]}{hub_path('a')}",
            ],
            stdin=subprocess.DEVNULL, stdout=file, stderr=file,
        )  # fmt: skip
    try:

        def has(text):
            with open(output) as file:
                found = file.read()
            check(process.poll() is None, f"curl has ended: {found}")
            return found if text in found else None

        head = wait_for(lambda: has("data: missed\n\n"), 5, "curl prints what was missed")
        check(head.startswith(version), f"curl prints {head[:200]!r}")
        check(f"last-event-id: {id}" in head.lower(), f"curl prints {head[:500]!r}")
        for n in range(3):
            publisher.form("a", f"live {n}")
            wait_for(lambda: has(f"data: live {n}\n\n"), 5, "curl prints what comes")
    finally:
        process.kill()
        process.wait()
    site.server.wait_for_status(lambda s: s["streams"] == 0, 5, "curl's stream is let go")


@scenario("TLS: a large update costs each subscriber of HTTP/1.1 no copy of it")
def large(context):
    site = Site(context)
    streams = [site.stream(hub_path("a")) for _ in range(40)]
    publisher = site.publisher()
    publisher.form("a", "small")
    for stream in streams:
        check_equal([event.data for event in stream.read(1)], ["small"], "what came first")
    before = site.server.resident()
    text = "x" * 1_000_000
    publisher.form("a", text)
    for stream in streams:
        check_equal([event.data for event in stream.read(1)], [text], "what came of a megabyte")
    grown = (site.server.resident() - before) / (1 << 20)
    check(grown < 20, f"memory grew by {grown:.1f} MiB")
    publisher.form("a", "last")
    for stream in streams:
        check_equal([event.data for event in stream.read(1)], ["last"], "what came last")
    return f"{grown:+.1f} MiB"
