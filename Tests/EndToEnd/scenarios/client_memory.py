"""EventSourceClient holds back a server that is faster than its reader (README of ContractTestService)."""

import http.server
import json
import os
import re
import socket
import subprocess
import threading
import time
import urllib.request

from harness.lifetime import die_with_parent
from harness.outcome import Skipped, check, check_equal
from harness.scenario import scenario
from harness.waiting import wait_for

MIB = 1 << 20
OFFERED_PER_SECOND = 10_000
EVENT = "id: {0}\ndata: {0} " + "x" * 100 + "\n\n"


class Firehose:
    """A server of one stream that has 10,000 events a second to send, and notes what it gets rid of."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.connections = self.offered = self.sent = 0
        self.open = True
        self.socket = None
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while self.open:
            try:
                self.socket, _ = self.listener.accept()
                self.connections += 1
                self.socket.recv(65536)
                self.socket.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
                self.send()
            except OSError:
                pass

    def send(self):
        start = time.monotonic()
        while self.open:
            self.offered = int((time.monotonic() - start) * OFFERED_PER_SECOND)
            batch = range(self.sent, min(self.offered, self.sent + 1000))
            if not batch:
                time.sleep(0.005)
                continue
            data = "".join(EVENT.format(n) for n in batch).encode()
            self.socket.sendall(data)
            self.sent += len(batch)

    def close(self):
        self.open = False
        if self.socket:
            self.socket.close()
        self.listener.close()


class SlowReader:
    """Takes one report of the service a second."""

    def __init__(self):
        reader = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                report = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                reader.reports.append(report)
                time.sleep(1)
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments):
                pass

        self.reports = []
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/callback"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Service:
    """ContractTestService, as released, which lies beside martlet."""

    def __init__(self, context):
        binary = os.path.join(os.path.dirname(os.path.realpath(context.binary)), "ContractTestService")
        if not os.path.exists(binary):
            raise Skipped("ContractTestService is not built: swift build -c release --product ContractTestService")
        self.process = subprocess.Popen(
            [binary, "--port", "0"], stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent
        )
        context.closes(self)
        self.url = re.fullmatch(r"Listening on (http://\S+)\n", self.process.stdout.readline())[1]

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.headers["Location"]

    def memory(self, name):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return int(re.search(rf"^{name}:\s+(\d+) kB$", status.read(), re.MULTILINE)[1]) * 1024

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@scenario("a client that reads an event a second of 10,000 offered stays below 32 MiB")
def slow_client(context):
    seconds = 10 if context.quick else 25
    server = context.closes(Firehose())
    reader = context.closes(SlowReader())
    service = Service(context)
    stream = service.ask("POST", "/", {"streamUrl": f"http://127.0.0.1:{server.port}/", "callbackUrl": reader.url})
    wait_for(lambda: reader.reports, 10, "the first event is reported")

    start = time.monotonic()
    resident = [service.memory("VmRSS")]
    while time.monotonic() < start + seconds:
        time.sleep(0.5)
        resident.append(service.memory("VmRSS"))
        context.progress(f"{len(reader.reports)} events read, {server.sent:,} of {server.offered:,} sent")
    peak = service.memory("VmHWM")
    # Whatever the server has got rid of beyond what was read lies in the kernel, or in the client.
    numbers = [int(report["event"]["data"].split()[0]) for report in list(reader.reports)]
    offered = int((time.monotonic() - start) * OFFERED_PER_SECOND)

    check_equal(numbers, list(range(len(numbers))), "the events that were read")
    check(seconds - 2 <= len(numbers) <= seconds + 2, f"{len(numbers)} events were read in {seconds} s")
    check_equal(server.connections, 1, "the connections that were made")
    check(server.sent < offered / 2, f"{server.sent:,} of {offered:,} events went out: the client did not hold back")
    check(peak < 32 * MIB, f"the client held {peak / MIB:.1f} MiB at its most")
    growth = max(resident[len(resident) // 2 :]) - resident[len(resident) // 4]
    check(growth < MIB, f"the client's memory was still growing, by {growth / MIB:.1f} MiB")

    service.ask("DELETE", stream)
    service.ask("DELETE", "/")
    check_equal(service.process.wait(10), 0, "the exit code of the service")
    return (
        f"{len(numbers)} events read in {seconds} s, {server.sent:,} of {offered:,} sent, "
        f"client at most {peak / MIB:.1f} MiB"
    )
