"""Chromium: the page at / of a hub without keys, and the operator's dashboard on the admin listener."""

import json

from harness.outcome import check, check_equal
from harness.scenario import scenario
from harness.site import unused_port
from harness.stream import hub_path
from harness.waiting import wait_for
from harness.webdriver import ELEMENT, Browser

WIDTHS = {"wide": 1280, "narrow": 375, "as narrow as can be": 320}
ENTER, ESCAPE, LEFT, RIGHT, END = "\ue007", "\ue00c", "\ue012", "\ue014", "\ue010"
LIVE = "document.body.dataset.state === 'live'"
NONE = "–"


def figure(title):
    """What a chart of the dashboard says, as an expression of the page."""
    chart = f"[...document.querySelectorAll('.chart')].find(one => one.querySelector('h3').textContent === '{title}')"
    return f"{chart}.querySelector('b').textContent"


def number(text):
    """The number in what a chart says."""
    return float(text.replace(",", "").split("\u00a0")[0])


class Page:
    """A page of a hub in a browser of its own."""

    def __init__(self, context, address, path="/"):
        self.browser = context.closes(Browser(context.folder))
        self.base = f"http://{address[0]}:{address[1]}"
        self.browser.open(self.base + path)

    def said(self):
        """What the browser has complained of since it was last asked: scripts, loads, what the policy forbids."""
        return [entry["message"] for entry in self.browser.command("se/log", {"type": "browser"})]

    def check_silent(self):
        check_equal(self.said(), [], "what the browser has to complain about")
        # And it would have told.
        style = "const style = document.createElement('style'); style.append('a {}'); document.head.append(style)"
        self.browser.run(style)
        told = wait_for(self.said, 5, "the browser tells of a style that is not the page's")
        check("Content Security Policy" in told[0], f"the browser tells of something else: {told}")

    def has(self, expression, within, what):
        return self.browser.wait_for(expression, within, what)

    def text(self, selector):
        return self.browser.run("return document.querySelector(arguments[0]).textContent", selector)

    def has_text(self, selector, text, within, what):
        found = f"document.querySelector({json.dumps(selector)})?.textContent"
        self.has(f"{found}?.includes({json.dumps(text)})", within, what)

    def fill(self, selector, text):
        self.browser.run("document.querySelector(arguments[0]).value = ''", selector)
        self.browser.type(selector, text)

    def press(self, key):
        """Presses a key wherever the focus is."""
        strokes = [{"type": kind, "value": key} for kind in ("keyDown", "keyUp")]
        self.browser.command("actions", {"actions": [{"type": "key", "id": "keyboard", "actions": strokes}]})

    def point(self, selector):
        """Moves the mouse to the middle of an element."""
        move = {"type": "pointerMove", "origin": {ELEMENT: self.browser.find(selector)}, "x": 0, "y": 0}
        self.browser.command("actions", {"actions": [{"type": "pointer", "id": "mouse", "actions": [move]}]})

    def look(self, width, scheme):
        """Has the page drawn so wide, on a light or dark screen."""
        metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
        media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
        for command, parameters in (("setDeviceMetricsOverride", metrics), ("setEmulatedMedia", media)):
            self.browser.command("goog/cdp/execute", {"cmd": f"Emulation.{command}", "params": parameters})

    def check_looks(self):
        """It fits on each screen, and is light on a light one and dark on a dark one."""
        for name, width in WIDTHS.items():
            for scheme in ("light", "dark"):
                self.look(width, scheme)
                found = self.browser.run(
                    """
                    const page = document.documentElement
                    const text = getComputedStyle(document.body).color.match(/[0-9]+/g)
                    return [page.clientWidth, page.scrollWidth, Math.min(...text.slice(0, 3))]
                    """
                )
                check(found[1] <= found[0] <= width, f"{name}, {scheme}: {found[1]} pixels of {found[0]}")
                # The text's, since the background may be the browser's own.
                check_equal(found[2] > 127, scheme == "dark", f"{name}, {scheme}: whether text is bright ({found[2]})")


