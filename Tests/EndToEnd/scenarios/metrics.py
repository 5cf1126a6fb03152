"""Whoever runs a hub sees in Prometheus what it does: each documented metric is there, and moves."""

import json
import resource
import subprocess
import time

from harness.metrics import Scrape, documented, on_dashboard, wait_for_value
from harness.outcome import check, check_equal
from harness.scenario import scenario
from harness.site import Site
from harness.stream import hub_path

CLOCK = {"sources": {"now": {"kind": "clock", "topic": "time", "public": True}}}


def configured(context, **configuration):
    return context.server(config=json.dumps(configuration) + "\n", loops=1)


@scenario("metrics: each documented one is there, as it is documented, and no other (memory)", log="memory")
@scenario("metrics: each documented one is there, as it is documented, and no other (sqlite)", log="sqlite:hub.db")
def as_documented(context, log):
    server = context.server(config=json.dumps(CLOCK) + "\n", log=log, loops=2)
    scrape = wait_for_value(server, lambda n: n > 0, 5, "martlet_event_loop_delay_seconds_count", loop="1")
    wanted = documented()
    check_equal(sorted(scrape.families), sorted(wanted), "the metrics that are there")
    for name, (kind, labels) in wanted.items():
        family = scrape.families[name]
        check_equal(family.type, kind, f"the type of {name}")
        check(len(family.documentation) >= 9 and family.documentation.endswith("."), f"no help on {name}")
        check(family.samples, f"{name} has no series")
        for sample in family.samples:
            check_equal(sorted(set(sample.labels) - {"le"}), sorted(labels), f"the labels of {sample.name}")
        for label, values in labels.items():
            found = {sample.labels[label] for sample in family.samples}
            if values:
                check_equal(sorted(found), sorted(values), f"what {label} may be in {name}")
        if kind == "histogram":
            check_histogram(scrape, name, {label: found for label in labels})
    check_equal(scrape.value("martlet_build_info", log=log.partition(":")[0]), 1, "the log that is named")
    return f"{len(wanted)} metrics"


def check_histogram(scrape, name, labels):
    """Its buckets go from 10 µs to 10 s and grow, and the last has all."""
    ((label, values),) = labels.items() or ((None, [None]),)
    for value in values:
        chosen = {label: value} if label else {}
        bounds, counts = zip(*scrape.buckets(name, **chosen))
        check_equal((bounds[0], bounds[-2], bounds[-1]), (1e-5, 10, float("inf")), f"the bounds of {name}")
        check_equal(list(counts), sorted(counts), f"the buckets of {name}")
        check_equal(counts[-1], scrape.value(name + "_count", **chosen), f"the last bucket of {name}")


@scenario("metrics: the Grafana dashboard shows all that is documented, and nothing else")
def dashboard(context):
    wanted = documented()
    rows = {
        name + suffix: name
        for name, (kind, _) in wanted.items()
        for suffix in (("_bucket", "_sum", "_count") if kind == "histogram" else ("",))
    }
    shown = on_dashboard()
    check_equal(sorted(shown - rows.keys()), [], "what is shown and not documented")
    check_equal(sorted(wanted.keys() - {rows[name] for name in shown}), [], "what is documented and not shown")


@scenario("metrics: updates, deliveries, bytes, durations and sizes move with what is published")
def published(context):
    server = context.server(loops=1)
    publisher = context.publisher(server)
    streams = [context.stream(server, hub_path("a")) for _ in range(2)]
    before = wait_for_value(server, 2, 5, "martlet_streams")
    check_equal(before.value("martlet_connections"), 3, "connections")
    publisher.form("a", "x" * 1000)
    publisher.lines([{"topic": "a", "data": "y" * 1000}, {"topic": "nobody", "data": "z" * 1000}])
    publisher.form("nobody", "nothing")
    for stream in streams:
        stream.read(2)
    after = wait_for_value(server, 4, 5, "martlet_deliveries_total")
    grown = {
        "martlet_updates_total": 4,
        "martlet_publish_to_log_seconds_count": 3,
        # One batch was for nobody who looks.
        "martlet_publish_to_socket_seconds_count": 2,
        "martlet_log_updates": 4,
        "martlet_log_last_sequence": 4,
        "martlet_tail_updates": 4,
    }
    check_equal({name: after.value(name) - before.value(name) for name in grown}, grown, "by how much they grew")
    for name, least in (("martlet_sent_bytes_total", 4000), ("martlet_tail_bytes", 3000), ("martlet_log_bytes", 3000)):
        by = after.value(name) - before.value(name)
        check(least < by < 3 * least, f"{name} grew by {by}")
    for name in ("martlet_publish_to_log_seconds_sum", "martlet_publish_to_socket_seconds_sum"):
        check(0 < after.value(name) < 5, f"{name} is {after.value(name)}")


