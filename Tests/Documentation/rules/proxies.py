"""What stands before a hub: each configuration is held by the program that it is for.

What is indented, or begins with what can't stand alone, is a part of a server's configuration, and is held as one.
"""

import re

from outcome import Outcome, rule
from tools import program, refusal

# By what its first line begins with, a block of nginx' is a whole file, or belongs into `http`; else into a server.
WHOLE = ("events", "worker", "http ", "user ")
HTTP = ("server ", "upstream", "map ", "proxy_cache_path", "log_format", "limit_")
SECTION = ("global", "defaults", "frontend", "backend", "listen")
FRONTEND = """defaults
    mode http
    timeout connect 5s
    timeout client 1m
    timeout server 1m
frontend web
    bind unix@{socket}
"""


def first_line(code):
    return next((line for line in code.split("\n") if line.strip() and not line.startswith("#")), "")


@rule("nginx")
def nginx(blocks, tools):
    command, folder = program("nginx"), tools.folder("nginx")
    for number, block in enumerate(blocks):
        if not command:
            yield Outcome(block, "nginx -t", "there is no nginx")
            continue
        file = folder / f"{number}.conf"
        file.write_text(f"pid {folder}/nginx.pid;\n{whole_nginx(block.code, tools.certificate, f'{folder}/{number}')}")
        failure = refusal([command, "-t", "-q", "-p", str(folder), "-e", "stderr", "-c", str(file)])
        yield Outcome(block, "nginx -t", failure)


def whole_nginx(code, certificate, socket):
    code = re.sub(r"(?m)^(\s*ssl_certificate(?:_key)?\s+)[^;]+;", rf"\g<1>{certificate};", code)
    # Testing opens the sockets, and ports of this machine may be taken.
    sockets = iter(range(1_000))
    code = re.sub(r"(?m)^(\s*listen\s+)[^\s;]+", lambda found: f"{found[1]}unix:{socket}-{next(sockets)}", code)
    first = first_line(code)
    if first.startswith(WHOLE):
        return code
    modules = "load_module /usr/lib/nginx/modules/ngx_nchan_module.so;\n" if "nchan_" in code else ""
    if not first.startswith(HTTP):
        code = f"server {{\nlisten unix:{socket};\n{code}\n}}"
    # Servers that stand elsewhere on the page, or in the file that it is a part of.
    named = set(re.findall(r"proxy_pass https?://(\w+)[/;]", code)) - set(re.findall(r"upstream (\w+)", code))
    upstreams = "".join(f"upstream {name} {{ server 127.0.0.1:8080; }}\n" for name in sorted(named))
    return f"{modules}events {{}}\nhttp {{\naccess_log off;\n{upstreams}{code}\n}}"


@rule("caddyfile", "caddy")
def caddy(blocks, tools):
    command, folder = program("caddy"), tools.folder("caddy")
    for number, block in enumerate(blocks):
        if not command:
            yield Outcome(block, "caddy validate", "there is no caddy")
            continue
        is_part = first_line(block.code).startswith(("\t", " ", "handle", "reverse_proxy", "encode"))
        file = folder / f"{number}.caddyfile"
        file.write_text(f":8080 {{\n{block.code}}}\n" if is_part else block.code)
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
        if not first_line(code).startswith(SECTION):
            code = FRONTEND.format(socket=folder / str(number)) + code
        file = folder / f"{number}.cfg"
        file.write_text(code)
        yield Outcome(block, "haproxy -c", refusal([command, "-c", "-f", str(file)]))