@scenario("pages: the hub's own page has a clock that ticks, a counter, a log and charts that live")
def home(context):
    server = context.server(config=None)
    page = Page(context, server.hub)
    time = page.has("document.querySelector('#time')?.textContent.match(/^[0-9]+:[0-9]+:[0-9]+/)?.[0]", 10, "a time")
    page.has(f"document.querySelector('#time').textContent !== {json.dumps(time)}", 5, "the clock ticks")

    counted = "document.querySelector('#notices').textContent"
    notices = int(page.has(f"{counted}.match(/^[0-9]+$/)?.[0]", 5, "a number of notices"))
    for count in (notices + 1, notices + 2):
        page.browser.click("#add-notice")
        page.has(f"{counted} === '{count}'", 5, "the counter counts the notice")
    page.browser.click("#read-notices")
    page.has(f"{counted} === '0'", 5, "the counter is back at nothing")

    lines = ["first of many", *(f"line {n} <b>&" for n in range(2, 13))]
    for line in lines:
        page.fill("#line", line)
        page.browser.click("#log-form button")
        page.has(f"document.querySelector('#log').lastChild?.textContent === {json.dumps(line)}", 5, f"{line} arrives")

    drawn = "[...document.querySelectorAll('#charts .line')].filter(path => path.getAttribute('d')?.includes('L'))"
    page.has(f"{drawn}.length === 4", 15, "four charts draw lines")
    page.fill("#data", "typed by hand")
    page.browser.click("#form button")
    page.has_text("#list li", "typed by hand", 5, "the update arrives")
    states = "[...document.querySelectorAll('.state')].map(state => state.textContent)"
    page.has(f"{states}.length === 5 && {states}.every(state => state === 'live')", 5, "all cards are live")

    # Who comes later is shown the last ten lines, and shares the connections.
    page.browser.open(page.base + "/?again")
    page.has("document.querySelector('#log')?.children.length === 10", 5, "the last ten lines are shown")
    shown = page.browser.run("return [...document.querySelectorAll('#log li')].map(line => line.textContent)")
    check_equal(shown, lines[-10:], "the lines of the log")
    page.check_looks()
    page.check_silent()


@scenario("pages: eight tabs of the hub's own page are live together, on three streams")
def tabs(context):
    server = context.server(config=None)
    page = Page(context, server.hub)
    handles = [page.browser.send("GET", f"/{page.browser.session}/window")]
    # A cell of each stream, and each has come to life.
    alive = "[...document.querySelectorAll('.state')].filter(state => state.textContent === 'live').length === 5"
    page.has(alive, 10, "the first tab is live")
    for number in range(2, 9):
        handles.append(page.browser.command("window/new", {"type": "tab"})["handle"])
        page.browser.command("window", {"handle": handles[-1]})
        page.browser.open(page.base)
        page.has(f"{alive} && document.querySelector('#notices').textContent === '0'", 20, f"tab {number} is live")
    server.wait_for_status(lambda status: status["streams"] == 3, 30, "one connection for each of three streams")
    page.browser.click("#add-notice")
    for handle in handles:
        page.browser.command("window", {"handle": handle})
        page.has("document.querySelector('#notices').textContent === '1'", 5, "each tab counts the notice")


@scenario("pages: the dashboard's figures move with what is published, and it fits on every screen")
def figures(context):
    server = context.server()
    stream = context.stream(server, hub_path("a/topic"))
    page = Page(context, server.admin)
    page.has(LIVE, 10, "it is live")
    page.has(f"{figure('Streams')} === '1'", 5, "the stream is counted")
    publisher = context.publisher(server)
    before = page.text("#fact-Positions")

    def moves():
        # Until a whole second of them was counted.
        publisher.lines([{"topic": "a/topic", "data": "x" * 100}] * 10)
        found = page.browser.run(f"return [{figure('Updates')}, {figure('Deliveries')}, {figure('Publish latency')}]")
        return NONE not in found and all(number(text) > 5 for text in found[:2]) and number(found[2]) > 0

    wait_for(moves, 10, "what is published is counted", every=0.05)
    page.has_text("#topics", "a/topic", 5, "the topic is listed")
    check(page.text("#fact-Positions") != before, "the log's position does not move")
    drawn = "[...document.querySelectorAll('.chart path')].filter(path => path.getAttribute('d')?.includes('L'))"
    page.has(f"{drawn}.length > 12", 10, "charts draw lines")

    # The past, by mouse and by keyboard.
    page.point(".plot")
    page.has_text("#moment-text", " min ", 5, "a time of some minutes ago is shown")
    page.has(f"{figure('Streams')} === '{NONE}'", 5, "there was no hub then")
    page.point("#status")
    page.has(f"{figure('Streams')} === '1'", 5, "now is shown again")
    page.browser.type("#moment", LEFT)
    page.has("document.querySelector('#time').classList.contains('past')", 5, "a moment of the past is read out")
    text = page.browser.run("return document.querySelector('#moment').getAttribute('aria-valuetext')")
    check("Streams 1" in text, f"the moment's figures are not read out: {text}")
    page.browser.type("#moment", END)
    page.has("document.querySelector('#moment-text').textContent === 'now'", 5, "back to now")
    for tab in ("overview", "connections", "console"):
        page.browser.run(f"document.querySelector('#tab-{tab}').click()")
        page.check_looks()
    page.check_silent()
    stream.close()


