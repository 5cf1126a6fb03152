"""Chromium with `martlet.js`: refusals, a hub that dies, many tabs, a proxy that buffers, reloads, no network."""

import json
import statistics
import time

from harness.counting import IS_OPEN, Counters, Numbers
from harness.http1 import request
from harness.metrics import Scrape
from harness.nginx import Nginx
from harness.outcome import check, check_equal
from harness.publisher import FORM
from harness.scenario import scenario
from harness.stream import HUB, hub_path
from harness.tokens import bearer, token
from harness.waiting import wait_for

KEY = "a key of these tests that nobody can guess, with 32 bytes and more"
TABS = 8
# What hides the hub's wish that a stream be passed on at once.
BUFFERING = "proxy_buffering on; proxy_ignore_headers X-Accel-Buffering;"
LEADER = """
  const { held } = await navigator.locks.query()
  const leader = held.find(lock => lock.name.startsWith('martlet-1:'))?.clientId
  return held.find(lock => lock.name.startsWith('tab ') && lock.clientId === leader)?.name
"""


@scenario("martlet.js is served with its types, and runs in a page of another origin and in a module worker")
def served(context):
    counters = Counters(context)
    for path, type, part in (
        ("/martlet.js", "text/javascript; charset=utf-8", "export class MartletSource "),
        ("/martlet.d.ts", "text/plain; charset=utf-8", "export declare class MartletSource "),
    ):
        answer = request(counters.server.hub, "GET", path)
        check_equal((answer.status, answer.headers["content-type"]), (200, type), f"how {path} is served")
        check_equal(answer.headers.get("access-control-allow-origin"), "*", f"who may load {path}")
        check_equal(answer.headers.get("x-content-type-options"), "nosniff", f"whether the type of {path} is guessed")
        check(part in answer.text, f"{path} has no {part!r}")
        tag = answer.headers["etag"]
        again = request(counters.server.hub, "GET", path, (("If-None-Match", tag),))
        check_equal((again.status, again.headers.get("etag"), again.body), (304, tag, b""), f"{path} again")
        other = request(counters.server.hub, "GET", path, (("If-None-Match", '"another"'),))
        check_equal((other.status, other.body), (200, answer.body), f"{path} for who has another")

    tab = counters.tab()
    tab.begin_open()
    worker = f"""import {{ MartletSource }} from '{counters.base}/martlet.js'
      const source = new MartletSource('{counters.base}{HUB}', {{ topics: 'n' }})
      source.onopen = () => postMessage('open')
      source.onmessage = event => postMessage(event.data)
      source.onerror = event => postMessage(event.message)"""
    counters.site.pages["/worker.js"] = ("text/javascript", worker)
    tab.run(
        """
        window.said = []
        window.worker = new Worker('/worker.js', { type: 'module' })
        worker.onmessage = event => said.push(event.data)
        worker.onerror = event => said.push(event.message || 'the worker could not be loaded')
        """
    )
    tab.wait_for("said.length === 1", 10, "the worker is connected")
    context.publisher(counters.server).form("n", "7")
    tab.wait_for("said.length === 2 && got.length === 1", 5, "the update comes to both")
    check_equal(tab.run("return [said, got]"), [["open", "7"], [7]], "what came to the worker and to the page")


@scenario("martlet.js: a refused token shows the page 401 and what the hub says, a token function is asked once more")
def refused(context):
    key = {"algorithm": "HS256", "key": KEY}
    counters = Counters(context, auth={"publish": key, "subscribe": key, "anonymous": False})
    wrong = token(KEY.upper(), subscribe=["*"])
    old = token(KEY, subscribe=["*"], exp=int(time.time()) - 3600)
    good = token(KEY, subscribe=["*"])
    tab = counters.tab()
    for given, name in ((wrong, "a token of another key"), (old, "a token that has expired"), (None, "no token")):
        headers = () if given is None else (bearer(given),)
        answer = request(counters.server.hub, "GET", hub_path("n"), headers)
        check_equal(answer.status, 401, f"the status for {name}")
        check(len(answer.text.split()) > 3, f"the hub says only {answer.text!r} to {name}")
        tab.run("told.length = 0; begin({ token: arguments[0] })", given)
        tab.wait_for("told.length > 1", 5, f"{name} is refused")
        error, *rest = tab.told()
        error.pop("message")
        refusal = {"type": "error", "status": 401, "body": answer.text, "willRetry": False, "delay": 0}
        check_equal(error, refusal, f"the error for {name}")
        check_equal(rest, [{"type": "close", "reason": "refused", "status": 401}], f"what follows it for {name}")
        check_equal(tab.run("return source.readyState"), 2, f"readyState after {name}")

    # What the function gives, how often it is asked, and what the page is told.
    for tokens, asked, wanted in (
        ([old, good], 2, [("error", 401, True), ("open", None, None)]),
        ([wrong, old, good], 2, [("error", 401, True), ("error", 401, False), ("close", 401, None)]),
    ):
        tab.run(
            """
            told.length = got.length = window.asked = 0
            begin({ token: async () => arguments[0][asked++] })
            """,
            tokens,
        )
        tab.wait_for(f"told.length >= {len(wanted)}", 5, "the function's tokens are tried")
        told = [(one["type"], one.get("status"), one.get("willRetry")) for one in tab.told()]
        check_equal(told, wanted, f"what the page is told after {len(tokens)} tokens")
        check_equal(tab.run("return asked"), asked, "how often the function was asked")
        if wanted[-1][0] == "open":
            publisher = context.publisher(counters.server)
            body = b"topic=n&data=7&private=on"
            headers = (bearer(token(KEY, publish=["*"])), *FORM)
            check_equal(publisher.request("POST", HUB, headers, body).status, 200, "publishing")
            tab.wait_for("got.length", 5, "a private update comes")
            check_equal(tab.got(), [7], "what came")
            tab.run("source.close()")
    counters.server.wait_for_status(lambda status: status["streams"] == 0, 5, "no stream is left")


