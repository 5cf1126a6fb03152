"""What the figures are held against."""

import dataclasses


@dataclasses.dataclass
class Aim:
    what: str
    aim: str
    found: str = "not measured"
    is_met: bool = None


class Aims:
    """`median(part, target, key)` is a figure, or None."""

    def __init__(self, median):
        self.median = median
        self.all = []
        for part, streams in (("fan-out-1k", "1,000"), ("fan-out-10k", "10,000")):
            self.ratio(f"CPU per delivery, {streams} streams, to the bare loop of sends", 1.2, self.cpu(part), self.floor(part))
            self.ratio(f"CPU per delivery, {streams} streams, to nchan", 0.8, self.cpu(part), self.cpu(part, "nchan"))
            paced = part.replace("fan-out", "paced")
            self.ratio(
                f"p99, {streams} streams, to nchan", 1, median(paced, "memory", "latency_p99_ms"),
                median(paced, "nchan", "latency_p99_ms"),
            )
        self.least("Burst: deliveries a second", 1_000_000, median("burst", "memory", "deliveries_per_s"))
        self.most("Burst: CPU per delivery", 1.5, self.cpu("burst"), "µs")
        memory, key = median("publish", "memory", "acknowledged_per_s"), "acknowledged_per_s"
        self.ratio("Publishing in memory, to nchan", 1, memory, median("publish", "nchan", key), least=True)
        self.least("Publishing on disk: updates a second", 20_000, median("publish", "sqlite", key))
        self.least("Batches of 100 in memory: updates a second", 200_000, median("batches", "memory", key))
        self.least("Batches of 100 on disk: updates a second", 100_000, median("batches", "sqlite", key))
        self.most("Idle: memory for each stream", 5, median("idle", "memory", "server_kib_per_stream"), "KiB")
        self.most("Idle, TLS: memory for each stream", 12, median("idle", "tls", "server_kib_per_stream"), "KiB")
        self.most("Idle: CPU", 5, median("idle", "memory", "server_cpu_ms_per_s"), "ms a second")
        self.most("Reconnect storm: all live again within", 3, median("reconnect", "memory", "live_s"), "s")
        self.ratio(
            "Reconnect storm: memory after, to before", 1.1, median("reconnect", "memory", "server_resident_rested_kib"),
            median("reconnect", "memory", "server_resident_before_kib"),
        )
        self.growth()

    def cpu(self, part, target="memory"):
        return self.median(part, target, "server_cpu_us_per_delivery")

    def floor(self, part):
        return self.median(part, "floor", "cpu_us_per_send")

    def growth(self):
        own, floor = self.quotient(self.cpu("fan-out-15k"), self.cpu("fan-out-1k")), None
        if own:
            floor = self.quotient(self.floor("fan-out-15k"), self.floor("fan-out-1k"))
        self.ratio("CPU per delivery, 15,000 streams to 1,000, beyond what the bare loop's grows", 1.15, own, floor)
        one = self.cpu("fan-out-1k")
        self.ratio("CPU per delivery, 100,000 topics of other streams to 1 topic", 1.1, self.cpu("topics"), one)
        self.ratio("CPU per delivery, 100 topics of its own for each stream to 1 topic", 1.1, self.cpu("own-topics"), one)

    @staticmethod
    def quotient(one, other):
        return one / other if one is not None and other else None

    def ratio(self, what, bound, one, other, least=False):
        found = self.quotient(one, other)
        text = "not measured" if found is None else f"{found:.2f} ×"
        met = None if found is None else found >= bound if least else found <= bound
        self.all.append(Aim(what, f"{'≥' if least else '≤'} {bound:g} ×", text, met))

    def least(self, what, bound, found):
        self.all.append(Aim(what, f"≥ {bound:,}", *self.outcome(found, "{:,.0f}", lambda: found >= bound)))

    def most(self, what, bound, found, unit):
        self.all.append(Aim(what, f"≤ {bound:g} {unit}", *self.outcome(found, "{:.2f} " + unit, lambda: found <= bound)))

    @staticmethod
    def outcome(found, form, holds):
        return ("not measured", None) if found is None else (form.format(found), holds())
