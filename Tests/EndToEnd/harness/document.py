"""The code that a page of the documentation has, as it stands there."""

import pathlib
import re

DOCS = pathlib.Path(__file__).resolve().parents[3] / "docs"
BLOCK = re.compile(r"^```([a-z]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAME = re.compile(r"<\?php // ([a-z]+\.php)\n")


class Document:
    def __init__(self, name):
        self.text = (DOCS / name).read_text(encoding="utf-8")
        self.blocks = BLOCK.findall(self.text)

    def scripts(self):
        """The PHP scripts, by the name that stands in their first lines."""
        return {NAME.match(code)[1]: code for language, code in self.blocks if language == "php"}

    def configurations(self):
        """The configurations, in order."""
        return [code for language, code in self.blocks if language == "yaml"]

    def configuration(self, kind):
        """The one with a source of a kind."""
        return next(code for code in self.configurations() if f"kind: {kind}\n" in code)


def with_ports(code, mariadb, redis):
    """Code that asks these servers, and not those of a machine as it usually is."""
    return code.replace("3306", str(mariadb.port)).replace("6379", str(redis.port))
