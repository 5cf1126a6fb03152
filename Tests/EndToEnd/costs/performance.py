#!/usr/bin/env python3
"""Measures Martlet beside nchan and a bare loop of sends, and writes docs/PERFORMANCE.md: performance.py BINARY

What can't be measured is left out of the page and said at the end; the exit status is then 1."""

import argparse
import json
import pathlib
import re
import resource
import signal
import statistics
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent.parent
sys.path.insert(0, str(HERE.parent))

from harness.lifetime import die_with_parent
from harness.outcome import Failure
from performance_page import Page
from performance_parts import NAMES, parts
from performance_targets import target


class Results:
    """The reports of all rounds, by part and server."""

    def __init__(self):
        self.reports = {}

    @classmethod
    def kept(cls, path, without):
        """Those of an earlier run, but for the parts that are measured anew; what was not as it should have been; and the
        speeds of the wire format."""
        results = cls()
        if not path.exists():
            return results, [], []
        kept = json.loads(path.read_text())
        for part, server, reports in kept["reports"]:
            if part not in without:
                results.reports[(part, server)] = reports
        faults = [fault for fault in kept["faults"] if not any(f", {part}, " in fault for part in without)]
        return results, faults, [tuple(line) for line in kept["wire"]]

    def keep(self, path, faults, wire):
        reports = [[part, server, reports] for (part, server), reports in self.reports.items()]
        path.write_text(json.dumps({"reports": reports, "faults": faults, "wire": wire}, indent=1) + "\n")

    def add(self, part, server, report):
        self.reports.setdefault((part, server), []).append(report)

    def has(self, part):
        return any(name == part.name for name, _ in self.reports)

    def values(self, part, server, key):
        return [report[key] for report in self.reports.get((part, server), []) if key in report]

    def median(self, part, server, key):
        values = self.values(part, server, key)
        return statistics.median(values) if values else None


class Measuring:
    def __init__(self, options):
        self.options = options
        self.parts = [part for part in parts(options.quick) if not options.parts or part.name in options.parts]
        self.results, self.faults, self.kept_wire = Results(), [], []
        if options.results:
            self.results, self.faults, self.kept_wire = Results.kept(options.results, [part.name for part in self.parts])
        self.failures = []

    def run(self):
        for number in range(self.options.rounds):
            for part in self.parts:
                servers = [*part.targets, *(["floor"] if part.floor else [])]
                # Nobody always comes first.
                turn = number % len(servers)
                for server in servers[turn:] + servers[:turn]:
                    self.measure(number, part, server)

    def measure(self, number, part, server):
        where = f"round {number + 1}, {part.name}, {NAMES[server]}"
        start = time.monotonic()
        try:
            if server == "floor":
                report = self.load(["floor", *part.floor])
                if part.heartbeats:
                    report["server_cpu_ms_per_s"] = report["cpu_us_per_send"] * part.heartbeats / 1000
            else:
                with target(server, self.options.binary) as (words, process):
                    report = self.load([part.load[0], *words, *part.load[1:], "--pid", str(process)])
        except (Failure, OSError, ValueError, subprocess.SubprocessError) as error:
            self.failures.append(f"{where}: {error}")
            print(f"{where}: FAILED: {error}", flush=True)
            return
        self.faults += [f"{where}: {fault}" for fault in report["faults"]]
        self.results.add(part.name, server, report)
        keys = [key for key, _, _ in part.figures] + ["cpu_us_per_send"]
        said = ", ".join(f"{key} {report[key]:,.2f}" for key in keys if key in report)
        print(f"{where}: {said} ({time.monotonic() - start:.0f} s)", flush=True)
        for fault in report["faults"]:
            print(f"    {fault}", flush=True)

    def load(self, words):
        done = subprocess.run(
            [self.options.binary, "bench", *words, "--json"],
            capture_output=True, text=True, timeout=300, preexec_fn=die_with_parent,
        )
        # With faults it ends with 1, and has a report; without a report it says why.
        if not done.stdout.strip():
            raise Failure((done.stderr.strip() or f"it ended with {done.returncode}").splitlines()[-1])
        return json.loads(done.stdout)

    def wire(self):
        """[(name, MB/s)] of the micro-benchmarks of the wire format; empty if they can't be run."""
        print("parsing and encoding: builds for minutes, the first time", flush=True)
        try:
            done = subprocess.run(
                [ROOT / "scripts" / "micro-bench", "--target", "WireBenchmarks"],
                capture_output=True, text=True, timeout=3600, preexec_fn=die_with_parent,
            )
        except (OSError, subprocess.SubprocessError) as error:
            self.failures.append(f"parsing and encoding: {error}")
            return []
        found = re.findall(r"^(\w[^\n│]*)\n╒[^\n]*\n│ Metric[^\n]*\n╞[^\n]*\n│ MB/s +│ +\d+ │ +\d+ │ +(\d+) │", done.stdout, re.M)
        if not found:
            said = (done.stderr.strip() or done.stdout.strip() or "nothing").splitlines()[-1]
            self.failures.append(f"parsing and encoding: no figures; it said {said}")
        return [(name, int(speed)) for name, speed in found]


def main():
    parser = argparse.ArgumentParser(description="Measures Martlet beside nchan and a bare loop of sends.")
    parser.add_argument("binary", help="the martlet program, as released")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--parts", nargs="+", choices=[part.name for part in parts(False)], help="only these")
    parser.add_argument("--quick", action="store_true", help="tiny loads, to see whether it works")
    parser.add_argument("--no-wire", action="store_true", help="without parsing and encoding, which take a build")
    parser.add_argument(
        "--results", type=pathlib.Path, help="keep what is measured in this file; parts that aren't measured come from it",
    )
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "docs" / "PERFORMANCE.md")
    options = parser.parse_args()
    options.binary = str(pathlib.Path(options.binary).resolve())
    if options.rounds < 1:
        parser.error("--rounds takes a number from 1 up")

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    signal.signal(signal.SIGTERM, signal.default_int_handler)

    measuring = Measuring(options)
    wire = measuring.kept_wire if options.no_wire else measuring.wire()
    try:
        measuring.run()
    except KeyboardInterrupt:
        print("interrupted; nothing is written")
        return 130
    if options.results:
        measuring.results.keep(options.results, measuring.faults, wire)
    shown = [part for part in parts(options.quick) if measuring.results.has(part)]
    page = Page(shown, measuring.results, wire, options.rounds, measuring.faults, options.quick)
    chart = options.output.parent / "images" / "performance.svg"
    chart.parent.mkdir(parents=True, exist_ok=True)
    chart.write_text(page.chart())
    options.output.write_text(page.text(f"images/{chart.name}"))

    print(f"wrote {options.output.name} and {chart.name}")
    for aim in page.aims:
        state = {True: "met   ", False: "MISSED", None: "      "}[aim.is_met]
        print(f"{state} {aim.what}: {aim.found}, aim {aim.aim}")
    for failure in measuring.failures:
        print(f"FAILED {failure}")
    return 1 if measuring.failures else 0


if __name__ == "__main__":
    sys.exit(main())
