#!/usr/bin/env python3
"""What a client costs by polling, long polling, Server-Sent Events and WebSocket: transports.py BINARY

All four from one server in Python, so that what differs between them is the transport; and from the hub the two that it
has. Bytes are those of the connections in both directions, with 52 for the head of each packet; requests have the head
that Chromium sends. Computing is the server's time on a processor. Each figure is the median of three measurements.
"""

import argparse
import collections
import json
import pathlib
import re
import selectors
import signal
import socket
import statistics
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from costs.from_php import computing
from harness.context import Context
from harness.lifetime import die_with_parent
from harness.outcome import check
from harness.publisher import Publisher
from harness.site import unused_port
from harness.waiting import wait_for

HERE = pathlib.Path(__file__).resolve().parent
MEASUREMENTS = 3
# IPv4, TCP, and the time stamps that Linux adds.
PACKET = 52
# What Chromium 140 sends with `fetch` and `EventSource` to its own origin, without cookies.
BROWSER = (
    "Connection: keep-alive\r\nsec-ch-ua-platform: \"Linux\"\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 "
    "Safari/537.36\r\nsec-ch-ua: \"Chromium\";v=\"140\", \"Not=A?Brand\";v=\"24\"\r\nsec-ch-ua-mobile: ?0\r\n"
    "Sec-Fetch-Site: same-origin\r\nSec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\nReferer: http://127.0.0.1:8080/\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: en-US,en;q=0.9\r\n"
)  # fmt: skip
TIME = re.compile(rb"(\d+\.\d{6}) \.")
LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)

Figures = collections.namedtuple("Figures", "computing sent packets received latency late")


class Client:
    """One connection, and how the transport has it ask. Subclasses say what to send at first and after an answer."""

    def __init__(self, number, address, path):
        self.number, self.path = number, path
        self.socket = socket.create_connection(address, timeout=20)
        self.socket.setblocking(False)
        self.buffer = b""
        self.host = f"Host: {address[0]}:{address[1]}\r\n"

    def get(self, path, more=""):
        self.socket.sendall(f"GET {path} HTTP/1.1\r\n{self.host}{BROWSER}{more}\r\n".encode())

    def begin(self, now):
        self.get(self.path)

    def due(self, now):
        """Asked now and then, for those who ask by the clock."""

    def came(self, data):
        """The times in what has come."""
        self.buffer += data
        found = [float(match[1]) for match in TIME.finditer(self.buffer)]
        if found:
            self.buffer = self.buffer[self.buffer.rindex(b" .") + 2 :]
        return found

    def usage(self):
        """Bytes of both directions, and packets."""
        info = self.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
        acked, received = struct.unpack_from("QQ", info, 120)
        out, into = struct.unpack_from("II", info, 136)
        return acked + received, out + into


class Answers(Client):
    """One who gets whole answers."""

    def answers(self, data):
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            head = self.buffer[:end]
            length = LENGTH.search(head)
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(self.buffer) < whole:
                return
            body, self.buffer = self.buffer[end + 4 : whole], self.buffer[whole:]
            yield head, body


class Polling(Answers):
    """Asks once a second, each at a time of its own within it."""

    def begin(self, now):
        self.next = now + self.number % 100 / 100
        self.seen = None

    def due(self, now):
        if now >= self.next:
            self.next += 1
            self.get(self.path)

    def came(self, data):
        for _, body in self.answers(data):
            for match in TIME.finditer(body):
                if match[1] != self.seen:
                    self.seen = match[1]
                    yield float(match[1])


class LongPolling(Answers):
    """Asks for the one after the last, and again once that has come."""

    def begin(self, now):
        self.after = "0"
        self.get(f"{self.path}?after=0")

    def came(self, data):
        for head, body in self.answers(data):
            if number := re.search(rb"X-Number: (\d+)", head):
                self.after = number[1].decode()
            self.get(f"{self.path}?after={self.after}")
            yield from (float(match[1]) for match in TIME.finditer(body))


class HubPolling(Answers):
    """The same, as the hub has it."""

    def begin(self, now):
        self.get(self.path, "Accept: application/json\r\n")

    def came(self, data):
        for _, body in self.answers(data):
            last = json.loads(body)["lastEventID"]
            self.get(self.path, f"Accept: application/json\r\nLast-Event-ID: {last}\r\n")
            yield from (float(match[1]) for match in TIME.finditer(body))


class Streaming(Client):
    def begin(self, now):
        self.get(self.path, "Accept: text/event-stream\r\nCache-Control: no-cache\r\n")


class WebSocket(Client):
    def begin(self, now):
        upgrade = "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        self.socket.sendall(
            f"GET {self.path} HTTP/1.1\r\n{self.host}{BROWSER.replace('keep-alive', 'Upgrade')}{upgrade}\r\n".encode()
        )

    def came(self, data):
        # A ping without a text is answered by a masked pong without one (RFC 6455 §5.5.3).
        for _ in range(data.count(b"\x89\x00")):
            self.socket.sendall(b"\x8a\x80\x00\x00\x00\x00")
        return super().came(data)


