"""JSON is parsed; so are the heads of HTTP; and output that is shown has the form that its note says."""

import json
import re

from outcome import Outcome, rule

START_LINE = re.compile(r"(HTTP/\d(\.\d)? \d{3}.*|[A-Z]+ \S+ HTTP/\d(\.\d)?)")
# RFC 9110 §5.1 and §5.5
FIELD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+: ?\S.*")


@rule("json")
def parsed(blocks, tools):
    for block in blocks:
        failure = not_json(block.code)
        if failure and not any(not_json(line) for line in block.code.splitlines()):
            yield Outcome(block, "parsed, line by line")
        else:
            yield Outcome(block, "parsed", failure)


def not_json(text):
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return f"it is no JSON: {error}"


@rule("http")
def heads(blocks, tools):
    for block in blocks:
        head = block.code.partition("\n\n")[0].rstrip("\n").split("\n")
        fields = head[1:] if START_LINE.fullmatch(head[0]) else head
        wrong = [line for line in fields if not FIELD.fullmatch(line)]
        yield Outcome(block, "parsed", f"these are no fields of a head: {wrong}" if wrong else None)


@rule("text")
def shown(blocks, tools):
    """`<!-- text: each line is REGEX -->`"""
    for block in blocks:
        form = (block.note or "").removeprefix("each line is ")
        if not block.note or form == block.note:
            yield Outcome(block, "unclaimed", "it has no note that says what each line is")
            continue
        wrong = [line for line in block.code.splitlines() if line and not re.fullmatch(form, line)]
        yield Outcome(block, "compared with its form", f"these lines have another form: {wrong}" if wrong else None)
