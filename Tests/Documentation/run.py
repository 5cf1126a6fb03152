#!/usr/bin/env python3
"""Compiles, checks or runs every block of code in the documentation: run.py BINARY [-k WORD]

A block that no rule claims is a failure, and so is one without a language. Takes the program, and a debug build of the
package for the blocks in Swift.
"""

import argparse
import collections
import importlib
import pathlib
import sys
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "EndToEnd")]

from blocks import Unclosed, all_blocks  # noqa: E402
from outcome import RULES, Outcome  # noqa: E402
from tools import Tools  # noqa: E402


def outcomes(blocks, tools):
    """Of each block, one; a rule that forgets one of its blocks has failed it."""
    claimed = collections.defaultdict(list)
    for block in blocks:
        if block.language in RULES:
            claimed[RULES[block.language]].append(block)
        else:
            named = f"no rule claims the language {block.language!r}" if block.language else "it names no language"
            yield Outcome(block, "unclaimed", named)
    for function, members in claimed.items():
        forgotten = set(members)
        reason = "has not looked at it"
        try:
            for outcome in function(members, tools):
                forgotten.discard(outcome.block)
                yield outcome
        except Exception:
            reason = f"broke at it, or before:\n{traceback.format_exc()}"
        for block in members:
            if block in forgotten:
                yield Outcome(block, "forgotten", f"the rule {function.__name__} {reason}")


def table(done):
    counts = collections.Counter((o.block.language or "none", o.how) for o in done)
    wide = max(len(language) for language, _ in counts)
    for (language, how), count in sorted(counts.items()):
        print(f"{language:{wide}}  {count:3}  {how}")


def main():
    parser = argparse.ArgumentParser(description="Compiles, checks or runs every block of code in the documentation.")
    parser.add_argument("binary", help="the martlet program, as released")
    parser.add_argument("-k", metavar="WORD", default="", help="only blocks of this language, or with it in their path")
    options = parser.parse_args()
    for path in sorted((HERE / "rules").glob("[a-z]*.py")):
        importlib.import_module(f"rules.{path.stem}")
    start = time.monotonic()
    try:
        blocks = [b for b in all_blocks() if options.k in b.name or options.k == b.language]
    except Unclosed as error:
        sys.exit(str(error))
    tools = Tools(options.binary)
    try:
        done = list(outcomes(blocks, tools))
    finally:
        tools.close()
    table(done)
    failures = [outcome for outcome in done if outcome.failure]
    for outcome in sorted(failures, key=lambda o: o.block.place):
        print(f"FAIL {outcome.block.place} ({outcome.block.language}): {outcome.failure}", file=sys.stderr)
    print(f"{len(done)} blocks of code, {len(failures)} failed, in {time.monotonic() - start:.0f} s")
    return 1 if failures or not done else 0


if __name__ == "__main__":
    sys.exit(main())
