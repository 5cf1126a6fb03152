"""Shell: run, page by page, in a folder of its own, with a hub that has the page's configuration.

In place of the programs that a page names are those of `shims`: `martlet` is the real one, and it and curl talk to the
hub of the run. A program that has no shim is not run, but all lines are parsed by bash. A note says what is special:

`<!-- sh: not run: REASON -->` it takes what a test can't have; each `martlet` line must be one that martlet can parse.
`<!-- sh: shows "a"; hides "b" -->` what the block prints.
"""

import json
import re
import shlex
import subprocess

import yaml
from blocks import ROOT, in_page, in_source
from harness.outcome import Failure
from harness.server import Server
from outcome import Outcome, by_page, rule
from rules.configuration import CERTIFICATES, in_force, merged, variables
from shims import SHIMS

ASKS_HUB = re.compile(r"\b(curl|martlet (publish|subscribe|doctor|bench))\b")
NOT_RUN = "not run: "
# What a page has unless it says otherwise: the origin that examples name may use the hub.
USUAL = {"cors": {"origins": ["https://app.example"]}}
SHOWN = re.compile(r'(shows|hides) "([^"]+)"')
PASSED_ON = ("cat", "date", "head", "mkdir", "openssl", "sleep", "timeout", "wc")


@rule("sh", "bash", "console")
def shell(blocks, tools):
    for number, (path, members) in enumerate(by_page(blocks)):
        # With the configurations among them, in the page's order.
        mine = {block.line: block for block in members}
        page = in_source(path) if path.suffix == ".swift" else in_page(path)
        session = Session(tools, number)
        try:
            before = {}
            for block in page:
                if block.language == "yaml":
                    before = in_force(block, before)
                elif block.line in mine:
                    yield session.outcome(mine[block.line], before)
        finally:
            session.close()


class Session:
    """What the blocks of one page share: a folder, variables, and a hub."""

    def __init__(self, tools, number):
        self.tools = tools
        self.folder = tools.folder(f"sh-{number}")
        self.shims = tools.folder(f"shims-{number}")
        self.calls, self.variables = self.shims / "calls", self.shims / "variables"
        self.variables.write_text("")
        self.server = self.configured = None
        for name, text in SHIMS.items():
            (self.shims / name).write_text(text)
            (self.shims / name).chmod(0o755)
        for name in PASSED_ON:
            (self.shims / name).symlink_to(f"/usr/bin/{name}")
        for name in CERTIFICATES:
            (self.folder / name).write_text(tools.certificate.read_text())

    def close(self):
        if self.server:
            self.server.kill()

    def outcome(self, block, configuration):
        if refused := self.parsed(block.code):
            return Outcome(block, "run", refused)
        note = block.note or ""
        if note.startswith(NOT_RUN):
            return Outcome(block, f"parsed, {note}", self.run(block.code, dry=True)[1])
        if re.search(r">\s*/(?!dev/)", block.code):
            return Outcome(block, "run", "it writes outside of its folder; say `sudo tee`, or why it is not run")
        if ASKS_HUB.search(block.code):
            try:
                self.serve(configuration)
            except Failure as failure:
                return Outcome(block, "run", f"there is no hub for it: {failure}")
        elif configuration:
            (self.folder / "martlet.yaml").write_text(yaml.safe_dump(configuration))
        printed, failure, programs = self.run(block.code)
        for verb, text in SHOWN.findall(note):
            if not failure and (text in printed) != (verb == "shows"):
                failure = f"it {'does not show' if verb == 'shows' else 'shows'} {text!r}: {printed}"
        variables_only = all(re.match(r"\s*(#|export\b|\w+=|$)", line) for line in block.code.split("\n"))
        if not programs and not variables_only:
            return Outcome(block, "parsed: nothing in it is for a test to run", failure)
        return Outcome(block, "make -n" if programs == {"make"} else "run", failure)

    def parsed(self, code):
        done = subprocess.run(["bash", "-n"], input=code, capture_output=True, text=True)
        return done.stderr if done.returncode else None

    def serve(self, configuration):
        """Has a hub with a configuration, and a file of it beside."""
        if self.server and self.configured == configuration:
            return
        self.close()
        self.configured = configuration
        text = yaml.safe_dump(merged(USUAL, configuration))
        self.server = Server(self.tools.binary, str(self.folder), config=text, environment=variables(text, self.folder))

    def run(self, code, dry=False):
        """What it prints, what is wrong with it, and which programs it has called."""
        self.calls.write_text("")
        hub, admin = (("%s:%d" % a for a in (self.server.hub, self.server.admin)) if self.server else ("", ""))
        script = [
            f"set -a; . {shlex.quote(str(self.variables))}; cd {shlex.quote(str(self.folder))}",
            f"HUB_ADDRESS={hub} ADMIN_ADDRESS={admin} HUB_PID={self.server.pid if self.server else ''}",
            f"DRY={'1' if dry else ''}",
            "command_not_found_handle() { return 0; }",
            f"trap 'export -p > {shlex.quote(str(self.variables))}; wait' EXIT" if not dry else "set -r",
            # Who begins to listen in the background is there when the next line runs.
            re.sub(r"(?m)(?<!&)&[ ]*$", "& wait-for-stream", code),
        ]
        environment = {
            "PATH": str(self.shims), "MARTLET": self.tools.binary, "CALLS": str(self.calls), "REPOSITORY": str(ROOT),
            "HOME": str(self.folder),
        }  # fmt: skip
        done = subprocess.run(
            ["/bin/bash", "--norc", "-c", "\n".join(script)], capture_output=True, text=True, timeout=60,
            cwd=self.folder, env=environment, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        calls = [json.loads(line) for line in self.calls.read_text().splitlines()]
        wrong = [f"{' '.join(call['command'])}: {call['failure']}" for call in calls if call["failure"]]
        if not dry and not wrong and done.returncode:
            wrong = [f"exit code {done.returncode}: {done.stderr}"]
        return done.stdout, "\n".join(wrong) or None, {call["command"][0] for call in calls}
