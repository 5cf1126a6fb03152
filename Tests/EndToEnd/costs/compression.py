#!/usr/bin/env python3
"""What compressing streams costs and saves: by the hub once for all, by nginx for each stream: compression.py BINARY

Prints the tables of docs/compression.md. The clients are a process of their own, and read without looking but for a few
that decompress and check. Bytes are what comes to a client, with 52 for the head of each packet; computing is the time of
the server's process on a processor. A figure is the median of three measurements, for which the ways take turns.
"""

import argparse
import collections
import json
import multiprocessing
import pathlib
import random
import select
import socket
import statistics
import struct
import sys
import time
import zlib

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from costs.from_php import computing, memory
from harness.context import Context
from harness.http1 import ChunkDecoder
from harness.lifetime import die_with_parent
from harness.nginx import Nginx
from harness.outcome import check
from harness.publisher import Publisher
from harness.stream import hub_path
from harness.waiting import wait_for
from harness.zipped import ZippedStream

MEASUREMENTS = 3
# IPv4, TCP, and the time stamps that Linux adds.
PACKET = 52
CHECKED = 5
LENGTHS = (120, 500, 2000)
BATCH = 20
SIZES = (60, 80, 100, 120, 150, 200, 250, 300, 400, 500, 1000, 2000, 4000)
NAMES = ("garden chair", "desk lamp", "notebook", "coffee mug", "rain jacket", "bicycle", "wall clock", "tea pot")
STATES = ("paid", "packed", "shipped", "returned")
WORDS = "please leave it with the neighbour or ring twice since nobody hears the bell in the garden behind".split()
PASSING = "proxy_http_version 1.1; proxy_buffering off; proxy_read_timeout 1h; "
ZIPPING = PASSING + "gzip on; gzip_types text/event-stream; gzip_min_length 0; gzip_proxied any;"

Figures = collections.namedtuple("Figures", "body wire hub nginx")


