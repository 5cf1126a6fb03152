"""What stands before a hub: each configuration is held by the program that it is for."""

import re

from outcome import Outcome, rule
from tools import program, refusal

# By what its first line begins with, a block of nginx' is a whole file, or belongs into `http`; else into a server.
WHOLE = ("events", "worker", "http ", "user ")
HTTP = ("server ", "upstream", "map ", "proxy_cache_path", "log_format", "limit_")


@rule("nginx")
def nginx(blocks, tools):
    command, folder, both = program("nginx"), tools.folder("nginx"), tools.certificate
    for number, block in enumerate(blocks):
        if not command:
            yield Outcome(block, "nginx -t", "there is no nginx")
            continue
        code = re.sub(r"(?m)^(\s*ssl_certificate(?:_key)?\s+)[^;]+;", rf"\g<1>{both};", block.code)
        # Testing opens the sockets, and ports of this machine may be taken.
        sockets = iter(range(1_000))
        here = lambda m: f"{m[1]}unix:{folder}/{number}-{next(sockets)}"  # noqa: B023, E731
        code = re.sub(r"(?m)^(\s*listen\s+)[^\s;]+", here, code)
        first = next(line for line in code.split("\n") if line.strip() and not line.startswith("#"))
        if not first.startswith(WHOLE):
            if not first.startswith(HTTP):
                code = f"server {{\nlisten unix:{folder}/{number};\n{code}\n}}"
            code = f"events {{}}\nhttp {{\naccess_log off;\n{code}\n}}"
        file = folder / f"{number}.conf"
        file.write_text(f"pid {folder}/nginx.pid;\n{code}")
        failure = refusal([command, "-t", "-q", "-p", str(folder), "-e", "stderr", "-c", str(file)])
        yield Outcome(block, "nginx -t", failure)


@rule("caddyfile", "caddy")
def caddy(blocks, tools):
    command, folder = program("caddy"), tools.folder("caddy")
    for number, block in enumerate(blocks):
        if not command:
            yield Outcome(block, "caddy validate", "there is no caddy")
            continue
        file = folder / f"{number}.caddyfile"
        file.write_text(block.code)
        # It keeps certificates at home.
        home = {"HOME": str(folder), "PATH": "/usr/bin:/bin"}
        failure = refusal([command, "validate", "--config", str(file), "--adapter", "caddyfile"], env=home)
        yield Outcome(block, "caddy validate", failure)


@rule("haproxy")
def haproxy(blocks, tools):
    command, folder = program("haproxy"), tools.folder("haproxy")
    for number, block in enumerate(blocks):
        if not command:
            yield Outcome(block, "haproxy -c", "there is no haproxy")
            continue
        code = re.sub(r"\bcrt\s+\S+", f"crt {tools.certificate}", block.code)
        file = folder / f"{number}.cfg"
        file.write_text(code)
        yield Outcome(block, "haproxy -c", refusal([command, "-c", "-q", "-f", str(file)]))
