"""docs/PERFORMANCE.md, from what was measured."""

import os
import platform
import re
import subprocess

from performance_aims import Aims
from performance_chart import chart
from performance_parts import NAMES

INTRODUCTION = """# Performance

<!-- Written by `make bench`, which measures; edit Tests/EndToEnd/costs/performance_page.py instead. -->

What Martlet costs beside nchan (nginx's module, in C) and beside a bare loop of sends, which does nothing but one
system call per update and stream, and which no fan-out can beat. Ratios hold on other machines; the figures are this
one's. The load (`martlet bench`, [bench.md](bench.md)) runs on the same cores as the servers, so it is part of every
latency and of what a server can reach at full speed.
"""

HOW = """
## How it is measured

`make bench` (`ROUNDS=1` for a first look) builds the program in release mode and runs all rounds. In each round the
servers take their turn with each load, in another order each time, each freshly started. A figure is the median of all
rounds, with the least and the most in brackets. Every delivery is counted and checked: what is lost, comes twice or
comes in the wrong order is listed below.

CPU is the server's, in the program and in the kernel on its behalf, from `/proc`. "One update at a time": each is
published when all streams have the one before it, so that no server can send two together. At a rate, latency is from when an update was due, on a schedule that does not wait for answers, until a stream
had it; and each send wakes a reader that waits, which costs more. The bare loop sends 120 bytes, at the same rate or
without a pause, to as many connections of another process; Martlet and nchan send 120 bytes of data in an event with
an id. nchan runs as one worker process, and keeps 20,000 updates in memory. Of idle
streams Martlet's CPU is for heartbeats, one in 15 s for each, which nchan does not send; the bare loop's beside it is what
as many of its sends take.
"""


class Page:
    def __init__(self, parts, results, wire, rounds, faults, is_quick):
        self.is_quick = is_quick
        self.parts = parts
        self.results = results
        self.wire = wire
        self.rounds = rounds
        self.faults = faults
        self.aims = Aims(results.median).all

    def text(self, chart_path):
        lines = [INTRODUCTION]
        if self.is_quick:
            lines.append("**These loads were tiny, to see whether the measuring works. The figures mean nothing.**\n")
        lines.append(f"![Bars: CPU per delivery, deliveries, publishing, memory per stream]({chart_path})\n")
        lines += ["| aim | | found | |", "|---|---|---|---|"]
        marks = {True: "met", False: "**missed**", None: ""}
        lines += [f"| {aim.what} | {aim.aim} | {aim.found} | {marks[aim.is_met]} |" for aim in self.aims]
        lines += self.wire_lines()
        for part in self.parts:
            lines += self.part_lines(part)
        lines.append(HOW)
        lines += self.fault_lines()
        lines += ["## The machine", "", *self.machine(), ""]
        return "\n".join(lines)

    def part_lines(self, part):
        figures = part.figures
        lines = ["", f"## {part.title}", "", "| | " + " | ".join(heading for _, heading, _ in figures) + " |"]
        lines.append("|---|" + "---:|" * len(figures))
        for target in [*part.targets, *(["floor"] if part.floor else [])]:
            cells = []
            for key, _, decimals in figures:
                key = "cpu_us_per_send" if target == "floor" and key == "server_cpu_us_per_delivery" else key
                cells.append(self.cell(part.name, target, key, decimals))
            if any(cells):
                lines.append(f"| {NAMES[target]} | " + " | ".join(cells) + " |")
        return lines

    def cell(self, part, target, key, decimals):
        values = sorted(self.results.values(part, target, key))
        if not values:
            return ""
        form = f"{{:,.{decimals}f}}"
        text = form.format(self.results.median(part, target, key))
        if len(values) > 1:
            text += f" ({form.format(values[0])}–{form.format(values[-1])})"
        return text

    def wire_lines(self):
        if not self.wire:
            return []
        parse = next((speed for name, speed in self.wire if "EventParser" in name), None)
        lines = ["", "## Parsing and encoding", ""]
        lines.append("On one core, in memory (`make micro-bench`); the aim is 500 MB/s for either.")
        lines += ["", "| | MB/s |", "|---|---:|"]
        for name, speed in self.wire:
            beside = f" (EventParser is {parse / speed:.0f} times as fast)" if parse and "splits" in name and speed else ""
            lines.append(f"| {name}{beside} | {speed:,} |")
        return lines

    def fault_lines(self):
        if not self.faults:
            return ["Nothing was lost, came twice or came in the wrong order.", ""]
        return ["What was not as it should have been:", "", *(f"- {fault}" for fault in self.faults), ""]

    def machine(self):
        with open("/proc/cpuinfo") as file:
            model = re.search(r"^model name\s*:\s*(.+)$", file.read(), re.MULTILINE)
        with open("/proc/meminfo") as file:
            memory = int(re.search(r"^MemTotal:\s*(\d+)", file.read()).group(1)) / (1 << 20)
        rounds = "1 round" if self.rounds == 1 else f"{self.rounds} rounds"
        return [
            f"- {rounds}; {os.cpu_count()} cores ({model.group(1) if model else platform.machine()}), {memory:.0f} GiB",
            f"- {platform.system()} {platform.release()}",
            f"- Martlet {self.said('git', 'describe', '--always', '--dirty')}, {self.said('swift', '--version')}",
            f"- {self.said('/usr/sbin/nginx', '-v')}, nchan {self.said('dpkg-query', '-W', '-f', '${Version}', 'libnginx-mod-nchan')}",
        ]

    @staticmethod
    def said(*command):
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        except (OSError, subprocess.TimeoutExpired):
            return f"({command[0]} is not there)"
        return (done.stdout.strip() or done.stderr.strip()).partition("\n")[0]

    def chart(self):
        cpu, acknowledged = "server_cpu_us_per_delivery", "acknowledged_per_s"

        def bars(part, key, targets):
            floor = [("floor", NAMES["floor"], self.results.median(part, "floor", "cpu_us_per_send"))]
            measured = [(target, NAMES[target], self.results.median(part, target, key)) for target in targets]
            return measured + (floor if key == cpu else [])

        both = ["memory", "nchan"]
        return chart(
            [
                ("CPU per delivery, 1,000 streams (µs; less is better)", "{:.2f}", bars("fan-out-1k", cpu, both)),
                ("CPU per delivery, 10,000 streams (µs; less is better)", "{:.2f}", bars("fan-out-10k", cpu, both)),
                ("Deliveries a second, 100 streams at full speed", "{:,.0f}", bars("burst", "deliveries_per_s", both)),
                (
                    "Updates acknowledged a second, one a request", "{:,.0f}",
                    bars("publish", acknowledged, ["memory", "sqlite", "nchan"]),
                ),
                (
                    "Memory for each of 10,000 idle streams (KiB; less is better)", "{:.1f}",
                    bars("idle", "server_kib_per_stream", ["memory", "tls", "nchan"]),
                ),
            ]
        )