def update(chance, length):
    """An update's data of this length as an application's: an order, in JSON, none like another."""
    order = {"order": chance.randrange(10**6), "customer": f"c-{chance.randrange(10**5):05}"}
    order["status"] = chance.choice(STATES)
    if length >= 200:
        order["items"] = []
        while len(json.dumps(order)) < length - 150:
            order["items"].append(
                {
                    "sku": f"{chance.randrange(1 << 32):08x}",
                    "name": chance.choice(NAMES),
                    "price": chance.randrange(30_000) / 100,
                    "count": chance.randrange(1, 9),
                }
            )
    order["note"] = ""
    rest = length - len(json.dumps(order))
    order["note"] = " ".join(chance.choice(WORDS) for _ in range(1 + max(0, rest) // 3))[: max(0, rest)]
    return json.dumps(order)


class Clients:
    """Many subscribers in a process of their own."""

    def __init__(self, count, address, path, zipped):
        self.here, there = multiprocessing.Pipe()
        self.process = multiprocessing.Process(target=read, args=(there, count, address, path, zipped), daemon=True)
        self.process.start()
        check(self.here.recv() == "open", "the clients are not open")

    def ask(self, what):
        self.here.send(what)
        check(self.here.poll(60), "the clients do not answer")
        answer = self.here.recv()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self):
        if self.process.is_alive():
            self.here.send("end")
            self.process.join(10)


class Member:
    def __init__(self, address, path, zipped, is_checked):
        self.socket = socket.create_connection(address, timeout=30)
        accepted = "Accept-Encoding: gzip\r\n" if zipped else ""
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: {address[0]}:{address[1]}\r\n{accepted}\r\n".encode())
        head = b""
        while b"\r\n\r\n" not in head:
            data = self.socket.recv(1 << 16)
            check(data, "a stream was not opened")
            head += data
        head, _, rest = head.partition(b"\r\n\r\n")
        check(b" 200 " in head and (b"content-encoding: gzip" in head.lower()) == zipped, f"an answer: {head}")
        self.socket.setblocking(False)
        self.chunks, self.plain = ChunkDecoder() if is_checked else None, b""
        self.inflater = zlib.decompressobj(wbits=31) if zipped else None
        self.take(rest)

    def take(self, data):
        if self.chunks:
            payload = self.chunks.feed(data)
            self.plain += self.inflater.decompress(payload) if self.inflater else payload

    def usage(self):
        """Bytes that came, and packets of both directions."""
        info = self.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
        return struct.unpack_from("Q", info, 128)[0], sum(struct.unpack_from("II", info, 136))


def read(pipe, count, address, path, zipped):
    die_with_parent()
    try:
        poll = select.epoll()
        members = {}
        for number in range(count):
            member = Member(address, path, zipped, number < CHECKED)
            members[member.socket.fileno()] = member
            poll.register(member.socket, select.EPOLLIN)
        checked = list(members.values())[:CHECKED]
        poll.register(pipe, select.EPOLLIN)
        pipe.send("open")
        while True:
            for descriptor, _ in poll.poll():
                if descriptor == pipe.fileno():
                    if (what := pipe.recv()) == "end":
                        return
                    usages = [member.usage() for member in members.values()]
                    pipe.send((sum(u[0] for u in usages), sum(u[1] for u in usages), [m.plain for m in checked]))
                    if what == "forget":
                        for member in checked:
                            member.plain = b""
                    continue
                member = members[descriptor]
                data = member.socket.recv(1 << 18)
                check(data, "a stream has ended")
                member.take(data)
    except Exception as error:
        pipe.send(error)


class Way:
    """A hub and perhaps an nginx before it, with clients that are open."""

    def __init__(self, context, name, count, zips_here=False, nginx=None):
        self.name = name
        settings = {"streams.heartbeat": "1h", "streams.compression": "gzip" if zips_here else "off"}
        self.server = context.server(log="memory", loops=1, settings=settings)
        self.nginx, self.per_stream = None, None
        address = self.server.hub
        zipped = zips_here or bool(nginx and "gzip on" in nginx)
        if nginx:
            self.nginx = context.closes(ManyNginx(context.folder, address, {"way": nginx}, name=f"nginx-{zipped:d}"))
            address = ("127.0.0.1", self.nginx.ports["way"])
            before = memory(self.nginx.process.pid)
        self.clients = context.closes(Clients(count, address, hub_path("a"), zipped))
        self.server.wait_for_status(lambda status: status["streams"] == count, 30, "all streams are open")
        self.publisher = context.closes(Publisher(self.server.hub))
        self.count = count
        # A connection may lie idle for longer once it has been used, and a compressor is made with the first bytes.
        self.publisher.form("a", "{}")
        if nginx:
            time.sleep(2)
            self.per_stream = (memory(self.nginx.process.pid) - before) / count

    def usage(self):
        nginx = computing(self.nginx.process.pid) if self.nginx else 0
        return computing(self.server.pid), nginx

    def measure(self, chance, length, batch, seconds):
        texts = [[update(chance, length) for _ in range(batch)] for _ in range(seconds * 10)]
        self.clients.ask("forget")
        bytes_before, packets_before, _ = self.clients.ask("usage")
        hub_before, nginx_before = self.usage()
        start = time.monotonic()
        for number, together in enumerate(texts):
            self.publisher.lines([{"topic": "a", "data": text} for text in together])
            time.sleep(max(0, start + (number + 1) / 10 - time.monotonic()))
        whole = sum(len(together) for together in texts)

        def all_came():
            plain = self.clients.ask("usage")[2]
            return all(bytes_.count(b"\ndata: ") == whole for bytes_ in plain) and plain

        plain = wait_for(all_came, 30, f"{self.name}: everything comes")
        wanted = [text for together in texts for text in together]
        for stream in plain:
            found = [line[6:].decode() for line in stream.split(b"\n") if line.startswith(b"data: ")]
            check(found == wanted, f"{self.name}: something else came than was published")
        time.sleep(0.3)
        hub_after, nginx_after = self.usage()
        bytes_after, packets_after, _ = self.clients.ask("usage")
        deliveries = whole * self.count
        body = (bytes_after - bytes_before) / deliveries
        return Figures(
            body=body,
            wire=body + PACKET * (packets_after - packets_before) / deliveries,
            hub=(hub_after - hub_before) / deliveries * 1e6,
            nginx=(nginx_after - nginx_before) / deliveries * 1e6,
        )


class ManyNginx(Nginx):
    def configuration(self, upstream, ways):
        return super().configuration(upstream, ways).replace("worker_connections 64", "worker_connections 8192")


def crowds(context, options):
    count = options.clients
    ways = [
        Way(context, "hub, not compressed", count),
        Way(context, "hub, `gzip`", count, zips_here=True),
        Way(context, "hub and nginx, not compressed", count, nginx=PASSING),
        Way(context, "hub and nginx that compresses", count, nginx=ZIPPING),
    ]
    print(f"| {count:,} streams, each sent | | bytes of the body | with packets' heads | hub | nginx |")
    print("|---|---|---:|---:|---:|---:|")
    for length, batch in [(length, 1) for length in LENGTHS] + [(500, BATCH)]:
        found = collections.defaultdict(list)
        for round in range(MEASUREMENTS):
            for way in ways:
                # The same updates for all.
                chance = random.Random(f"{length} {batch} {round}")
                found[way.name].append(way.measure(chance, length, batch, options.seconds))
        what = f"{length:,} B" if batch == 1 else f"{batch} × {length} B together, for each"
        for way in ways:
            figures = [statistics.median(column) for column in zip(*found[way.name])]
            nginx = f"{figures[3]:.2f} µs" if way.nginx else ""
            print(f"| {what} | {way.name} | {figures[0]:,.0f} | {figures[1]:,.0f} | {figures[2]:.2f} µs | {nginx} |", flush=True)
    print()
    for way in ways:
        if way.per_stream:
            print(f"{way.name}: {way.per_stream / 1024:.0f} KiB of nginx's memory for each stream")


def sizes(context):
    """What an event of each size becomes, by the hub itself."""
    server = context.server(log="memory", loops=1, settings={"streams.compression": "gzip"})
    publisher = context.publisher(server)
    zipped = context.closes(ZippedStream(server.hub, hub_path("a")))
    print("\n| data | event | compressed | |\n|---:|---:|---:|---:|")
    for size in SIZES:
        chance = random.Random(size)
        plain, received = len(zipped.plain), zipped.received
        for _ in range(50):
            publisher.form("a", update(chance, size))
        zipped.read(50)
        plain, received = (len(zipped.plain) - plain) / 50, (zipped.received - received) / 50
        print(f"| {size:,} | {plain:,.0f} | {received:,.0f} | {received / plain - 1:+.0%} |", flush=True)


def levels():
    """zlib alone, as the hub uses it, at two of its levels."""
    print("\n| together | level 1 | | level 6 | |\n|---|---:|---:|---:|---:|")
    for length, batch in [(size, n) for n in (1, BATCH) for size in LENGTHS] + [(500, 220)]:
        chance = random.Random(length)
        texts = [
            "".join(f"id: k3f9xa-{number * batch + n}\ndata: {update(chance, length)}\n\n" for n in range(batch)).encode()
            for number in range(2000 // batch or 1)
        ]
        row = f"| {batch} × {length:,} B |"
        for level in (1, 6):
            rounds = []
            for _ in range(MEASUREMENTS):
                compressor = zlib.compressobj(level, zlib.DEFLATED, -15, 8)
                start, size = time.process_time(), 0
                for text in texts:
                    size += len(compressor.compress(text)) + len(compressor.flush(zlib.Z_FULL_FLUSH))
                rounds.append((time.process_time() - start) / len(texts))
            row += f" {size / len(texts):,.0f} B | {statistics.median(rounds) * 1e6:,.0f} µs |"
        print(row, flush=True)


def main():
    parser = argparse.ArgumentParser(description="What compressing streams costs and saves.")
    parser.add_argument("binary")
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=6, help="of each measurement (6)")
    options = parser.parse_args()
    context = Context(str(pathlib.Path(options.binary).resolve()), False, False, random.Random(1))
    try:
        crowds(context, options)
        sizes(context)
    finally:
        context.close()
    levels()


if __name__ == "__main__":
    main()
