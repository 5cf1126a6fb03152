"""What became of a block, and what claims blocks."""

import collections
import dataclasses

RULES = {}


@dataclasses.dataclass
class Outcome:
    """`how` it was looked at; `failure` says what is wrong with it, or is None."""

    block: object
    how: str
    failure: str | None = None


def rule(*languages):
    """Has a function claim the blocks of some languages: it is given all of them, and a `Tools`, and yields outcomes."""

    def register(function):
        for language in languages:
            assert language not in RULES, language
            RULES[language] = function
        return function

    return register


def by_page(blocks):
    pages = collections.defaultdict(list)
    for block in blocks:
        pages[block.path].append(block)
    return pages.items()
