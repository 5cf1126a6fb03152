"""PHP: parsed by PHP. What the page on it has is run as well, by scenarios of its own."""

from outcome import Outcome, rule
from tools import refusal


@rule("php")
def parsed(blocks, tools):
    folder = tools.folder("php")
    for number, block in enumerate(blocks):
        file = folder / f"{number}.php"
        file.write_text(block.code if block.code.startswith("<?php") else f"<?php\n{block.code}")
        yield Outcome(block, "php -l", refusal(["php", "-l", str(file)]))
