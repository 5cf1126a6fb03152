#!/usr/bin/env python3
"""Holds what users see of each library against what its documentation owes them. Takes a debug build of the package.

Every public symbol has a doc comment. Every type and function has an example, in its own comment or in that of a type
around it. Whatever throws says what. Every symbol of the top level is in the list of topics of its library's page.
"""

import collections
import json
import re
import sys
import tempfile

from blocks import ROOT
from compiler import NotBuilt, catalog, graphs, libraries

# What an example shows how to use; properties, operators and cases are seen in those of their type.
SHOWN = {"class", "struct", "enum", "protocol", "actor", "func", "init", "method", "type.method", "subscript", "macro"}
# `- Throws:` or a sentence.
THROWS = re.compile(r"\bthrow(s|n)?\b", re.IGNORECASE)


class Library:
    """The symbols of a module by their identifiers, with their comments, and what each is in."""

    def __init__(self, module, folder):
        self.module = module
        self.symbols, self.around, self.defaults, self.conforms = {}, {}, {}, collections.defaultdict(set)
        for path in graphs(module, folder):
            graph = json.loads(path.read_text())
            self.symbols |= {symbol["identifier"]["precise"]: symbol for symbol in graph["symbols"]}
            for relation in graph["relationships"]:
                if relation["kind"] in ("memberOf", "requirementOf", "optionalRequirementOf"):
                    self.around[relation["source"]] = relation["target"]
                elif relation["kind"] == "defaultImplementationOf":
                    self.defaults[relation["source"]] = relation["target"]
                elif relation["kind"] == "conformsTo":
                    self.conforms[relation["source"]].add(relation["target"])

    def comment(self, identifier):
        symbol = self.symbols.get(identifier, {})
        return "\n".join(line["text"] for line in symbol.get("docComment", {}).get("lines", []))

    def comments(self, identifier):
        """Its own, and those of the types around it."""
        while identifier:
            yield self.comment(identifier)
            identifier = self.around.get(identifier)


def name(symbol):
    return ".".join(symbol["pathComponents"])


def place(symbol, module):
    location = symbol.get("location")
    if not location:
        return module
    path = location["uri"].removeprefix("file://").removeprefix(f"{ROOT}/")
    return f"{path}:{location['position']['line'] + 1}"


def promised(library, libraries_, identifier):
    """The comments of the requirements that a member may answer: of the same name, in a protocol that its type conforms
    to. What they say needs not be said again."""
    symbol = library.symbols[identifier]
    if requirement := library.defaults.get(identifier):
        yield library.comment(requirement)
    protocols = library.conforms[library.around.get(identifier)]
    for other in libraries_:
        for candidate, around in other.around.items():
            if around in protocols and other.symbols[candidate]["pathComponents"][-1] == symbol["pathComponents"][-1]:
                yield other.comment(candidate)


def faults(library, libraries_):
    for identifier, symbol in library.symbols.items():
        kind = symbol["kind"]["identifier"].removeprefix("swift.")
        # The compiler's own, and places where a type of others is extended.
        if "location" not in symbol or kind == "extension":
            continue
        comment = library.comment(identifier)
        answers = list(promised(library, libraries_, identifier))
        if not comment and not any(answers):
            yield symbol, "has no doc comment"
            continue
        if kind in SHOWN and not answers and not any("```" in text for text in library.comments(identifier)):
            yield symbol, "has no example, and no type around it has one"
        declaration = "".join(part["spelling"] for part in symbol["declarationFragments"])
        # What it is given may throw as well; that is no throwing of its own.
        own = re.sub(r"\((?:[^()]|\([^()]*\))*\)", "", declaration)
        says = any(THROWS.search(text) for text in [comment, *answers])
        if kind in SHOWN and re.search(r"\bthrows\b", own) and not says:
            yield symbol, "throws, and doesn't say what"


def uncurated(library):
    """The symbols of the top level that the topics of its catalog's page leave out."""
    page = catalog(library.module) / f"{library.module}.md"
    if not page.exists():
        yield f"{page.relative_to(ROOT)}: there is no such page"
        return
    listed = set(re.findall(r"^- ``([^`]+)``", page.read_text().partition("## Topics")[2], re.MULTILINE))
    for symbol in library.symbols.values():
        is_own = "location" in symbol and symbol["kind"]["identifier"] != "swift.extension"
        if is_own and len(symbol["pathComponents"]) == 1 and symbol["pathComponents"][0] not in listed:
            yield f"{page.relative_to(ROOT)}: its topics lack {name(symbol)}"


def main():
    with tempfile.TemporaryDirectory() as folder:
        try:
            all_libraries = [Library(module, f"{folder}/{module}") for module in libraries()]
        except NotBuilt as reason:
            sys.exit(str(reason))
    wrong = []
    for library in all_libraries:
        found = [f"{place(s, library.module)}: {name(s)} {what}" for s, what in faults(library, all_libraries)]
        found += uncurated(library)
        print(f"{library.module:20} {len(library.symbols):4} public symbols, {len(found)} lack something")
        wrong += found
    for line in sorted(wrong):
        print(f"FAIL {line}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
