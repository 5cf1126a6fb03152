"""`martlet doctor`, at servers that are no hub, and at some that mean no good."""

import http.server
import os
import threading
import time

from harness.outcome import check
from harness.scenario import scenario
from harness.stream import HUB
from harness.waiting import wait_for
from scenarios.commands import Rascal, stallers, url
from scenarios.doctor import ORIGIN, Examination


class Stranger:
    """A stream that is no hub's: numbered events, neither resumed nor kept from caches; and redirects to it."""

    def __init__(self):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                if self.path == "/old":
                    self.send_response(302)
                    self.send_header("Location", "/feed")
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Connection", "close")
                self.end_headers()
                try:
                    for number in range(100):
                        text = f"id: {number}\ndata: {number}\n\n" if self.path == "/feed" else f'{{"n": {number}}}\n'
                        self.wfile.write(text.encode("ascii"))
                        if self.path == "/short" and number == 2:
                            return
                        time.sleep(0.3)
                except OSError:
                    pass

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def url(self, path):
        return f"http://127.0.0.1:{self.server.server_address[1]}{path}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@scenario("doctor: of a stream that is no hub's it says what can be seen, and nothing is published")
def strangers(context):
    site = context.closes(Stranger())
    feed = Examination(context, site.url("/old"), "--origin", ORIGIN)
    rubbish = Examination(context, site.url("/rubbish"))
    short = Examination(context, site.url("/short"))
    feed.finish(1).check("cors", "fail", "Access-Control-Allow-Origin")
    feed.check("redirect", "warn", "302", "/feed")
    feed.check("format", "ok", "events")
    feed.check("delivery", "skip", "--publish-url")
    feed.check("heartbeat", "warn", "events only")
    feed.check("resume", "warn", "Last-Event-ID")
    feed.check("caching", "warn", "no-store")
    feed.check("stream-end", "ok")
    rubbish.finish(1).check("format", "fail", "empty line")
    short.finish(1).check("stream-end", "fail", "ended the stream")


STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
RASCALS = [
    ("answer", "connection", b"", b""),
    ("answer", "", b"SSH-2.0-OpenSSH_9.2\r\n", b""),
    ("answer", "", b"HTTP/1.1 200 OK\r\n", b"X: " + b"x" * 1000 + b"\r\n"),
    ("answer", "more than 10 times", b"HTTP/1.1 302 Found\r\nLocation: /\r\nConnection: close\r\nContent-Length: 0\r\n\r\n", b""),
    ("answer", "no http or https URL", b"HTTP/1.1 302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n", b""),
    ("status", "404", b"HTTP/1.1 404 Not Found\r\n\r\n", b"\x1b[2J" * 10_000),
    ("content-type", "application/json", b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n", b"[" * 10_000),
    ("format", "1 MiB", STREAM + b"\r\n", b"data: " + b"x" * 100_000),
    ("stream-end", "broke off", STREAM + b"Transfer-Encoding: chunked\r\n\r\n3\r\n:\n\n\r\nrubbish\r\n", b""),
    ("stream-end", "broke off", STREAM + b"Content-Encoding: gzip\r\n\r\n" + b"this is not gzip" * 10, b""),
]


@scenario("doctor: whatever a server says, the doctor ends in time with a sentence, and takes no memory for it")
def rascals(context):
    def examine(rascal):
        id, text, words, again = rascal
        server = context.closes(Rascal(words, again))
        return id, text, Examination(context, server.url, listen=2)

    # Two at a time, since those that never stop talking keep a processor busy.
    for two in zip(RASCALS[::2], RASCALS[1::2]):
        for id, text, examination in map(examine, two):
            examination.finish(1).check(id, "fail", text)
    # A firehose of good events is no fault.
    flood = context.closes(Rascal(STREAM + b"Cache-Control: no-store\r\n\r\n", b"id: 1\ndata: x\n\n" * 5000))
    examination = Examination(context, flood.url, listen=3)
    process = examination.command.process
    wait_for(lambda: process.poll() is not None or resident(process.pid) > 300 << 20, 30, "a flood is examined")
    check(process.poll() is not None, "a flood takes more than 300 MB")
    examination.finish(0).check("format", "ok", "events")


@scenario("doctor: a hub that answers publishers with a head and stalls holds nobody up")
def stalled(context):
    server = context.server()
    address = url(server.hub, HUB)
    for examination in [
        Examination(context, address, "--topic", "a", "--publish-url", staller.url + "?authorization=secret", listen=1)
        for staller in stallers(context)
    ]:
        told = examination.finish(0).check("delivery", "skip", "no answer in time")
        check("secret" not in told["sentence"], f"a secret is told: {told}")


@scenario("doctor: a Host that the user gives goes to no other origin")
def host(context):
    end = context.closes(Rascal(STREAM + b"\r\ndata: x\n\n"))
    redirect = b"HTTP/1.1 302 Found\r\nLocation: %s\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    start = context.closes(Rascal(redirect % end.url.encode("ascii")))
    Examination(context, start.url, "--header", "Host: site.example", listen=1).finish(1)
    # Who only looks whether there is a connection says nothing.
    first, second = ([head for head in rascal.asked if head] for rascal in (start, end))
    check(first and all(b"Host: site.example\r\n" in head for head in first), f"the first origin was asked {first}")
    check(second and not any(b"site.example" in head for head in second), f"the other origin was asked {second}")


def resident(pid):
    try:
        with open(f"/proc/{pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError):
        return 0
