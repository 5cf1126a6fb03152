"""What is measured in each round: a load, and the servers that it is put on side by side."""

import dataclasses


@dataclasses.dataclass
class Part:
    """`load` are the words for `martlet bench`, `targets` what it is put on, `figures` what of its report is shown."""

    name: str
    title: str
    load: list
    targets: list
    figures: list
    # Beside it, the bare loop of sends.
    floor: list = None
    # The bare loop's sends stand for so many heartbeats a second.
    heartbeats: float = 0


# (key of the load's report, heading, decimals)
CPU = ("server_cpu_us_per_delivery", "CPU per delivery, µs", 2)
P50 = ("latency_p50_ms", "p50, ms", 1)
P99 = ("latency_p99_ms", "p99, ms", 1)
DELIVERIES = ("deliveries_per_s", "deliveries a second", 0)
ACKNOWLEDGED = ("acknowledged_per_s", "acknowledged a second", 0)
MEMORY = ("server_kib_per_stream", "memory for each stream, KiB", 1)
IDLE = ("server_cpu_ms_per_s", "CPU, ms a second", 1)
LIVE = ("live_s", "all live again within, s", 2)
BEFORE = ("server_resident_before_kib", "resident before, KiB", 0)
RESTED = ("server_resident_rested_kib", "resident after, KiB", 0)


def parts(quick):
    """All of them; small ones that show whether the script works, if `quick`."""
    idle = "1" if quick else "30"
    short = "1" if quick else "5"
    thousand, many, most = ("50", "100", "150") if quick else ("1000", "10000", "15000")
    own, others = ("5", "500") if quick else ("100", "100000")

    def fan_out(name, title, subscribers, rate, updates, targets, *more, figures):
        load = ["fan-out", "--subscribers", subscribers, "--rate", rate, "--updates", updates, "--duration", "60", *more]
        pace = "max" if rate == "step" else rate
        floor = ["--subscribers", subscribers, "--rate", pace, "--updates", updates]
        return Part(name, title, load, targets, figures, floor)

    one = "one update at a time"
    updates = ("100", "20", "20") if quick else ("1500", "50", "30")
    paced = ("20", "4") if quick else ("200", "30")
    both = ["memory", "nchan"]
    publish = ["publish", "--publishers", "32", "--duration", short]
    burst = ["fan-out", "--subscribers", "100", "--publishers", "16", "--rate", "max", "--duration", short]
    return [
        fan_out("fan-out-1k", f"1,000 streams, {one}", thousand, "step", updates[0], both, figures=[CPU]),
        fan_out("fan-out-10k", f"10,000 streams, {one}", many, "step", updates[1], both, figures=[CPU]),
        fan_out("fan-out-15k", f"15,000 streams, {one}", most, "step", updates[2], ["memory"], figures=[CPU]),
        fan_out(
            "topics", f"1,000 streams beside others that ask for 100,000 topics, {one}", thousand, "step", updates[0],
            ["memory"], "--other-topics", others, figures=[CPU],
        ),
        fan_out(
            "own-topics", f"1,000 streams that ask for 100 topics of their own each, 100,000 in all, {one}", thousand,
            "step", updates[0], ["memory"], "--own-topics", own, figures=[CPU],
        ),
        fan_out(
            "paced-1k", "1,000 streams, 20 updates a second", thousand, "20", paced[0], both, figures=[P50, P99, CPU],
        ),
        fan_out(
            "paced-10k", "10,000 streams, 2 updates a second", many, "2", paced[1], both, figures=[P50, P99, CPU],
        ),
        Part("burst", "100 streams, 16 publishers as fast as they can", burst, both, [DELIVERIES, CPU, P99]),
        Part("publish", "32 publishers, an update a request", publish, ["memory", "nchan", "sqlite"], [ACKNOWLEDGED]),
        Part(
            "batches", "32 publishers, 100 updates a request", [*publish, "--batch", "100"], ["memory", "sqlite"],
            [ACKNOWLEDGED],
        ),
        Part(
            # Two heartbeats of each.
            "idle", "10,000 idle streams", ["idle", "--subscribers", many, "--duration", idle],
            ["memory", "tls", "nchan"], [MEMORY, IDLE],
            # As far apart as the hub's ticks, so that nothing is left in the processor's caches.
            ["--subscribers", many, "--rate", "2" if quick else "0.2", "--updates", "4"], int(many) / 15,
        ),
        Part(
            "reconnect", "10,000 streams cut at once, 100 updates missed",
            ["reconnect", "--subscribers", many, "--missed", "100", "--concurrency", "1000"], both, [LIVE, BEFORE, RESTED],
        ),
    ]


NAMES = {
    "memory": "Martlet", "sqlite": "Martlet, on disk (SQLite, fsync)", "tls": "Martlet, TLS", "nchan": "nchan",
    "floor": "bare loop of sends",
}
