"""`martlet bench`: what it measures at real hubs, and what it finds wrong with those that are."""

import json
import os
import signal
import socket

from harness.certificates import Authority
from harness.faulty_hub import FaultyHub
from harness.nginx import Nginx
from harness.outcome import Skipped, check, check_equal
from harness.scenario import scenario
from harness.site import Site, unused_port
from harness.waiting import wait_for
from scenarios.commands import Command, url

PLAIN = ["--profile", "sse", "--publish", "/publish"]
NCHAN = "/usr/lib/nginx/modules/ngx_nchan_module.so"


def load(context, *words, code=0, within=60):
    """What a load came to, and what it said."""
    command = Command(context, context.binary, "bench", *words, "--json").wait(code, within)
    return json.loads(command.output() or "{}"), command.errors()


def check_whole(report, streams, sentence):
    """Each update reached each stream, once and in order."""
    check_equal(report["faults"], [], f"{sentence}: the faults")
    check(report["updates"] > 0, lambda: f"{sentence}: nothing was published: {report}")
    check_equal(report["deliveries"], report["updates"] * streams, f"{sentence}: deliveries")


@scenario("bench: every load comes to its end at the hub, and finds nothing wrong")
def every_load(context):
    server = context.server()
    hub, pid = url(server.hub), str(server.pid)
    few = ["--subscribers", "50", "--pid", pid]

    report, _ = load(context, "fan-out", hub, *few, "--rate", "200", "--duration", "1")
    check_whole(report, 50, "fan-out")
    check(150 <= report["updates"] <= 210, lambda: f"at 200/s for a second there were {report['updates']} updates")
    check(report["server_cpu_us_per_delivery"] >= 0, "what a delivery costs")
    check(report["latency_p99_ms"] >= report["latency_p50_ms"] > 0, lambda: f"the percentiles: {report}")

    words = ["--rate", "max", "--updates", "200", "--publishers", "4", "--topics", "3", "--own-topics", "2", "--other-topics", "700"]
    report, _ = load(context, "fan-out", hub, *few, *words)
    check_equal(report["updates"], 200, "the updates that were asked for")
    check_equal(report["faults"], [], "fan-out over topics: the faults")
    check_equal(report["deliveries"], report["deliveries_expected"], "deliveries over three topics")

    words = ["--rate", "step", "--updates", "100"]
    report, _ = load(context, "fan-out", hub, *few, *words)
    check_equal(report["updates"], 100, "the updates that were published step by step")
    check_whole(report, 50, "step by step")

    report, _ = load(context, "latency", hub, *few, "--duration", "1")
    check_whole(report, 50, "latency")
    report, _ = load(context, "publish", hub, "--publishers", "8", "--duration", "1", "--pid", pid)
    check_whole(report, 1, "publish")
    report, _ = load(context, "publish", hub, "--batch", "50", "--updates", "5000", "--subscribers", "2")
    check_whole(report, 2, "publish in batches")
    report, _ = load(context, "join", hub, *few)
    check_equal(report["received_by"], 50, "those that joined and received the update")
    report, _ = load(context, "reconnect", hub, *few, "--missed", "20")
    check_equal((report["caught_up"], report["live"], report["lost"]), (50, 50, 0), "those that came back")
    report, _ = load(context, "idle", hub, *few, "--duration", "1")
    check_equal(report["streams_closed"], 0, "idle streams that were closed")
    report, _ = load(context, "listen", hub + "/topics/x", "--subscribers", "5", "--duration", "1")
    check_equal(report["events"], 0, "events of a silent stream")
    report, _ = load(context, "floor", "--subscribers", "50", "--updates", "100")
    check_equal(report["received"], 5_000, "what the floor's readers received")
    server.wait_for_status(lambda status: status["streams"] == 0, 10, "all streams of the loads are closed")


@scenario("bench: other servers are loaded too: Mercure's form, TLS, nchan, a plain stream")
def other_servers(context):
    authority = Authority(context.folder)
    certificate, key = authority.issue("hub")
    server = context.server(settings={"tls.certificate": certificate, "tls.key": key})
    words = ["--profile", "mercure", "--ca-file", authority.certificate]
    report, _ = load(context, "fan-out", "https" + url(server.hub)[4:], *words, "--subscribers", "20", "--duration", "1")
    check_whole(report, 20, "over TLS")

    plain = context.closes(FaultyHub())
    report, _ = load(context, "fan-out", plain.address, *PLAIN, "--subscribers", "20", "--duration", "1")
    check_whole(report, 20, "a plain stream")

    if not os.path.exists(NCHAN):
        raise Skipped("there is no nchan; the rest passed")
    locations = "location ~ ^/sub/(.+)$ { nchan_subscriber eventsource; nchan_channel_id $1; }\n"
    locations += "location ~ ^/pub/(.+)$ { nchan_publisher; nchan_channel_id $1; }\n"
    nginx = context.closes(Nginx(context.folder, server.hub, {"nchan": locations}, modules=[NCHAN]))
    hub = f"http://127.0.0.1:{nginx.ports['nchan']}"
    for words in (["fan-out", "--duration", "1"], ["latency", "--duration", "1"]):
        report, _ = load(context, words[0], hub, "--profile", "nchan", "--subscribers", "20", *words[1:])
        check_whole(report, 20, f"{words[0]} at nchan")