@scenario("pages: the dashboard lists streams, and closes the one that is chosen, all by keyboard")
def closing(context):
    server = context.server()
    chosen, other = (context.stream(server, hub_path(topic)) for topic in ("chosen", "other"))
    page = Page(context, server.admin)
    page.has(LIVE, 10, "it is live")
    page.browser.type("#tab-overview", RIGHT)
    check_equal(page.browser.run("return document.activeElement.id"), "tab-connections", "what has the focus")
    rows = "[...document.querySelectorAll('#list tbody tr')]"
    page.has(f"{rows}.length === 2", 5, "both streams are listed")
    page.browser.type("#filter-text", "chosen")
    page.has(f"{rows}.length === 1", 5, "one stream is listed")
    page.has_text("#list tbody", "chosen", 5, "it is the one")

    page.browser.type("#list tbody button", ENTER)
    page.has("document.querySelector('#confirm').open", 5, "it asks")
    check_equal(page.browser.run("return document.activeElement.id"), "confirm-no", "what has the focus")
    page.press(ESCAPE)
    page.has("!document.querySelector('#confirm').open", 5, "it does not insist")
    check(chosen.receive(0.2) in (None, []) and not chosen.end, "the stream has ended without a yes")

    page.browser.type("#list tbody button", ENTER)
    page.browser.type("#confirm-yes", ENTER)
    page.has("!document.querySelector('#confirm').open", 5, "it is done")

    def ended():
        chosen.receive(0.1)
        return chosen.end

    wait_for(ended, 5, "the stream ends")
    page.has(f"{rows}.length === 1 && {rows}[0].textContent === 'none'", 5, "it is gone from the list")
    check_equal(page.browser.run("return document.activeElement.id"), "filter-text", "what has the focus then")
    page.fill("#filter-text", "other")
    page.has_text("#list tbody", "other", 5, "the other is still there")
    check(not other.end, "the other stream has ended")
    page.check_silent()


@scenario("pages: the dashboard's console publishes and receives, private updates too, and shows a refusal")
def console(context):
    server = context.server()
    page = Page(context, server.admin, "/#console")
    page.fill("#selectors", "a/{rest}\nb")
    page.browser.click("#subscribe .main")
    page.has("document.querySelector('#subscribed').textContent === 'subscribed'", 5, "it is subscribed")
    page.fill("#topic", "a/b")
    page.fill("#data", 'two\nlines <b> & "ü"')
    page.fill("#type", "news")
    page.fill("#id", "of-my-own")
    page.browser.click("#private")
    page.browser.click("#publish .main")
    page.has("document.querySelector('#published').textContent === 'published as of-my-own'", 5, "the answer is shown")
    page.has("document.querySelector('#events li')", 5, "the update is shown")
    parts = page.browser.run("return [...document.querySelector('#events li').children].map(part => part.textContent)")
    check_equal(parts[1:], ["of-my-own", "news", 'two\nlines <b> & "ü"'], "the update")

    publisher = context.publisher(server)
    publisher.lines([{"topic": "b", "data": str(n)} for n in range(500)])
    page.has("document.querySelector('#events pre')?.textContent === '499'", 10, "the newest is shown first")
    page.has_text("#events-count", "501, the newest 200 shown", 5, "it says how many it shows")
    check_equal(page.browser.run("return document.querySelectorAll('#events li').length"), 200, "events that are shown")
    page.browser.click("#stop")
    page.has("document.querySelector('#subscribed').textContent === 'not subscribed'", 5, "it is not subscribed")

    # From the beginning, and what the hub does not have.
    page.browser.click("#clear")
    page.fill("#after", "earliest")
    page.browser.click("#subscribe .main")
    page.has_text("#events-count", "501", 10, "all are replayed")
    page.browser.click("#clear")
    page.fill("#after", "an id that never was")
    page.browser.click("#subscribe .main")
    page.has_text("#events", "martlet:gap", 5, "a gap is told")
    check_equal(page.said(), [], "what the browser has to complain about")

    page.fill("#selectors", "a/{")
    page.browser.click("#subscribe .main")
    page.has_text("#subscribed", "refused: ", 5, "a refusal is shown")
    page.fill("#topic", "/.well-known/mercure/subscriptions")
    page.browser.click("#publish .main")
    page.has_text("#published", "not published: 4", 5, "a refusal is shown")


@scenario("pages: the dashboard says that the hub is lost, shows no figure as present then, and says that it is back")
def loss(context):
    addresses = {name: f"127.0.0.1:{unused_port()}" for name in ("address", "admin")}
    server = context.server(**addresses)
    page = Page(context, server.admin)
    page.has(LIVE, 10, "it is live")
    page.has(f"{figure('Memory')} !== '{NONE}'", 5, "a figure is shown")
    check_equal(page.said(), [], "what the browser has to complain about")
    server.kill()
    page.has("document.querySelector('#status').textContent === 'Hub lost'", 15, "it says that the hub is lost")
    page.has_text("#detail", "last heard", 5, "it says since when")
    check_equal(page.browser.run("return document.title"), "Hub lost – Martlet", "the title")
    values = "[...document.querySelectorAll('.values b')]"
    page.has(f"{values}.every(value => value.textContent === '{NONE}')", 5, "no figure is present")
    page.has("+getComputedStyle(document.querySelector('#facts')).opacity < 1", 5, "what is of the past looks so")
    context.server(**addresses)
    page.has_text("#detail", "back since", 20, "it says that the hub is back")
    check_equal(page.text("#status"), "Live", "what it says")
    page.has(f"{figure('Memory')} !== '{NONE}'", 5, "figures are present")
    refused = [line for line in page.said() if "ERR_CONNECTION_REFUSED" not in line]
    check(len(refused) <= 1, f"the browser complains of more than a hub that is away: {refused}")
