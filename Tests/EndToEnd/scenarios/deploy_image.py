"""deploy/Dockerfile and compose.yaml, as far as that goes without an engine."""

import os
import re
import shutil
import subprocess

from harness.deployed import DEPLOY
from harness.outcome import Skipped, check, check_equal
from harness.scenario import scenario

KEY = "a key for tests that is long enough for HS256"
INSTRUCTION = re.compile(r"^([A-Z]+) ((?:[^\n]*\\\n)*[^\n]*)$", re.MULTILINE)


class Image:
    """The last stage of the Dockerfile."""

    def __init__(self):
        text = (DEPLOY / "Dockerfile").read_text()
        self.instructions = [(name, " ".join(value.replace("\\\n", " ").split())) for name, value in INSTRUCTION.findall(text)]
        last = max(number for number, (name, _) in enumerate(self.instructions) if name == "FROM")
        self.stages, self.final = self.instructions[:last], self.instructions[last:]

    def values(self, name):
        return [value for found, value in self.final if found == name]

    def environment(self):
        return dict(pair.split("=", 1) for pair in " ".join(self.values("ENV")).split())


def compose_environment():
    """What compose.yaml has the container's environment be."""
    text = (DEPLOY / "compose.yaml").read_text()
    return {name: value.strip('"') for name, value in re.findall(r"^ +(MARTLET_\w+): (.*)$", text, re.MULTILINE)}


@scenario("deploy: the image has each library that the program needs, and what it copies is in the context")
def libraries(context):
    if not all(map(shutil.which, ("readelf", "dpkg-query", "ldd"))):
        raise Skipped("there is no readelf, ldd or dpkg-query")
    image = Image()
    installed = re.search(r"apt-get install -y --no-install-recommends ((?:[a-z0-9.+-]+ ?)+)", " ".join(image.values("RUN")))
    packages = installed[1].split()
    dynamic = subprocess.run(["readelf", "-d", context.binary], capture_output=True, text=True, timeout=60).stdout
    needed = re.findall(r"\(NEEDED\).*\[(.*?)\]", dynamic)
    found = dict(re.findall(r"^\s*(\S+) => (/\S+)", subprocess.run(["ldd", context.binary], capture_output=True, text=True).stdout, re.MULTILINE))
    missing = {}
    for library in needed:
        # Of Swift, which the image's program has within.
        if library not in found or "/swift/" in found[library]:
            continue
        # Where /lib is a link, dpkg may know a file by either name.
        path = os.path.realpath(found[library])
        names = [path, path.removeprefix("/usr")]
        owner = subprocess.run(["dpkg-query", "-S", *names], capture_output=True, text=True)
        package = owner.stdout.partition(":")[0]
        # Always there.
        if package not in ("libc6", "libgcc-s1", *packages):
            missing[library] = package or found[library]
    check_equal(missing, {}, "libraries that the image lacks, with their packages")
    ignored = (DEPLOY.parent / ".dockerignore").read_text().split()
    for value in image.values("COPY"):
        sources = [word for word in value.split()[:-1] if not word.startswith("--")]
        if "--from=" not in value:
            for source in sources:
                check((DEPLOY.parent / source).exists() and source not in ignored, f"{source} is not in the context")
    return f"{len(needed)} libraries"


@scenario("deploy: with the image's settings it does not start without keys, and with those of compose.yaml it serves and is healthy")
def settings(context):
    image = Image()
    environment = image.environment()
    check_equal(environment["MARTLET_LISTEN"], "0.0.0.0:8080", "where the image listens")
    volume, = image.values("VOLUME")
    check(environment["MARTLET_LOG_STORE"].startswith(f"sqlite:{volume}/"), f"the log is not in the volume {volume}")
    check("USER martlet" in [" ".join(one) for one in image.final], "it runs as root")
    check_equal((image.values("ENTRYPOINT"), image.values("CMD")), (['["martlet"]'], ['["serve"]']), "what it runs")
    clean = {key: value for key, value in os.environ.items() if not key.startswith("MARTLET_")}
    words = [context.binary, "serve", "--log", "memory"]
    done = subprocess.run(words, cwd=context.folder, env={**clean, **environment}, capture_output=True, text=True, timeout=20)
    check_equal(done.returncode, 78, f"how it ends without keys ({done.stderr})")

    given = compose_environment()
    for name in ("PUBLISH", "SUBSCRIBE"):
        file = given[f"MARTLET_AUTH_{name}_KEY_FILE"]
        check(file.startswith("/run/secrets/"), f"{file} is no secret")
        given[f"MARTLET_AUTH_{name}_KEY_FILE"] = context.path(f"{name}.key")
        with open(context.path(f"{name}.key"), "w") as key:
            key.write(KEY)
    server = context.server(config=None, environment={**environment, **given})

    def health(port):
        return subprocess.run([DEPLOY / "martlet-health", str(port)], capture_output=True, text=True, timeout=10)

    check(image.values("HEALTHCHECK")[0].endswith('CMD ["martlet-health"]'), "its health is another program's matter")
    check_equal(health(server.admin[1]).returncode, 0, "the health of one that serves")
    stream = context.stream(server, "/topics/a")
    server.terminate()
    # It has the stream to end first.
    draining = health(server.admin[1])
    check(draining.returncode == 1 and draining.stderr, "one that is going down is healthy")
    server.wait(within=15)
    stream.close()
    check(health(server.admin[1]).returncode != 0, "one that is gone is healthy")