@scenario("bench: what a hub loses, repeats and reorders is found, and so are streams that it closes")
def faults(context):
    held = {}

    def swapped(number, data):
        """Each pair of updates the other way round, to every stream."""
        if number % 2 == 0:
            held["data"] = data
            return []
        return [data, held["data"]]

    gap = "x\n\nevent: martlet:gap\ndata: {}" + " " * 80
    faults = [
        ("lost", lambda number, data: [] if number == 3 else [data], "deliveries of acknowledged updates did not come"),
        ("duplicates", lambda number, data: [data, data] if number == 3 else [data], "updates came twice"),
        ("misordered", swapped, "updates came in the wrong order"),
        ("gaps", lambda number, data: [gap, data] if number == 3 else [data], "that updates are missing"),
        ("streams_closed", lambda number, data: None if number == 3 else [data], "streams were closed by the server"),
    ]
    for figure, deliver, sentence in faults:
        hub = context.closes(FaultyHub(deliver))
        words = [*PLAIN, "--subscribers", "10", "--rate", "50", "--updates", "20", "--drain", "1"]
        report, said = load(context, "fan-out", hub.address, *words, code=1)
        check(report[figure] >= 10, lambda: f"{figure} is {report[figure]} at a hub that is so: {report}")
        check(sentence in said, lambda: f"{figure}: {sentence!r} is not in {said!r}")
        others = {"lost", "duplicates", "misordered", "gaps"} - {figure}
        if figure != "streams_closed":
            check_equal({name: report[name] for name in others}, dict.fromkeys(others, 0), f"other faults beside {figure}")


@scenario("bench: what prevents a load is said in a sentence")
def refusals(context):
    server = context.server(settings={"auth.publish.key": "k" * 40, "auth.subscribe.key": "s" * 40})
    full = context.server(settings={"streams.max": "5"})
    site = context.closes(Site({"/page": ("text/html", "<p>hello")}))
    nobody = f"http://127.0.0.1:{unused_port()}"
    for words, sentence in [
        (["fan-out", nobody], "connection refused"),
        (["fan-out", "http://no.such.host.invalid"], "has no address"),
        (["fan-out", url(server.hub)], "refused a stream: 401"),
        (["join", url(full.hub), "--subscribers", "10"], "refused a stream"),
        (["idle", url(full.hub), "--subscribers", "10"], "503"),
        (["listen", site.url("/page"), "--subscribers", "1"], "text/html"),
        (["listen", site.url("/none"), "--subscribers", "1"], "404"),
        (["fan-out", nobody, "--profile", "sse"], "where to publish"),
        (["publish", nobody, "--profile", "nchan", "--batch", "2"], "--batch"),
        (["fan-out", nobody + "/feed"], "--profile sse"),
        (["fan-out", nobody, "--pid", "999999999"], "no process 999999999"),
    ]:
        _, said = load(context, *words, code=1)
        check(sentence in said, lambda: f"{words}: {sentence!r} is not in {said!r}")
    for words in (["fan-out", "--subscribers", "0"], ["fan-out", "--rate", "x"], ["latency", "--rate", "0"],
                  ["publish", "--size", "33"], ["idle", "--duration", "nan"], ["listen"], ["floor", "--size", "41"]):
        Command(context, context.binary, "bench", *words).wait(64)

    command = ["sh", "-c", 'ulimit -n 200 && exec "$0" bench idle "$1" --subscribers 500', context.binary, url(full.hub)]
    said = Command(context, *command).wait(1).errors()
    check("ulimit -n" in said, lambda: f"too few descriptors: {said!r}")


@scenario("bench: SIGINT ends a load early, and shows what was measured")
def interrupted(context):
    server = context.server()
    words = ["fan-out", url(server.hub), "--subscribers", "10", "--rate", "100", "--duration", "60", "--json"]
    command = Command(context, context.binary, "bench", *words)
    wait_for(lambda: server.status()["deliveries"] > 100, 20, "updates are delivered")
    command.process.send_signal(signal.SIGINT)
    report = json.loads(command.wait(0).output())
    check(report["interrupted"], "whether it says that it was ended early")
    check_whole(report, 10, "until SIGINT")
    early = Command(context, context.binary, "bench", "fan-out", f"http://127.0.0.1:{silent(context)}")
    wait_for(lambda: "streams are open" in early.errors(), 20, "it waits for an answer")
    early.process.send_signal(signal.SIGINT)
    check("interrupted" in early.wait(130).errors(), "what it says if nothing was measured")


def silent(context):
    """The port of a server that takes connections and says nothing."""
    return context.closes(socket.create_server(("127.0.0.1", 0), backlog=2_000)).getsockname()[1]