@scenario("martlet.js: the hub is killed under a page that counts, and no number is missing or twice")
def killed(context):
    rounds = 1 if context.quick else 3
    counters = Counters(context, log="sqlite:hub.db")
    tab = counters.tab()
    tab.begin_open()
    numbers = context.closes(Numbers(counters.server.hub))
    for _ in range(rounds):
        tab.wait_for_number(numbers.last + 50)
        counters.server.kill()
        tab.wait_for("told.at(-1).type === 'error'", 5, "the page is told that the connection is lost")
        counters.restart()
        tab.wait_for(IS_OPEN, 20, "the page is connected again")
        tab.wait_for_number(numbers.last + 50)
    last = numbers.stop()
    tab.wait_for_number(last)
    numbers.check(tab.got(), 1, "the page")
    told = [one["type"] for one in tab.run("return told")]
    check("martlet:gap" not in told and told.count("open") == rounds + 1, f"the page was told {told}")
    return f"{last} numbers, {rounds} kills, {len(numbers.unanswered)} without an answer"


@scenario(f"martlet.js: {TABS} tabs share one stream, leaders are closed while numbers come, and no tab loses any")
def shared(context):
    counters = Counters(context)
    numbers = context.closes(Numbers(counters.server.hub, every=0.005))
    tabs = {}
    first = {}
    for number in range(TABS):
        tab = counters.tab()
        tab.run("navigator.locks.request(arguments[0], () => new Promise(() => {}))", f"tab {number}")
        tab.begin_open(share=True)
        tabs[f"tab {number}"] = tab
        # The one that is being published may have been earlier.
        first[tab] = numbers.last + 2

    def check_one_stream(within):
        counters.server.wait_for_status(lambda s: s["streams"] == 1, within, f"{len(tabs)} tabs have one stream")
        now = numbers.last + 1
        for tab in tabs.values():
            tab.wait_for_number(now)

    check_one_stream(20)
    opened = counters.server.status()["streamsOpened"]
    closed = 2 if context.quick else 4
    for _ in range(closed):
        name = next(iter(tabs.values())).run(LEADER)
        check(name in tabs, f"no tab leads, but {name}")
        tabs.pop(name).close()
        check_one_stream(10)
    last = numbers.stop()
    for name, tab in tabs.items():
        tab.wait_for_number(last)
        numbers.check(tab.got(), first[tab], name)
        check_equal(tab.run("return told.map(one => one.type)").count("close"), 0, f"how often {name} was closed")
    status = counters.server.status()
    check_equal(status["streams"], 1, "streams")
    check_equal(status["streamsOpened"] - opened, closed, "streams that were opened, one for each new leader")
    return f"{last} numbers, {closed} leaders closed"


