"""Chromium without a window, driven through chromedriver as W3C WebDriver has it."""

import base64
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import time

from .lifetime import die_with_parent
from .outcome import Failure, Skipped
from .waiting import wait_for

PORT = re.compile(r"started successfully on port ([0-9]+)")
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
# Nothing on the network but this machine, and a name that an attacker would have.
NAMES = "MAP evil.example 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1"
SWITCHES = [
    "--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-first-run", "--no-proxy-server", "--window-size=1000,900",
    f"--host-resolver-rules={NAMES}",
]  # fmt: skip


class Browser:
    """One window. Ended with everything it has started."""

    def __init__(self, folder):
        driver, browser = shutil.which("chromedriver"), shutil.which("chromium")
        if not driver or not browser:
            raise Skipped("there is no chromium with its chromedriver")
        self.session = None
        self.output = os.path.join(folder, "chromedriver.out")
        profile = os.path.join(folder, "profile")

        def prepare():
            die_with_parent()
            # The browser's processes are its descendants, and end with the group.
            os.setpgid(0, 0)

        with open(self.output, "wb") as output:
            self.process = subprocess.Popen(
                [driver, "--port=0"],
                env={**os.environ, "HOME": folder},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                preexec_fn=prepare,
            )
        try:
            self.port = int(wait_for(self.started, 20, "chromedriver listens")[1])
            # Its sandbox takes namespaces, which root has no use for.
            switches = SWITCHES + [f"--user-data-dir={profile}"] + ["--no-sandbox"] * (os.geteuid() == 0)
            wanted = {
                "browserName": "chrome",
                "acceptInsecureCerts": True,
                "goog:chromeOptions": {"binary": browser, "args": switches},
            }
            self.session = self.send("POST", "", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]
            self.command("timeouts", {"script": 20_000, "pageLoad": 20_000})
        except BaseException:
            self.close()
            raise

    def started(self):
        with open(self.output, errors="replace") as file:
            said = file.read()
        if self.process.poll() is not None:
            raise Failure(f"chromedriver did not start: {said}")
        return PORT.search(said)

    def send(self, method, path, body=None):
        """One command; its value."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            sent = None if body is None else json.dumps(body).encode("utf-8")
            connection.request(method, f"/session{path}", sent, {"Content-Type": "application/json"})
            response = connection.getresponse()
            value = json.loads(response.read())["value"]
        finally:
            connection.close()
        if response.status != 200:
            raise Failure(f"the browser could not {method} {path}: {value['error']}: {value['message'][:500]}")
        return value

    def command(self, name, body):
        return self.send("POST", f"/{self.session}/{name}", body)

    def open(self, url):
        self.command("url", {"url": url})

    def run(self, script, *arguments):
        """Runs the body of a function of `arguments` in the page; what it returns, awaited if it is a promise."""
        return self.command("execute/sync", {"script": script, "args": list(arguments)})

    def wait_for(self, expression, within, what):
        """The value of an expression in the page once it is true."""
        return wait_for(lambda: self.run(f"return {expression}"), within, what, every=0.05)

    def type(self, selector, text):
        """Types into an element as a person does."""
        self.command(f"element/{self.find(selector)}/value", {"text": text})

    def click(self, selector):
        self.command(f"element/{self.find(selector)}/click", {})

    def find(self, selector):
        return self.command("element", {"using": "css selector", "value": selector})[ELEMENT]

    def screenshot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.send("GET", f"/{self.session}/screenshot")))

    def close(self):
        try:
            if self.session:
                self.send("DELETE", f"/{self.session}")
        except (OSError, Failure):
            pass
        finally:
            self.kill()

    def kill(self):
        """Ends what is left, and lets the last of it let go of its profile."""
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                break
            self.process.poll()
            time.sleep(0.01)
        self.process.wait()
