"""The fenced blocks of code in pages and in doc comments."""

import dataclasses
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^(?P<indent>\s*)(?P<fence>`{3,}|~{3,})\s*(?P<language>[^\s`]*)\s*$")
COMMENT = re.compile(r"<!--\s*(?P<kind>[a-z]+):\s*(?P<text>.*?)\s*-->", re.DOTALL)
DOC_COMMENT = re.compile(r"^\s*/// ?(?P<text>.*)$")
ATTRIBUTE = re.compile(r"^\s*(@|#if|#else|#endif|nonisolated\b|//(?!/)|$)")


@dataclasses.dataclass(eq=False)
class Block:
    """One block. `line` is that of its first line of code, `note` what an HTML comment right before it says of it, and
    `access` that of the symbol which it explains, if it is in a doc comment."""

    path: pathlib.Path
    line: int
    language: str
    code: str
    note: str | None = None
    access: str | None = None

    @property
    def place(self):
        return f"{self.name}:{self.line}"

    @property
    def name(self):
        return str(self.path.relative_to(ROOT))

    @property
    def module(self):
        """The module that it belongs to, or None in a page that belongs to none."""
        parts = self.path.relative_to(ROOT).parts
        return parts[1] if parts[0] == "Sources" else None


class Unclosed(Exception):
    pass


def all_blocks():
    return [block for path in pages() for block in in_page(path)] + [
        block for path in sorted((ROOT / "Sources").rglob("*.swift")) for block in in_source(path)
    ]


def pages():
    """Every page of the repository that has text for people, whatever folder it is in."""
    for path in sorted(ROOT.rglob("*")):
        parts = path.relative_to(ROOT).parts
        hidden = any(part.startswith(".") or part == "node_modules" for part in parts)
        if path.suffix in (".md", ".tutorial") and not hidden:
            yield path


def in_page(path):
    return blocks_of(path, list(enumerate(path.read_text(encoding="utf-8").split("\n"), 1)))


def in_source(path):
    """The blocks of each doc comment, with the access of the declaration below it."""
    lines = path.read_text(encoding="utf-8").split("\n")
    found, comment = [], []
    for number, line in enumerate(lines, 1):
        if text := DOC_COMMENT.match(line):
            comment.append((number, text["text"]))
        elif comment:
            for block in blocks_of(path, comment):
                block.access = access_of(lines, number - 1)
                found.append(block)
            comment = []
    return found


def access_of(lines, start):
    """Of the declaration that begins at or after an index. Members of a public protocol, and cases of a public type,
    say nothing of their own and count as internal: what they show is compiled with more in reach, not less."""
    declaration = next((line for line in lines[start:] if not ATTRIBUTE.match(line) or "public " in line), "")
    return next((a for a in ("public", "package") if re.search(rf"\b{a}\b", declaration.partition("{")[0])), "internal")


def blocks_of(path, numbered):
    blocks, opened, code, note = [], None, [], []
    for number, line in numbered:
        fence = FENCE.match(line)
        if opened is None:
            if fence:
                opened, code = (fence, number), []
            elif line.strip():
                note = note + [line] if note or line.lstrip().startswith("<!--") else []
                if note and "-->" in line and not line.rstrip().endswith("-->"):
                    note = []
            continue
        begin, first = opened
        if fence and not fence["language"] and fence["fence"].startswith(begin["fence"]):
            text = "\n".join(without_indent(line, len(begin["indent"])) for line in code) + "\n"
            said = COMMENT.fullmatch("\n".join(note).strip()) if note else None
            said = said["text"] if said and said["kind"] == begin["language"] else None
            blocks.append(Block(path, first + 1, begin["language"], text, said))
            opened, note = None, []
        else:
            code.append(line)
    if opened:
        raise Unclosed(f"{path.relative_to(ROOT)}:{opened[1]}: the block is not closed")
    return blocks


def without_indent(line, width):
    return line[width:] if not line[:width].strip() else line.lstrip()
