"""What pages of the web are made of: JavaScript as modules, and HTML with the scripts in it."""

import html.parser
import re

from outcome import Outcome, rule
from tools import refusal

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}

# These may be left open.
ENDLESS = {"html", "body", "head", "p", "li"}


@rule("js")
def javascript(blocks, tools):
    folder = tools.folder("js")
    for number, block in enumerate(blocks):
        yield Outcome(block, "node --check", in_node(folder / f"{number}.mjs", block.code))


def in_node(file, code):
    file.write_text(code)
    return refusal(["node", "--check", str(file)])


class Page(html.parser.HTMLParser):
    """Which elements are open, what is wrong, and the scripts."""

    def __init__(self):
        super().__init__()
        self.open, self.wrong, self.scripts = [], [], []

    def handle_starttag(self, tag, attributes):
        if tag not in VOID:
            self.open.append(tag)
        if tag == "script" and not dict(attributes).get("src"):
            self.scripts.append("")

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"line {self.getpos()[0]}: </{tag}> ends what is not open")

    def handle_data(self, data):
        if self.open and self.open[-1] == "script" and self.scripts:
            self.scripts[-1] += data


@rule("html")
def pages(blocks, tools):
    folder = tools.folder("html")
    for number, block in enumerate(blocks):
        page = Page()
        page.feed(block.code)
        page.close()
        wrong = page.wrong + [f"<{tag}> has no end" for tag in page.open if tag not in ENDLESS]
        for index, script in enumerate(page.scripts):
            if refused := in_node(folder / f"{number}-{index}.mjs", script):
                wrong.append(re.sub(r"^\S*/", "", refused))
        yield Outcome(block, "parsed, its scripts with node --check", "\n".join(wrong) or None)
