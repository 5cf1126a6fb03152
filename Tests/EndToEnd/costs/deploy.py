#!/usr/bin/env python3
"""The figures of docs/deploy.md for sizing: deploy.py BINARY

Memory is the proportional set size of the processes, and computing is their time on a processor, both as Linux has them
in /proc. An update has 120 bytes of data. Each stream is a connection of HTTP/1.1 but for those of HTTP/2."""

import argparse
import itertools
import os
import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from harness import http2
from harness.certificates import Authority
from harness.context import Context
from harness.deployed import DEPLOYED
from harness.publisher import Publisher
from harness.stream import Stream, hub_path

DATA = "x" * 120
UPDATES = 100


def processes(leader):
    """A process and all below it."""
    with open(f"/proc/{leader}/task/{leader}/children") as file:
        children = [int(word) for word in file.read().split()]
    return [leader, *itertools.chain(*map(processes, children))]


def memory(leader):
    total = 0
    for process in processes(leader):
        with open(f"/proc/{process}/smaps_rollup") as file:
            total += next(int(line.split()[1]) for line in file if line.startswith("Pss:")) << 10
    return total


def seconds(leader):
    total = 0
    for process in processes(leader):
        with open(f"/proc/{process}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / os.sysconf("SC_CLK_TCK")


def streams(context, name, server, leader, count, opened):
    """Opens `count` streams with `opened(number)`; what they take, and what a delivery to them does."""
    # The first have what is there once made.
    first = count // 10
    kept = [opened(number) for number in range(first)]
    before = memory(leader)
    kept += [opened(number) for number in range(first, count)]
    server.wait_for_status(lambda status: status["streams"] == count, 30, "all streams are open")
    time.sleep(1)
    each = (memory(leader) - before) / (count - first)
    # On the admin listener, which speaks no TLS.
    publisher = context.closes(Publisher(server.admin))
    delivered = server.status()["deliveries"]
    before = seconds(leader)
    for number in range(UPDATES):
        publisher.form("a", DATA)
        # Nobody reads: what the sockets hold is enough for all. What was sent is counted, so that none is joined with the next.
        wanted = delivered + (number + 1) * count
        server.wait_for_status(lambda status: status["deliveries"] >= wanted, 30, "an update is delivered", every=0.02)
    computing = (seconds(leader) - before) / (UPDATES * count)
    print(f"| {name} | {count:,} | {each / 1024:.1f} KiB | {computing * 1e6:.1f} µs |", flush=True)
    for stream in kept:
        stream.close()
    server.wait_for_status(lambda status: status["streams"] == 0, 60, "all streams are closed")


def disk(context):
    """What an update takes on the disk, alone and among others."""
    server = context.server(log="sqlite:disk.db")
    publisher = context.publisher(server)

    def size():
        return os.path.getsize(context.path("disk.db"))

    def written():
        with open(f"/proc/{server.pid}/io") as file:
            return next(int(line.split()[1]) for line in file if line.startswith("write_bytes"))

    many = [{"topic": f"users/{number}/notices", "data": DATA} for number in range(1000)]
    publisher.lines(many)
    before = size(), written()
    for _ in range(200):
        publisher.lines(many)
    print(f"{(size() - before[0]) / 200_000:.0f} bytes each on disk, {(written() - before[1]) / 200_000:.0f} written, of 200,000 by the thousand")
    before = written()
    start = time.monotonic()
    for _ in range(2000):
        publisher.form("users/7/notices", DATA)
    taken = time.monotonic() - start
    print(f"{(written() - before) / 2000:.0f} bytes written for each of 2,000, one at a time, {2000 / taken:.0f}/s")


def main():
    parser = argparse.ArgumentParser(description="The figures of docs/deploy.md for sizing.")
    parser.add_argument("binary", help="the martlet program, as released")
    options = parser.parse_args()
    context = Context(str(pathlib.Path(options.binary).resolve()), False, False, random.Random(1))
    try:
        disk(context)
        authority = Authority(context.folder)
        certificate, key = authority.issue("server")
        path = hub_path("a")
        plain = context.server(settings={"streams.heartbeat": "1h"})
        secure = context.server(
            config=f'{{"tls": {{"certificate": "{certificate}", "key": "{key}"}}}}\n', settings={"streams.heartbeat": "1h"}
        )
        print("| | streams | memory | a delivery |")
        streams(context, "HTTP/1.1", plain, plain.pid, 8000, lambda _: Stream(plain.hub, path))
        trust = authority.trust("http/1.1")
        streams(context, "TLS and HTTP/1.1", secure, secure.pid, 2000, lambda _: Stream(secure.hub, path, tls=trust))
        connections = []

        def shared(number):
            if number % 20 == 0:
                connections.append(context.closes(http2.Connection(secure.hub, authority.trust("h2"))))
            return connections[-1].stream(path)

        streams(context, "TLS and HTTP/2, 20 streams a connection", secure, secure.pid, 2000, shared)
        for name, kind in DEPLOYED.items():
            proxy = context.closes(kind(context.folder, plain.hub, authority))
            streams(
                context, f"{name}: TLS and HTTP/1.1, beside the hub's own", plain, proxy.process.pid, 900,
                lambda _: Stream(proxy.address, path, tls=trust),
            )
    finally:
        context.close()


if __name__ == "__main__":
    main()