class Crowd:
    """Many clients of one kind in a thread, and how late what they were sent came."""

    def __init__(self, kind, count, address, path):
        self.selector = selectors.DefaultSelector()
        self.clients = [kind(number, address, path) for number in range(count)]
        self.late, self.is_open = [], True
        self.lock = threading.Lock()
        for client in self.clients:
            client.begin(time.monotonic())
            self.selector.register(client.socket, selectors.EVENT_READ, client)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while self.is_open:
            ready = self.selector.select(0.005)
            now = time.monotonic()
            found = []
            for key, _ in ready:
                data = key.fileobj.recv(1 << 16)
                check(data, f"the connection of client {key.data.number} has ended")
                found += [time.monotonic() - sent for sent in key.data.came(data)]
            for client in self.clients:
                client.due(now)
            if found:
                with self.lock:
                    self.late += found

    def usage(self):
        pairs = [client.usage() for client in self.clients]
        return sum(pair[0] for pair in pairs), sum(pair[1] for pair in pairs)

    def close(self):
        self.is_open = False
        self.thread.join()
        for client in self.clients:
            client.socket.close()


class PythonServer:
    def __init__(self, every):
        self.address = ("127.0.0.1", unused_port())
        command = [sys.executable, str(HERE / "transports_server.py"), str(self.address[1]), str(every)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, preexec_fn=die_with_parent)
        self.pid = self.process.pid
        check(self.process.stdout.readline() == b"listening\n", "the server in Python does not listen")

    def close(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


class Hub:
    """The hub, and who publishes the value to it."""

    def __init__(self, context, every):
        self.server = context.server(log="memory")
        self.address, self.pid = self.server.hub, self.server.pid
        self.publisher = Publisher(self.server.hub, 20)
        self.is_open = True
        self.thread = threading.Thread(target=self.publish, args=[every], daemon=True)
        self.thread.start()

    def publish(self, every):
        due = time.monotonic() + every
        while self.is_open:
            time.sleep(max(0, min(0.2, due - time.monotonic())))
            if time.monotonic() >= due:
                due += every
                self.publisher.raw("value", f"{time.monotonic():.6f} ".ljust(120, ".").encode())

    def close(self):
        self.is_open = False
        self.thread.join()
        self.publisher.close()
        self.server.kill()


# Which server, its name, the clients, and the path.
ROWS = [
    ("Python", "polling, once a second", Polling, "/value"),
    ("Python", "long polling", LongPolling, "/next"),
    ("Python", "SSE", Streaming, "/events"),
    ("Python", "WebSocket", WebSocket, "/socket"),
    ("Martlet", "long polling", HubPolling, "/topics/value"),
    ("Martlet", "SSE", Streaming, "/topics/value"),
]
NEVER = 1e6


def measure(context, row, clients, seconds, every):
    """What `clients` cost in so many seconds, three times: lists of figures."""
    server_name, name, kind, path = row
    server = PythonServer(every) if server_name == "Python" else Hub(context, every)
    crowd = Crowd(kind, clients, server.address, path)
    found = []
    try:
        if every < NEVER:
            wait_for(lambda: len(crowd.late) >= clients, 60, f"{name}: everybody has been sent something")
        time.sleep(2)
        for _ in range(MEASUREMENTS):
            with crowd.lock:
                crowd.late = []
            before, start = crowd.usage(), time.monotonic()
            worked = computing(server.pid)
            time.sleep(seconds)
            took, worked = time.monotonic() - start, computing(server.pid) - worked
            after = crowd.usage()
            with crowd.lock:
                late = sorted(crowd.late)
            check(every == NEVER or len(late) > 0.9 * clients * (seconds / every - 1), f"{name}: {len(late)} came")
            found.append(
                Figures(
                    computing=worked / clients / took,
                    sent=(after[0] - before[0]) / clients / took,
                    packets=(after[1] - before[1]) / clients / took,
                    received=len(late) / clients / took,
                    latency=late[len(late) // 2] if late else 0,
                    late=late[int(len(late) * 0.99)] if late else 0,
                )
            )
    finally:
        crowd.close()
        server.close()
    return found


def median(found, field):
    return statistics.median(getattr(figures, field) for figures in found)


def wire(found):
    return statistics.median(figures.sent + PACKET * figures.packets for figures in found)


def main():
    parser = argparse.ArgumentParser(description="What a client costs by polling, long polling, SSE and WebSocket.")
    parser.add_argument("binary")
    parser.add_argument("--clients", type=int, default=500)
    parser.add_argument("--seconds", type=int, default=30, help="of each measurement (30)")
    options = parser.parse_args()
    columns = ["bytes", "of them packets' heads", "computing", "median delay", "99 % within"]
    columns += ["bytes at rest", "computing at rest"]
    print("| server | transport | " + " | ".join(columns) + " |")
    print("|---|---|" + "---:|" * len(columns))
    for row in ROWS:
        context = Context(options.binary, False, False, None)
        try:
            busy = measure(context, row, options.clients, options.seconds, every=1.0)
            idle = measure(context, row, options.clients, options.seconds, every=NEVER)
        finally:
            context.close()
        heads = median(busy, "packets") * PACKET
        print(
            f"| {row[0]} | {row[1]} | {wire(busy):,.0f} | {heads:,.0f} | {median(busy, 'computing') * 1e6:.0f} µs"
            f" | {median(busy, 'latency') * 1e3:.0f} ms | {median(busy, 'late') * 1e3:.0f} ms"
            f" | {wire(idle):,.0f} | {median(idle, 'computing') * 1e6:.1f} µs |",
            flush=True,
        )


if __name__ == "__main__":
    main()