@scenario("martlet.js: behind nginx that buffers, the page polls and gets every update in order")
def polled(context):
    counters = Counters(context)
    nginx = context.closes(Nginx(context.folder, counters.server.hub, {"buffering": BUFFERING}))
    publisher = context.publisher(counters.server)
    since = publisher.form("n", "0")
    tab = counters.tab()
    begin = """
      window.begun = performance.now()
      window.times = []
      begin({ lastEventId: arguments[0] }, arguments[1])
      source.addEventListener('open', () => window.opened ??= performance.now() - begun)
      source.addEventListener('message', event => times.push(Date.now() - event.data))
    """
    tab.run(begin, since, nginx.url("buffering", HUB))
    # Published before polling begins: the id makes it the page's.
    counters.server.wait_for_status(lambda status: status["streams"] == 1, 5, "the page tries a stream")
    wanted = [int(time.time() * 1000)]
    publisher.form("n", str(wanted[0]))
    tab.wait_for(IS_OPEN, 15, "the page polls")

    for count in range(30):
        wanted.append(max(int(time.time() * 1000), wanted[-1] + 1))
        publisher.form("n", str(wanted[-1]))
        # One at a time first, and then several between two polls.
        if count < 20:
            tab.wait_for_number(wanted[-1], 5)
    tab.wait_for_number(wanted[-1], 5)
    check_equal(tab.got(), wanted, "what came")
    check_equal([one["type"] for one in tab.told()], ["open"], "what the page was told")
    times = sorted(tab.run("return times.slice(1)"))
    opened = tab.run("return opened")

    # The stream was given up, and what has been since were polls.
    streams = json.loads(request(counters.server.admin, "GET", "/connections").text)["connections"]
    check_equal(len(streams), 1, "streams while the page polls")
    scrape = Scrape(counters.server)
    closed = scrape.by("reason", "martlet_streams_closed_total")
    check_equal(closed.pop("client", 0), 1, "streams that were given up")
    check(closed.get("answered", 0) >= 21 and len(closed) == 1, f"streams were closed so: {closed}")
    tab.run("source.close()")
    counters.server.wait_for_status(lambda status: status["streams"] == 0, 5, "no stream is left behind the proxy")
    check(opened >= 5000, f"it polls already after {opened:.0f} ms")
    return (
        f"polling after {opened / 1000:.1f} s; updates took {times[-1]} ms at most, "
        f"half of them {statistics.median_low(times)} ms; {closed['answered']:.0f} polls"
    )


@scenario("martlet.js: a page that remembers goes on where it was when it is reloaded, and loses nothing")
def reloaded(context):
    reloads = 2 if context.quick else 5
    counters = Counters(context)
    tab = counters.tab()
    tab.begin_open(remember=True)
    numbers = context.closes(Numbers(counters.server.hub))
    for _ in range(reloads):
        tab.wait_for_number(numbers.last + 20)
        tab.reload()
        tab.begin_open(remember=True)
    last = numbers.stop()
    tab.wait_for_number(last)
    numbers.check(tab.got(), 1, "the page")
    check_equal(counters.server.status()["gaps"], 0, "gaps")
    return f"{last} numbers, {reloads} reloads"


@scenario("martlet.js: a page that loses its network waits for it, is back at once, and has lost nothing")
def offline(context):
    counters = Counters(context)
    tab = counters.tab()
    tab.begin_open(initialDelay=30_000)
    tab.run(
        """
        window.times = []
        addEventListener('online', () => window.since = performance.now())
        source.addEventListener('open', () => times.push(performance.now() - since))
        """
    )
    tab.command("Network.enable")
    numbers = context.closes(Numbers(counters.server.hub))
    # No delay, which is over while there is no network, and one so long that it can't be what ends the wait.
    for share in (0, 1):
        tab.run("Math.random = () => arguments[0]", share)
        tab.wait_for_number(numbers.last + 20)
        tab.be_online(False)
        # The browser keeps what is open.
        end_streams(counters.server)
        tab.wait_for("told.at(-1).type === 'error'", 5, "the page is told that the connection is lost")
        told = tab.run("return told")
        check_equal((told[-1]["willRetry"], told[-1]["delay"]), (True, share * 30_000), "what the page is told")
        before = numbers.last
        wait_for(lambda: numbers.last > before + 100, 10, "numbers are published")
        check_equal(tab.run("return told"), told, "what the page is told while there is no network")
        check_equal(counters.server.status()["streams"], 0, "streams while there is no network")
        tab.be_online(True)
        tab.wait_for(IS_OPEN, 5, "the page is connected again")
    last = numbers.stop()
    tab.wait_for_number(last)
    numbers.check(tab.got(), 1, "the page")
    return f"{last} numbers, connected {' and '.join(f'{time:.0f} ms' for time in tab.run('return times'))} after"


def end_streams(server):
    for stream in json.loads(request(server.admin, "GET", "/connections").text)["connections"]:
        check_equal(request(server.admin, "DELETE", f"/connections/{stream['id']}").status, 204, "ending a stream")

@scenario("martlet.js: a new network replaces a connection that seems alive at once, and nothing is lost")
def new_network(context):
    counters = Counters(context)
    tab = counters.tab()
    tab.run("Math.random = () => 1")
    tab.begin_open(initialDelay=30_000)
    numbers = context.closes(Numbers(counters.server.hub))
    tab.wait_for_number(numbers.last + 20)
    # The browser keeps what is open, as a system does that does not notice.
    tab.be_online(False)
    tab.be_online(True)
    tab.wait_for("told.length === 3", 5, "the page is connected anew")
    check_equal([(one["type"], one.get("delay")) for one in tab.told()], [("open", None), ("error", 0), ("open", None)], "told")
    last = numbers.stop()
    tab.wait_for_number(last)
    numbers.check(tab.got(), 1, "the page")
