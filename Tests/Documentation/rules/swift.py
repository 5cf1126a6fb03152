"""Swift: compiled, down to the checks for data races, against the modules as they are built.

What explains a public symbol, and every page, is compiled as a user's code is; what explains a symbol that is for the
package or a module only, as code there. A block without imports has what preludes/MODULE.swift (or PAGE.swift)
declares, or its own note: `<!-- swift: import Martlet; let hub: Hub -->`. With `<!-- swift: continues -->` it begins with
what came before it on its page, from the last block that doesn't continue.
"""

import pathlib
import re
import subprocess

from blocks import ROOT
from compiler import settings
from outcome import Outcome, rule
from tools import program, refusal

PRELUDES = pathlib.Path(__file__).resolve().parents[1] / "preludes"
IMPORT = re.compile(r"^(?:(?:public|package|internal|private)\s+)?(?:@\w+\s+)*import\s+[\w.]+$")
GIVEN = re.compile(r"^(let|var)\s+(\w+)\s*:\s*([^=]+)$")
# At the level of a file only.
FILE_LEVEL = re.compile(r"^(extension\b|@main\b|public\b|protocol\b)", re.MULTILINE)
DIAGNOSTIC = re.compile(r"^(?P<path>[^:\n]+):(?P<line>\d+):\d+: (?P<kind>error|warning): (?P<text>.*)$", re.MULTILINE)
# An example may end before it uses what it has.
CONTINUES = "continues"
UNUSED = re.compile(r"never (used|mutated|read)|is unused|never be executed|no calls to throwing|was never")


MANIFEST = ("// swift-tools-version", "// Package.swift\n")


@rule("swift")
def swift(blocks, tools):
    groups, alone, earlier = {}, [], {}
    for number, block in enumerate(blocks):
        if block.code.startswith(MANIFEST):
            yield manifest(block, tools.folder(f"manifest-{number}"))
            continue
        before = earlier.get(block.path) if block.note == CONTINUES else Lines([], [], "")
        if before is None:
            yield Outcome(block, "compiled", "there is no block that it could continue")
            continue
        lines = earlier[block.path] = before + lines_of(block)
        reach = block.access or "public"
        if FILE_LEVEL.search(block.code):
            alone.append((reach, [block], [lines.source(at_file_level=True)]))
        else:
            group = groups.setdefault((reach, block.module if reach == "internal" else None), ([], []))
            group[0].append(block)
            group[1].append(lines.source())
    jobs = [(key[0], *group) for key, group in groups.items()] + alone
    for number, (reach, members, sources) in enumerate(jobs):
        yield from compiled(tools, number, reach, members, sources)


class Lines:
    """What a source file of blocks is made of. Imports go to its top."""

    def __init__(self, imports, setup, body):
        self.imports, self.setup, self.body = imports, setup, body

    def __add__(self, more):
        setup = self.setup + [line for line in more.setup if line not in self.setup]
        return Lines(self.imports + more.imports, setup, self.body + more.body)

    def source(self, at_file_level=False):
        imports = list(dict.fromkeys(self.imports))
        if at_file_level:
            return "\n".join([*imports, self.body])
        setup = [re.sub(GIVEN, r"\1 \2: \3 = given()", line) for line in self.setup]
        return "\n".join(
            [*imports, "private func given<T>() -> T { fatalError() }", "private func example() async throws {"]
            + [*setup, "do {", self.body, "}", "}", ""]
        )


def lines_of(block):
    lines = block.code.split("\n")
    imports, setup = [line for line in lines if IMPORT.match(line)], []
    if not imports or block.note not in (None, CONTINUES):
        for line in prelude(block):
            (imports if IMPORT.match(line) else setup).append(line)
    if block.access == "internal":
        imports = [line.replace(f"import {block.module}", f"@testable import {block.module}") for line in imports]
    # The compiler speaks of the page's lines.
    code = "\n".join("" if IMPORT.match(line) else line for line in lines)
    place = f'#sourceLocation(file: "{block.name}", line: {block.line})'
    return Lines(imports, setup, f"{place}\n{code}\n#sourceLocation()\n")


def manifest(block, folder):
    """Compiled as the package manager does it, which would look for what it depends on besides. Of a part, each line
    that is a package or a product is taken as one."""
    code = block.code
    if code.startswith(MANIFEST[1]):
        packages = "".join(re.findall(r"(?m)^\.package\(.*\n", code))
        products = "".join(re.findall(r"(?m)^\.product\(.*\n", code))
        code = "import PackageDescription\n"
        code += f"let package = Package(name: \"p\", dependencies: [\n{packages}], targets: [\n"
        code += f".executableTarget(name: \"t\", dependencies: [\n{products}])])\n"
    (folder / "Package.swift").write_text(code)
    library = pathlib.Path(program("swiftc")).resolve().parents[1] / "lib" / "swift" / "pm" / "ManifestAPI"
    command = ["swiftc", "-typecheck", "-swift-version", "6", "-package-description-version", "6.2.0"]
    return Outcome(block, "compiled", refusal([*command, "-I", str(library), str(folder / "Package.swift")]))


def prelude(block):
    if block.note and block.note != CONTINUES:
        text = re.sub(r";\s*", "\n", block.note)
    else:
        path = PRELUDES / f"{block.module or block.path.stem}.swift"
        text, _, ours = (path.read_text() if path.exists() else "").partition("// In the package:\n")
        text += ours if block.access in ("package", "internal") else ""
    return [line for line in text.split("\n") if line.strip() and not line.startswith("//")]


def compiled(tools, number, reach, blocks, sources):
    folder = tools.folder(f"swift-{number}")
    paths = []
    for index, text in enumerate(sources):
        paths.append(folder / f"Example{index}.swift")
        paths[-1].write_text(text)
    command = ["swiftc", "-emit-sil", "-o", str(folder / "out"), "-parse-as-library", "-wmo", "-module-name", "Examples"]
    done = subprocess.run(
        [*command, *settings(reach), *map(str, paths)], capture_output=True, text=True, cwd=folder, timeout=300
    )
    found = {}
    for match in DIAGNOSTIC.finditer(done.stderr):
        if match["kind"] == "error" or not UNUSED.search(match["text"]):
            found.setdefault(owner(match, blocks, paths), []).append(f"{match['path']}:{match['line']}: {match['text']}")
    if done.returncode and not found:
        found[blocks[0]] = [done.stderr.strip()[-2000:]]
    for block in blocks:
        yield Outcome(block, "compiled", "\n".join(found[block]) if block in found else None)


def owner(match, blocks, paths):
    """The block that a diagnostic is about; the last that begins before it, as one may continue another."""
    for block, path in zip(blocks, paths):
        if match["path"] == str(path):
            return block
    ends = [(b, b.line + b.code.count("\n")) for b in blocks if b.name == match["path"].removeprefix(f"{ROOT}/")]
    return next((b for b, end in ends if b.line <= int(match["line"]) <= end), blocks[0])
