"""Chromium: what pages get from a hub, and what pages from elsewhere do not get."""

import json
import os
import tempfile

from harness.http1 import request
from harness.outcome import check, check_equal
from harness.publisher import FORM
from harness.scenario import scenario
from harness.site import Site
from harness.stream import HUB
from harness.tokens import bearer, token
from harness.transport import HTTP2
from harness.webdriver import Browser

KEY = "a key of these tests that nobody can guess, with 32 bytes and more"
PAGE = {"/": ("text/html", "<!doctype html><html lang=en><title>A page</title><p>A page of some site.</p></html>")}
STREAMS = 50

# A page's tries. `settled` is how a stream begins: "open", or "refused" for good.
TRIES = """
  const settled = (url, options) => new Promise(resolve => {
    const source = new EventSource(url, options)
    source.onopen = () => resolve(source)
    source.onerror = () => source.readyState === EventSource.CLOSED && resolve(null)
  })
  const form = fields => new URLSearchParams(fields)
  const outcome = promise => promise.then(
    async response => [response.type, response.status, await response.text()], error => [error.name])
"""


def browse(context):
    return context.closes(Browser(context.folder))


def show(context, browser, name):
    """Keeps a picture of the page if all is to be told."""
    if context.verbose:
        path = os.path.join(tempfile.gettempdir(), f"martlet-{name}.png")
        browser.screenshot(path)
        context.progress(f"the page is shown in {path}")


def url(server, host="127.0.0.1", path="/"):
    return f"{'https' if server.is_tls else 'http'}://{host}:{server.hub[1]}{path}"


@scenario(f"browser: {STREAMS} EventSources of one page share a connection of HTTP/2, and each gets its update")
def many(context):
    transport = context.transport(HTTP2)
    server = context.server(config=json.dumps(transport.settings) + "\n")
    browser = browse(context)
    browser.open(url(server))
    browser.run(
        """
        window.got = {}
        window.sources = Array.from({ length: arguments[1] }, (_, number) => {
          const source = new EventSource(`${arguments[0]}?topic=all&topic=${number}`)
          source.onmessage = event => (got[number] ??= []).push(event.data)
          return source
        })
        """,
        HUB, STREAMS,
    )  # fmt: skip
    browser.wait_for("sources.every(source => source.readyState === EventSource.OPEN)", 10, "all streams are open")
    published = browser.run(
        """
        const publish = (topic, data) =>
          fetch(arguments[0], { method: 'POST', body: new URLSearchParams({ topic, data }) })
        const answers = [await publish('all', 'to all')]
        for (let number = 0; number < arguments[1]; number++) answers.push(await publish(number, `to ${number}`))
        return answers.map(answer => answer.status)
        """,
        HUB, STREAMS,
    )  # fmt: skip
    check_equal(published, [200] * (STREAMS + 1), "what the page's updates are answered")
    wanted = {str(number): ["to all", f"to {number}"] for number in range(STREAMS)}
    browser.wait_for("Object.values(got).flat().length >= sources.length * 2", 10, "all updates come")
    check_equal(browser.run("return got"), wanted, "what came")
    # And one of the page's own, which has two for the moment in which it looks for other tabs.
    status = server.wait_for_status(lambda status: status["streams"] == STREAMS + 1, 10, "one more than they are")
    check_equal(status["connections"], 1, "connections")
    show(context, browser, "http2")
    # The browser tells of a stream only when it has ended.
    browser.run("sources.forEach(source => source.close())")
    protocols = """performance.getEntries().filter(entry => entry.name.includes('mercure?topic=all'))
      .map(entry => entry.nextHopProtocol)"""
    browser.wait_for(f"({protocols}).length === {STREAMS}", 10, "the browser tells of the streams")
    check_equal(set(browser.run(f"return {protocols}")), {"h2"}, "nextHopProtocol of the streams")
    check_equal(browser.run("return performance.getEntriesByType('navigation')[0].nextHopProtocol"), "h2", "the page's")
    server.wait_for_status(lambda s: s["streams"] == 1, 5, "the streams are let go")


@scenario("browser: the hub's own page publishes what somebody types, shows it, and has a clock that ticks")
def home(context):
    clock = {"time": {"kind": "clock", "every": "1s", "topic": "time", "public": True}}
    server = context.server(config=json.dumps({"sources": clock}) + "\n")
    browser = browse(context)
    browser.open(url(server))
    browser.wait_for("document.querySelector('#state').textContent === 'live'", 5, "the page is live")
    for text in ("typed by hand", "<b>é & \"ü\"</b>"):
        browser.run("document.querySelector('#data').value = ''")
        browser.type("#data", text)
        browser.click("button")
        browser.wait_for("document.querySelector('#list').children.length > 0", 5, "the update is shown")
        browser.wait_for(f"document.querySelector('#list li').textContent.endsWith({json.dumps(text)})", 5, text)
    check_equal(browser.run("return document.querySelector('#list').children.length"), 2, "updates that are shown")
    # Its card comes with the first tick.
    time = "document.querySelector('#time')?.textContent"
    first = browser.wait_for(f"{time}?.match(/^[0-9]+:[0-9]+:[0-9]+/) && {time}", 5, "the clock shows a time")
    browser.wait_for(f"{time} !== {json.dumps(first)}", 5, "the clock ticks")
    show(context, browser, "home")
    # Another topic is watched as soon as it is chosen, and a refusal is shown.
    browser.run("document.querySelector('#topic').value = ''")
    browser.type("#topic", "/.well-known/mercure\t")
    browser.wait_for("document.querySelector('#state').textContent === 'live'", 5, "the page is live again")
    browser.click("button")
    browser.wait_for("document.querySelector('#state').textContent.startsWith('refused: ')", 5, "a refusal is shown")


