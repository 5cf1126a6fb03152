"""Numbers that are published one after the other, and tabs of a browser that count them with `martlet.js`."""

import json
import threading
import time

from .http1 import NotAnswered
from .outcome import check
from .publisher import Publisher
from .site import Site
from .webdriver import Browser

PAGE = """<!doctype html><html lang=en><meta charset=utf-8><title>A page that counts</title>
<script type="module">
import { MartletSource } from 'HUB/martlet.js'

// What was before the page was reloaded goes on.
window.got = JSON.parse(sessionStorage.got ?? '[]')
window.told = []
addEventListener('pagehide', () => sessionStorage.got = JSON.stringify(got))
window.begin = (options, url = 'HUB/.well-known/mercure') => {
  window.source = new MartletSource(url, { topics: 'n', ...options })
  source.onopen = () => told.push({ type: 'open' })
  source.onerror = ({ type, status, body, message, willRetry, delay }) =>
    told.push({ type, status, body, message, willRetry, delay })
  source.onclose = ({ type, reason, status }) => told.push({ type, reason, status })
  source.onmessage = event => got.push(Number(event.data))
  source.addEventListener('martlet:gap', ({ type, data }) => told.push({ type, data }))
}
</script>"""
IS_OPEN = "told.at(-1)?.type === 'open'"


class Counters:
    """A hub, a page of another origin that counts, and a browser; `begin` opens the page in a tab."""

    def __init__(self, context, log="memory", **configuration):
        self.context = context
        self.log = log
        self.site = context.closes(Site())
        configuration["cors"] = {"origins": [self.site.origin()]}
        self.configuration = json.dumps(configuration) + "\n"
        self.server = context.server(config=self.configuration, log=log)
        self.base = f"http://127.0.0.1:{self.server.hub[1]}"
        self.site.pages["/"] = ("text/html", PAGE.replace("HUB", self.base))
        self.browser = context.closes(Browser(context.folder))

    def restart(self):
        """Starts the hub anew at its old address."""
        address = f"127.0.0.1:{self.server.hub[1]}"
        self.server = self.context.server(config=self.configuration, log=self.log, address=address)

    def tab(self):
        """One more tab with the page. The first is the browser's own."""
        handle = self.browser.command("window/new", {"type": "tab"})["handle"]
        tab = Tab(self.browser, handle)
        tab.open(self.site.url())
        return tab


class Tab:
    """A tab with the page."""

    def __init__(self, browser, handle):
        self.browser = browser
        self.handle = handle

    def open(self, url):
        self.choose()
        self.browser.open(url)
        self.wait_until_loaded()

    def wait_until_loaded(self):
        self.browser.wait_for("typeof window.begin === 'function'", 10, "the module is loaded")

    def reload(self):
        self.choose()
        self.browser.command("refresh", {})
        self.wait_until_loaded()

    def choose(self):
        self.browser.command("window", {"handle": self.handle})

    def run(self, script, *arguments):
        self.choose()
        return self.browser.run(script, *arguments)

    def wait_for(self, expression, within, what):
        self.choose()
        return self.browser.wait_for(expression, within, lambda: f"{what} (the page was told {self.told()})")

    def begin(self, **options):
        self.run("begin(arguments[0])", options)

    def begin_open(self, within=10, **options):
        self.begin(**options)
        self.wait_for(IS_OPEN, within, "the page is connected")

    def told(self):
        """The last of the events that were no messages."""
        return self.run("return told.slice(-10)")

    def got(self):
        return self.run("return got")

    def wait_for_number(self, number, within=15):
        self.wait_for(f"got.at(-1) >= {number}", within, f"number {number} comes")

    def command(self, name, **parameters):
        """A command of the browser's own protocol."""
        self.choose()
        return self.browser.command("goog/cdp/execute", {"cmd": name, "params": parameters})

    def be_online(self, is_online):
        throughput = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        self.command("Network.emulateNetworkConditions", offline=not is_online, **throughput)
        self.wait_for(f"navigator.onLine === {json.dumps(is_online)}", 5, "the page knows of its network")

    def close(self):
        self.choose()
        self.browser.send("DELETE", f"/{self.browser.session}/window")


class Numbers:
    """Publishes 1, 2, 3 … in a thread, through deaths of the hub, until it is stopped."""

    def __init__(self, address, every=0.004):
        self.address = address
        self.every = every
        self.number = 0
        self.acknowledged = []
        # They may be in the log or not.
        self.unanswered = set()
        self.failure = None
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.stopping.is_set():
            try:
                with Publisher(self.address) as publisher:
                    while not self.stopping.is_set():
                        self.publish(publisher)
                        time.sleep(self.every)
            except (NotAnswered, OSError):
                # It is being started anew.
                time.sleep(0.005)
            except Exception as error:
                self.failure = repr(error)
                return

    def publish(self, publisher):
        self.number += 1
        try:
            publisher.form("n", self.number)
        except NotAnswered:
            self.unanswered.add(self.number)
            raise
        self.acknowledged.append(self.number)

    @property
    def last(self):
        check(not self.failure, lambda: f"publishing failed: {self.failure}")
        return self.acknowledged[-1] if self.acknowledged else 0

    def stop(self):
        """Ends it; the last number that was acknowledged."""
        self.stopping.set()
        self.thread.join(25)
        check(not self.thread.is_alive(), "the publisher hangs")
        return self.last

    close = stop

    def check(self, got, first, what):
        """Fails unless the numbers begin with `first` or before it, and then all are there, in order, once."""
        check(got and got[0] <= first, f"{what}: it began with {got[:1]} and not with {first} at the latest")
        for before, after in zip(got, got[1:]):
            check(before < after, f"{what}: {after} came after {before}")
        known = {number for number in self.acknowledged if number >= got[0]}
        missing = sorted(known.difference(got))
        check(not missing, lambda: f"{what}: {len(missing)} are missing, the first are {missing[:5]}")
        strange = sorted(set(got) - known - self.unanswered)
        check(not strange, lambda: f"{what}: {strange[:5]} came, which nobody published")