@scenario("metrics: an old update that is trimmed moves the log's first")
def trimmed(context):
    server = configured(context, log={"keep": {"updates": 3}})
    context.publisher(server).lines([{"topic": "a", "data": str(n)} for n in range(10)])
    scrape = wait_for_value(server, 8, 10, "martlet_log_first_sequence")
    check_equal(scrape.value("martlet_log_updates"), 3, "updates in the log")


class SlowPages(dict):
    def get(self, path, otherwise=None):
        if path == "/slow":
            time.sleep(0.7)
        return super().get(path, otherwise)


@scenario("metrics: a source's ticks, skips, errors, updates and watches are counted, and whether it works")
def sources(context):
    site = context.closes(Site())
    site.pages = SlowPages({"/slow": ("text/plain", "slow")})
    names = {"page": "/page", "slow": "/slow"}
    sources = {
        name: {"kind": "http", "url": site.url(path), "every": "200ms", "topic": name, "linger": "1s", "public": True}
        for name, path in names.items()
    }
    server = configured(context, sources=sources)
    before = Scrape(server)
    for name in names:
        check_equal(before.value("martlet_source_up", source=name, kind="http"), 1, f"whether {name} works at first")
        for what in ("ticks_total", "skipped_ticks_total", "errors_total", "updates_total", "watches"):
            check_equal(before.value(f"martlet_source_{what}", source=name), 0, f"{what} of {name} at first")
    streams = {name: context.stream(server, hub_path(name)) for name in names}
    # The page is not there yet.
    failing = wait_for_value(server, lambda n: n >= 1, 10, "martlet_source_errors_total", source="page")
    check_equal(failing.value("martlet_source_up", source="page"), 0, "whether the page works while it is not there")
    check_equal(failing.value("martlet_source_watches", source="page"), 1, "watches")
    site.pages["/page"] = ("text/plain", "1")
    check_equal(streams["page"].read(1, within=20)[0].data, "1", "the page once it is there")
    working = wait_for_value(server, 1, 5, "martlet_source_up", source="page")
    check_equal(working.value("martlet_source_updates_total", source="page"), 1, "updates of the page")
    ticks = working.value("martlet_source_ticks_total", source="page")
    wait_for_value(server, lambda n: n > ticks, 5, "martlet_source_ticks_total", source="page")
    wait_for_value(server, lambda n: n >= 2, 10, "martlet_source_skipped_ticks_total", source="slow")
    for stream in streams.values():
        stream.close()
    for name in names:
        wait_for_value(server, 0, 10, "martlet_source_watches", source=name)


@scenario("metrics: the process and its event loops are measured, and the build is named")
def process(context):
    began = time.time()
    server = context.server(loops=2)
    before = Scrape(server)
    streams = [context.stream(server, hub_path("a")) for _ in range(50)]
    publisher = context.publisher(server)
    for _ in range(20):
        publisher.lines([{"topic": "a", "data": "x" * 1000} for _ in range(50)])
    for stream in streams:
        stream.read(1000)
    after = Scrape(server)
    opened = after.value("process_open_fds") - before.value("process_open_fds")
    check(48 <= opened <= 56, f"51 connections took {opened} descriptors")
    check_equal(after.value("process_max_fds"), resource.prlimit(server.pid, resource.RLIMIT_NOFILE)[0], "the most")
    check(after.value("process_cpu_seconds_total") > before.value("process_cpu_seconds_total"), "no CPU was used")
    cpu = server.cpu_seconds()
    check(abs(Scrape(server).value("process_cpu_seconds_total") - cpu) < 0.3, f"it says otherwise than {cpu} s of CPU")
    memory, resident = Scrape(server).value("process_resident_memory_bytes"), server.resident()
    check(0.7 < memory / resident < 1.4, f"it says {memory} bytes, and the system {resident}")
    start = after.value("process_start_time_seconds")
    check(began - 1.5 < start < time.time() + 1.5, f"it says it began {start - began} s after it was started")
    check_equal(after.value("process_start_time_seconds"), before.value("process_start_time_seconds"), "when it began")
    for loop in ("0", "1"):
        name = "martlet_event_loop_delay_seconds_count"
        count = after.value(name, loop=loop)
        wait_for_value(server, lambda n: n > count, 5, name, loop=loop)
    version = subprocess.run([context.binary, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    check_equal(after.value("martlet_build_info", version=version), 1, "the version that is named")
