"""Chromium: Examples/Notices, as released, with a user in each of two browsers."""

import os
import re
import subprocess

from harness.lifetime import die_with_parent
from harness.outcome import Failure, Skipped, check_equal
from harness.scenario import scenario
from harness.waiting import wait_for
from harness.webdriver import Browser

LISTENS = re.compile(r"Notices on http://127\.0\.0\.1:([0-9]+)")
PASSWORD = "correct horse"


class Program:
    """The example, which lies beside martlet, on a free port and with databases of its own."""

    def __init__(self, context, *options):
        binary = os.path.join(os.path.dirname(os.path.realpath(context.binary)), "Notices")
        if not os.path.exists(binary):
            raise Skipped("Notices is not built: swift build -c release --product Notices")
        self.folder = context.path("-".join(["notices", *options]))
        os.mkdir(self.folder)
        self.output = os.path.join(self.folder, "output")
        with open(self.output, "wb") as output:
            self.process = subprocess.Popen(
                [binary, "--port", "0", *options],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                preexec_fn=die_with_parent,
            )
        context.closes(self)
        self.url = f"http://127.0.0.1:{wait_for(self.port, 20, 'the example listens')}/"

    def port(self):
        with open(self.output, errors="replace") as file:
            said = file.read()
        if self.process.poll() is not None:
            raise Failure(f"the example ended with {self.process.returncode}: {said}")
        found = LISTENS.search(said)
        return found and int(found[1])

    def close(self):
        self.process.kill()
        self.process.wait()


class User:
    """Somebody with a browser of their own, whose cookies are nobody else's."""

    def __init__(self, context, name):
        folder = context.path(name)
        os.mkdir(folder)
        self.name = name
        self.browser = context.closes(Browser(folder))

    def register(self, url):
        self.browser.open(url)
        self.fill_in()
        self.browser.click("button[value=register]")
        self.is_in()

    def log_in(self):
        self.fill_in()
        self.browser.click("button[value=login]")
        self.is_in()

    def fill_in(self):
        self.browser.type("input[name=name]", self.name)
        self.browser.type("input[name=password]", PASSWORD)

    def is_in(self):
        problem = "document.querySelector('#problem').textContent"
        inside = "!document.querySelector('#inside').hidden"
        self.browser.wait_for(f"{inside} || {problem}", 10, f"{self.name} is let in, or told why not")
        check_equal(self.browser.run(f"return {problem}"), "", f"what {self.name} is told is wrong")

    def tell(self, user, text):
        self.browser.type("input[name=to]", user.name)
        self.browser.type("input[name=text]", text)
        self.browser.click("#tell button")

    def sees(self, unread, *texts):
        shown = "[document.querySelector('#unread').textContent, ...[...document.querySelectorAll('li')].map(li => li.textContent)]"
        wanted = [str(unread), *texts]
        last = None

        def condition():
            nonlocal last
            last = self.browser.run(f"return {shown}")
            return last == wanted

        wait_for(condition, 10, lambda: f"{self.name} sees {wanted} (last: {last})", every=0.05)

    def check_silent(self):
        """The browser has had nothing to complain about: no script that failed, nothing that the policy forbids."""
        said = [entry["message"] for entry in self.browser.command("se/log", {"type": "browser"})]
        # Whoever opens the page is nobody yet, which the browser tells of; and it asks for an icon, which there is none of.
        expected = ("/session - Failed to load resource", "/favicon.ico - Failed to load resource")
        check_equal([line for line in said if not any(part in line for part in expected)], [], "what the browser complains of")


@scenario("example: what one tells the other in Notices, the other's page counts and shows at once")
def notices(context):
    ann, bob = User(context, "ann"), User(context, "bob")
    # With a cookie that is for TLS, which Chromium takes from 127.0.0.1 without, and with one for every browser.
    for options in ([], ["--insecure-cookie"]):
        program = Program(context, *options)
        for user in (ann, bob):
            user.register(program.url)
            user.sees(0)
        ann.tell(bob, "hello")
        bob.sees(1, "ann: hello")
        ann.tell(bob, "<b>again</b>")
        bob.sees(2, "ann: <b>again</b>", "ann: hello")
        ann.sees(0)
        bob.browser.click("#read")
        bob.sees(0, "ann: <b>again</b>", "ann: hello")

        # Away, and back: what came in between is there.
        bob.browser.click("#logout")
        bob.browser.wait_for("document.querySelector('#inside').hidden", 10, "bob is out")
        bob.sees(0)
        ann.tell(bob, "are you there?")
        ann.browser.wait_for("document.querySelector('input[name=text]').value === ''", 10, "it is told")
        bob.sees(0)
        bob.log_in()
        bob.sees(1, "ann: are you there?", "ann: <b>again</b>", "ann: hello")
        bob.tell(ann, "I am")
        ann.sees(1, "bob: I am")
        for user in (ann, bob):
            user.check_silent()
            # The program is killed with no stream open that the browser could miss.
            user.browser.open("about:blank")
        context.progress(f"both have seen it all, with {options or 'no option'}")
        program.close()
