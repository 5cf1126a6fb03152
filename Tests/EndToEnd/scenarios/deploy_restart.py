"""docs/deploy.md: an upgrade, seen by pages that use nothing but `EventSource`."""

from harness import http1
from harness.deployed import DEPLOYED
from harness.eventsource import EventSource
from harness.outcome import check, check_equal
from harness.scenario import scenario
from harness.site import unused_port
from harness.stream import hub_path
from harness.waiting import wait_for
from scenarios.deploy_proxies import Front, hub

PAGES = 20


def restarted(context, name):
    """Every page gets everything, once, though the hub is away for longer than any proxy tries."""
    port = unused_port()
    front = Front(context, name, hub(context, port=port))
    pages = [
        context.closes(EventSource(front.proxy.address, hub_path("a"), tls=front.http1)) for _ in range(PAGES)
    ]

    def all_live():
        dead = [page.dead for page in pages if page.dead]
        check(not dead, lambda: f"{len(dead)} pages of {PAGES} have given up for good; the first at {dead[0]}")
        return all(page.is_live for page in pages)

    def wait_for_all(within):
        wait_for(all_live, within, lambda: f"{sum(page.is_live for page in pages)} of {PAGES} pages are live", every=0.05)

    wait_for_all(10)
    front.publish("a", "before")
    wait_for(lambda: all(page.data == ["before"] for page in pages), 5, "all pages have the update", every=0.05)
    first = front.server
    first.terminate()
    # In the midst of ending streams, and after that.
    wait_for(lambda: all_live() is not None and first.process.poll() is not None, 15, "the hub ends", every=0.05)
    first.wait(within=1)
    wait_for(lambda: all_live() is not None and any(page.put_off for page in pages), 10, "a page is put off", every=0.05)
    wait_for(lambda: all_live() is not None and all(page.put_off for page in pages), 20, "all pages are put off", every=0.05)
    away = http1.request(front.proxy.address, "POST", "/topics/a", body=b"x", tls=front.http1)
    check_equal(away.status, 503, "what a publisher is told meanwhile")
    # A page of another origin, whose browser would give up if it were not let read that.
    foreign = [("Accept", "text/event-stream"), ("Origin", "https://app.example")]
    put_off = http1.request(front.proxy.address, "GET", hub_path("a"), foreign, tls=front.http1)
    check(put_off.status == 200 and put_off.body.startswith(b"retry: "), f"a page is told {put_off}")
    check_equal(put_off.headers.get("access-control-allow-origin"), "https://app.example", "who may read that")
    check_equal(put_off.headers.get("content-type").partition(";")[0], "text/event-stream", "what it is")
    front.server = hub(context, port=port, log="martlet-0.db")
    # HAProxy looks once a second whether it is back.
    wait_for(lambda: front.try_publish("a", "after").status == 200, 5, "a publisher that tries again gets through", every=0.1)
    wait_for_all(20)
    wait_for(lambda: all(len(page.data) >= 2 for page in pages), 5, "all pages have both updates", every=0.05)
    for page in pages:
        check_equal(page.data, ["before", "after"], "what a page has got")
    return f"pages were put off {sum(page.put_off for page in pages)} times"


for proxy in DEPLOYED:
    scenario(f"deploy: behind {proxy} no EventSource gives up, and none misses an update, while the hub is restarted", name=proxy)(restarted)


@scenario("deploy: without a proxy no EventSource gives up either, since none is told to come back while streams are ended")
def alone(context):
    port = unused_port()
    server = context.server(log="sqlite:martlet.db", address=f"127.0.0.1:{port}")
    pages = [context.closes(EventSource(server.hub, hub_path("a"))) for _ in range(100)]
    wait_for(lambda: all(page.is_live for page in pages), 10, "all pages are live", every=0.05)
    context.publisher(server).form("a", "before")
    wait_for(lambda: all(page.data == ["before"] for page in pages), 5, "all pages have the update", every=0.05)
    server.terminate()
    server.wait(within=15)
    server = context.server(log="sqlite:martlet.db", address=f"127.0.0.1:{port}")
    context.publisher(server).form("a", "after")
    wait_for(lambda: all(page.is_live or page.dead for page in pages), 20, "all pages are live, or dead", every=0.05)
    dead = [page.dead for page in pages if page.dead]
    check(not dead, lambda: f"{len(dead)} of {len(pages)} pages have given up for good; the first at {dead[0]}")
    wait_for(lambda: all(len(page.data) >= 2 for page in pages), 5, "all pages have both updates", every=0.05)
    for page in pages:
        check_equal(page.data, ["before", "after"], "what a page has got")
