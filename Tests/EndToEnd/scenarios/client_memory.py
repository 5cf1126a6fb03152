"""EventSourceClient holds back a server that is faster than its reader, and holds no more for it."""

import os
import re
import socket
import subprocess
import threading
import time

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
        self.connections = self.sent = 0
        self.start = time.monotonic()
        self.sending_since = None
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
        self.start = time.monotonic()
        while self.open:
            batch = range(self.sent, min(self.offered(), self.sent + 1000))
            if not batch:
                time.sleep(0.005)
                continue
            self.sending_since = time.monotonic()
            self.socket.sendall("".join(EVENT.format(n) for n in batch).encode())
            self.sending_since = None
            self.sent += len(batch)

    def offered(self):
        return int((time.monotonic() - self.start) * OFFERED_PER_SECOND)

    def stuck(self):
        """For how long the last write has not gone through."""
        since = self.sending_since
        return time.monotonic() - since if since else 0

    def close(self):
        self.open = False
        if self.socket:
            self.socket.close()
        self.listener.close()


class Reader:
    """ReadEvents, as released, which lies beside martlet: it prints an event and waits for a second."""

    def __init__(self, context, url):
        binary = os.path.join(os.path.dirname(os.path.realpath(context.binary)), "ReadEvents")
        if not os.path.exists(binary):
            raise Skipped("ReadEvents is not built: swift build -c release --product ReadEvents")
        self.process = subprocess.Popen(
            [binary, url, "1"], stdout=subprocess.PIPE, text=True, preexec_fn=die_with_parent
        )
        context.closes(self)
        self.lines = []
        threading.Thread(target=lambda: self.lines.extend(self.process.stdout), daemon=True).start()

    def memory(self, name):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return int(re.search(rf"^{name}:\s+(\d+) kB$", status.read(), re.MULTILINE)[1]) * 1024

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@scenario("a client that reads an event a second of 10,000 offered stays below 32 MB")
def slow_client(context):
    seconds = 10 if context.quick else 25
    server = context.closes(Firehose())
    reader = Reader(context, f"http://127.0.0.1:{server.port}/")
    wait_for(lambda: reader.lines, 10, "the first event is read")

    start = time.monotonic()
    resident = []
    while time.monotonic() < start + seconds:
        time.sleep(0.5)
        resident.append(reader.memory("VmRSS"))
        context.progress(f"{len(reader.lines)} events read, {server.sent:,} of {server.offered():,} sent")
    peak = reader.memory("VmHWM")
    numbers = [int(line.split()[1]) for line in list(reader.lines)]

    check_equal(numbers, list(range(len(numbers))), "the events that were read")
    check(seconds - 2 <= len(numbers) <= seconds + 2, f"{len(numbers)} events were read in {seconds} s")
    check_equal(server.connections, 1, "the connections that were made")
    check(server.stuck() > seconds / 3, f"the server was never held back for long: {server.stuck():.1f} s")
    check(peak < 32_000_000, f"the client held {peak / 1e6:.1f} MB at its most")
    growth = max(resident) - resident[len(resident) // 4]
    check(growth < MIB, f"the client's memory grew by {growth / MIB:.1f} MiB")
    return (
        f"{len(numbers)} events read in {seconds} s, {server.sent:,} of {server.offered():,} sent, "
        f"client at most {peak / 1e6:.1f} MB, of which {(peak - resident[0]) / 1e6:+.1f} MB since its first second"
    )
