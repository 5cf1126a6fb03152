"""YAML: a configuration is held by `martlet check-config`, with the variables that it names; others' files are parsed.

A block that is no configuration by itself is one together with those before it on its page, from the last that begins
with `# martlet.yaml`; or, with the note `<!-- yaml: in deploy/martlet.yaml -->`, together with that file. In a doc
comment it may be one of `sources`.
"""

import re
import subprocess

import yaml
from blocks import ROOT
from outcome import Outcome, by_page, rule
from tools import refusal, program

WHOLE = "# martlet.yaml"
FILE = "in "
# What examples of `tls` name.
CERTIFICATES = ("cert.pem", "key.pem", "fullchain.pem", "privkey.pem")
VARIABLE = re.compile(r"\$\{(\w+)\}")
# Other programs' files, by a key that is in each.
PROMETHEUS, COMPOSE, KUBERNETES = "scrape_configs", "services", "apiVersion"


@rule("yaml")
def configurations(blocks, tools):
    folder = tools.folder("yaml")
    for name in CERTIFICATES:
        (folder / name).write_text(tools.certificate.read_text())
    for path, members in by_page(blocks):
        before = {}
        for block in members:
            try:
                documents = list(yaml.safe_load_all(block.code))
            except yaml.YAMLError as error:
                yield Outcome(block, "parsed", f"it is no YAML: {error}")
                continue
            if is_other(documents):
                yield others(block, documents, folder)
                continue
            before = in_force(block, before)
            sources = block.access and all(isinstance(v, dict) and "kind" in v for v in before.values())
            wanted = {"sources": before} if sources else before
            yield checked(block, block.code if wanted is not before else None, wanted, tools, folder)


def is_other(documents):
    return len(documents) != 1 or bool(documents[0].keys() & {PROMETHEUS, COMPOSE, KUBERNETES})


def in_force(block, before):
    """What a page has configured after a block."""
    try:
        documents = list(yaml.safe_load_all(block.code))
    except yaml.YAMLError:
        return before
    if is_other(documents):
        return before
    code = documents[0]
    if block.note and block.note.startswith(FILE):
        before = yaml.safe_load((ROOT / block.note.removeprefix(FILE)).read_text())
    whole = block.code.startswith(WHOLE) or block.access or "sources" in code
    return code if whole else merged(before, code)


def merged(old, new):
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return new
    return {**old, **{key: merged(old.get(key), value) for key, value in new.items()}}


def variables(text, folder):
    """Values for what a configuration names; a folder has a key in it."""
    (folder / "token-key").write_text("a key of 32 bytes and more, for those who read it")
    return {
        name: str(folder) if name.endswith("_DIRECTORY") else f"a value for {name} that is long enough for a key"
        for name in VARIABLE.findall(text)
    }


def checked(block, fragment, wanted, tools, folder):
    # As it stands if it is whole: a line that a message names is the page's then, and spellings are what is tested too.
    alone = fragment is None and wanted == yaml.safe_load(block.code)
    text = block.code if alone else yaml.safe_dump(wanted, sort_keys=False)
    file = folder / "martlet.yaml"
    file.write_text(text)
    done = subprocess.run(
        [tools.binary, "check-config", str(file)], capture_output=True, text=True, timeout=20,
        env={"PATH": "/usr/bin:/bin", **variables(text, folder)}, cwd=folder,
    )  # fmt: skip
    how = "martlet check-config" + ("" if alone else ", with what it belongs to")
    return Outcome(block, how, (done.stderr or done.stdout).strip() if done.returncode else None)


def others(block, documents, folder):
    keys = set().union(*(d.keys() for d in documents if isinstance(d, dict)))
    file = folder / "other.yaml"
    file.write_text(block.code)
    if PROMETHEUS in keys and (promtool := program("promtool")):
        return Outcome(block, "promtool", refusal([promtool, "check", "config", str(file)]))
    if PROMETHEUS in keys:
        fine = all(isinstance(job.get("job_name"), str) for job in documents[0][PROMETHEUS])
        return Outcome(block, "parsed (Prometheus)", None if fine else "a job has no name")
    if COMPOSE in keys:
        fine = all(service.keys() & {"image", "build"} for service in documents[0][COMPOSE].values())
        return Outcome(block, "parsed (Compose)", None if fine else "a service has neither image nor build")
    fine = all(d.keys() >= {"apiVersion", "kind", "metadata"} for d in documents if d)
    return Outcome(block, "parsed (Kubernetes)", None if fine else "an object lacks apiVersion, kind or metadata")
