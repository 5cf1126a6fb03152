"""What has the hub run: units of systemd, and recipes for containers."""

import re
import shutil
import subprocess

from blocks import ROOT
from outcome import Outcome, rule
from tools import program

# https://docs.docker.com/reference/dockerfile/
INSTRUCTIONS = set(
    "ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL ONBUILD RUN SHELL STOPSIGNAL USER VOLUME"
    " WORKDIR".split()
)


@rule("ini", "systemd")
def units(blocks, tools):
    command, folder = program("systemd-analyze"), tools.folder("systemd")
    shutil.copy(tools.binary, folder / "martlet")
    for number, block in enumerate(blocks):
        if not command:
            yield Outcome(block, "systemd-analyze verify", "there is no systemd-analyze")
            continue
        # A drop-in needs the unit that it changes.
        code = block.code if "ExecStart=" in block.code else f"{block.code}\n[Service]\nExecStart=/bin/true\n"
        file = folder / f"unit{number}.service"
        file.write_text(re.sub(r"(?m)^(Exec\w+=)\S*/martlet", rf"\g<1>{folder}/martlet", code))
        # What it ignores it tells, but does not refuse.
        done = subprocess.run([command, "verify", "--man=no", str(file)], capture_output=True, text=True, timeout=60)
        mine = "\n".join(line for line in done.stderr.splitlines() if file.name in line)
        failure = mine or (done.stderr if done.returncode else None)
        yield Outcome(block, "systemd-analyze verify", failure)


@rule("dockerfile", "Dockerfile")
def recipes(blocks, tools):
    for block in blocks:
        lines = re.sub(r"\\\n", " ", re.sub(r"(?m)^\s*#.*\n", "", block.code)).splitlines()
        instructions = [line.split(maxsplit=1) for line in lines if line.strip()]
        wrong = [i[0] for i in instructions if i[0].upper() not in INSTRUCTIONS or len(i) == 1]
        first = next((i[0].upper() for i in instructions if i[0].upper() != "ARG"), None)
        if first != "FROM":
            wrong.append("it doesn't begin with FROM")
        for instruction in instructions:
            words = instruction[1].split() if instruction[0].upper() == "COPY" else []
            if words and not any(w.startswith("--from") for w in words):
                sources = [w for w in words if not w.startswith("--")][:-1]
                wrong += [f"COPY {source}: there is none" for source in sources if not list(ROOT.glob(source))]
        yield Outcome(block, "parsed", f"{wrong}" if wrong else None)
