"""How the package's own code is compiled, and what its modules offer, both as the last debug build has it."""

import json
import pathlib
import re
import subprocess

from blocks import ROOT

MANIFEST = ROOT / ".build" / "debug.yaml"
# It uses all that the others use.
WIDEST = "MartletServerTests"
PAIRS = ("-I", "-Xcc", "-target", "-module-cache-path", "-swift-version", "-enable-upcoming-feature")


class NotBuilt(Exception):
    pass


def libraries():
    """The products that others import, in the order of the package: none before what it is made of."""
    return re.findall(r'\.library\(name: "(\w+)"', (ROOT / "Package.swift").read_text())


def catalog(module):
    return ROOT / "Sources" / module / f"{module}.docc"


def settings(reach="public"):
    """What the compiler was told, without what makes it a build; of the package's own code if it isn't a user's."""
    wanted = re.compile(rf'"C\.{WIDEST}-[^"\n]*\.module":\n(?:    .*\n)*?    args: (\[.*\])\n')
    found = wanted.search(MANIFEST.read_text()) if MANIFEST.exists() else None
    if not found:
        raise NotBuilt("There is no debug build with its tests: swift build --enable-all-traits --build-tests")
    arguments = iter(json.loads(found[1]))
    kept = []
    for argument in arguments:
        if argument in PAIRS or argument == "-package-name" and reach != "public":
            kept += [argument, next(arguments)]
        elif argument.startswith(("-I", "-D")):
            kept.append(argument)
    return kept


def graphs(module, folder):
    """Writes the symbol graphs of a module, what users see of it, into a folder; yields their paths."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    arguments = iter(settings())
    # It speaks no language of its own, and defines nothing.
    kept = []
    for argument in arguments:
        value = next(arguments) if argument in PAIRS else None
        if not argument.startswith(("-D", "-swift-version", "-enable-upcoming-feature")):
            kept += [argument, value] if value else [argument]
    command = ["swift-symbolgraph-extract", "-module-name", module, "-minimum-access-level", "public"]
    command += ["-skip-synthesized-members", "-emit-extension-block-symbols", "-output-dir", str(folder)]
    done = subprocess.run([*command, *kept], capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise NotBuilt(f"{module} has no symbol graph: {done.stderr.strip()}")
    return sorted(folder.glob(f"{module}*.symbols.json"))