@scenario("browser: a page of a listed origin reads and publishes with the cookie, one of another origin does neither")
def origins(context):
    listed, unlisted = (context.closes(Site(PAGE)) for _ in range(2))
    origin = listed.origin("localhost")
    key = {"algorithm": "HS256", "key": KEY}
    auth = {"publish": key, "subscribe": key, "anonymous": True, "publish-origins": [origin]}
    server = context.server(config=json.dumps({"auth": auth, "cors": {"origins": [origin]}}) + "\n")
    hub = url(server, "localhost", HUB)
    everything = token(KEY, publish=["*"], subscribe=["*"])
    browser = browse(context)

    browser.open(listed.url("/", "localhost"))
    # Cookies know no ports: it goes to whatever listens on localhost.
    browser.run("document.cookie = `mercureAuthorization=${arguments[0]}; path=/`", everything)
    opened = browser.run(
        TRIES
        + "window.got = []; const source = await settled(arguments[0] + '?topic=a', { withCredentials: true });"
        "if (source) source.onmessage = event => got.push([event.lastEventId, event.data]); return !!source",
        hub,
    )
    check(opened, "a listed page's stream with the cookie is refused")
    body = b"topic=a&data=from+a+server&private=on"
    first = request(server.hub, "POST", HUB, (bearer(everything), *FORM), body)
    check_equal(first.status, 200, "publishing")
    type, status, second = browser.run(
        TRIES + "const body = form({ topic: 'a', data: 'from the page', private: 'on' });"
        "return outcome(fetch(arguments[0], { method: 'POST', body, credentials: 'include' }))",
        hub,
    )
    check_equal((type, status), ("cors", 200), f"how the page's update is answered: {second!r}")
    browser.wait_for("got.length === 2", 5, "both updates come")
    wanted = [[first.text, "from a server"], [second, "from the page"]]
    check_equal(browser.run("return got"), wanted, "what came to the page")
    # With a header that the browser asks about before, and one that it lets the page see.
    position = browser.run(
        "const end = new AbortController();"
        "const headers = { Authorization: 'Bearer ' + arguments[1], 'Last-Event-ID': 'x' };"
        "const response = await fetch(arguments[0] + '?topic=a', { headers, signal: end.signal });"
        "end.abort(); return [response.status, response.headers.get('Last-Event-ID') !== null]",
        hub, everything,
    )  # fmt: skip
    check_equal(position, [200, True], "a stream with an Authorization header, and whether its Last-Event-ID is seen")
    refused = browser.run(TRIES + "return outcome(fetch(arguments[0]))", hub)
    check_equal(refused[:2], ["cors", 400], "a refusal that the page can read")

    kept = server.status()["logLast"]
    browser.open(unlisted.url("/", "localhost"))
    check("mercureAuthorization" in browser.run("return document.cookie"), "the other page does not have the cookie")
    tried = browser.run(
        TRIES
        + """
        const [hub, token] = arguments, post = { method: 'POST', body: form({ topic: 'a', data: 'x' }) }
        const headers = { Authorization: 'Bearer ' + token }
        return [
          !!await settled(hub + '?topic=a'), !!await settled(hub + '?topic=a', { withCredentials: true }),
          await outcome(fetch(hub + '?topic=a')), await outcome(fetch(hub + '?topic=a', { headers })),
          await outcome(fetch(hub, { ...post, credentials: 'include' })),
          await outcome(fetch(hub, { ...post, headers })),
          await outcome(fetch(hub, { ...post, credentials: 'include', mode: 'no-cors' })),
        ]
        """,
        hub, everything,
    )  # fmt: skip
    wanted = [False, False, *[["TypeError"]] * 4, ["opaque", 0, ""]]
    check_equal(tried, wanted, "what became of the other page's tries")
    status = server.status()
    check_equal(status["logLast"], kept, "updates after the other page's tries")
    # Both posts with the cookie have come, and one preflight has; the header that needs it was never sent.
    check_equal(status["refusals"]["unauthorized"], 2, "refusals of the cookie")
    check_equal(status["refusals"]["forbidden"], 2, "refusals of preflights")
