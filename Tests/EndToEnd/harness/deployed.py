"""A proxy that runs with a file of deploy/, in which only ports, paths and the user are those of the test."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess

from .lifetime import die_with_parent
from .outcome import Failure, Skipped, check
from .site import unused_port
from .waiting import wait_for

DEPLOY = pathlib.Path(__file__).resolve().parents[3] / "deploy"


def deployed(name, *replacements):
    """The text of a file of deploy/ with each (old, new) replaced, wherever it is; each has to be there."""
    text = (DEPLOY / name).read_text(encoding="utf-8")
    for old, new in replacements:
        check(old in text, f"deploy/{name} has no {old!r}")
        text = text.replace(old, new)
    return text


class DeployedProxy:
    """In front of `upstream`, an (address, port), with a certificate of `authority`. Whoever knows a proxy's file and
    command line subclasses it.

    `changes` are further replacements, such as of a time. `port` speaks TLS, `plain` does not.
    """

    # The name of the program, and the file in deploy/.
    program = file = None

    def __init__(self, folder, upstream, authority, changes=()):
        found = shutil.which(self.program, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
        if not found:
            raise Skipped(f"there is no {self.program}")
        self.process = None
        self.binary = found
        self.port, self.plain = unused_port(), unused_port()
        self.folder = os.path.join(folder, f"{self.program}-{self.port}")
        os.makedirs(self.folder)
        self.upstream = "%s:%d" % upstream
        self.authority = authority
        self.changes = changes
        self.path = os.path.join(self.folder, self.file)
        self.renew()
        self.errors = os.path.join(self.folder, "stderr")
        with open(self.errors, "wb") as errors:
            self.process = subprocess.Popen(
                self.command(), cwd=self.folder, env=self.environment(), stdin=subprocess.DEVNULL, stdout=errors,
                stderr=errors, preexec_fn=self.prepare,
            )
        for port in (self.port, self.plain):
            wait_for(lambda: self.listens_on(port), 15, lambda: f"{self.program} listens ({self.said()})", every=0.02)

    @property
    def address(self):
        return ("127.0.0.1", self.port)

    def renew(self):
        """Gets a new certificate, and writes its file; a reload has it read both."""
        self.certificate, self.key = self.authority.issue(f"{self.program}-{self.port}")
        with open(self.path, "w", encoding="utf-8") as file:
            file.write(deployed(self.file, *self.changes, *self.replacements()))

    def replacements(self):
        return []

    def environment(self):
        return dict(os.environ)

    @staticmethod
    def prepare():
        die_with_parent()
        # Its workers are of its group, and end with it.
        os.setpgid(0, 0)

    def listens_on(self, port):
        if self.process.poll() is not None:
            raise Failure(f"{self.program} did not start: {self.said()}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        except OSError:
            return False

    def said(self):
        with open(self.errors, errors="replace") as file:
            return file.read()

    def url(self, path):
        return f"https://127.0.0.1:{self.port}{path}"

    def close(self):
        if self.process:
            try:
                os.killpg(self.process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.process.wait()


class DeployedNginx(DeployedProxy):
    program, file = "nginx", "nginx.conf"

    def replacements(self):
        site = "/etc/letsencrypt/live/hub.example.com"
        temporary = "".join(f"{kind}_temp_path {kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        return [
            ("user www-data;", "user root;" if os.geteuid() == 0 else ""),
            ("/run/nginx.pid", "nginx.pid"),
            ("/var/log/nginx/error.log", "stderr"),
            ("/var/log/nginx/access.log", "off"),
            ("include /etc/nginx/modules-enabled/*.conf;", ""),
            ("http {\n", "http {\n" + temporary),
            ("127.0.0.1:8080;", self.upstream + ";"),
            ("listen 80;", f"listen 127.0.0.1:{self.plain};"),
            ("listen [::]:80;", ""),
            ("listen 443 ssl http2;", f"listen 127.0.0.1:{self.port} ssl http2;"),
            ("listen [::]:443 ssl http2;", ""),
            (f"{site}/fullchain.pem", self.certificate),
            (f"{site}/privkey.pem", self.key),
        ]

    def command(self):
        return [self.binary, "-p", self.folder, "-c", self.path, "-e", "stderr", "-g", "daemon off;"]

    def reload(self):
        """As `nginx -s reload` does."""
        os.kill(self.process.pid, signal.SIGHUP)


class DeployedHAProxy(DeployedProxy):
    program, file = "haproxy", "haproxy.cfg"

    def replacements(self):
        both = os.path.join(self.folder, "both.pem")
        with open(both, "w") as file:
            for part in (self.certificate, self.key):
                with open(part) as half:
                    file.write(half.read())
        return [
            ("log /dev/log local0", "log stdout format raw local0"),
            ("    user haproxy\n    group haproxy\n", ""),
            # As many as the descriptors that whoever runs the tests may have.
            ("maxconn 100000", "maxconn 2000"),
            ("127.0.0.1:8080 ", self.upstream + " "),
            ("bind :::80 v4v6\n", f"bind 127.0.0.1:{self.plain}\n"),
            ("bind :::443 v4v6 ", f"bind 127.0.0.1:{self.port} "),
            ("/etc/haproxy/hub.example.com.pem", both),
        ]

    def command(self):
        return [self.binary, "-W", "-f", self.path, "-p", os.path.join(self.folder, "pid")]

    def reload(self):
        """As `systemctl reload haproxy` does."""
        os.kill(self.process.pid, signal.SIGUSR2)


class DeployedCaddy(DeployedProxy):
    program, file = "caddy", "Caddyfile"

    def __init__(self, *arguments, **options):
        self.admin = f"127.0.0.1:{unused_port()}"
        super().__init__(*arguments, **options)

    def replacements(self):
        own = f"{{\n\tadmin {self.admin}\n\tdefault_bind 127.0.0.1\n\thttp_port {self.plain}\n\tskip_install_trust\n}}\n"
        site = f"https://127.0.0.1:{self.port} {{\n\ttls {self.certificate} {self.key}\n"
        return [
            ("hub.example.com {\n", own + site),
            ("127.0.0.1:8080 ", self.upstream + " "),
        ]

    def environment(self):
        return {**os.environ, "HOME": self.folder, "XDG_DATA_HOME": self.folder, "XDG_CONFIG_HOME": self.folder}

    def command(self):
        return [self.binary, "run", "--config", self.path, "--adapter", "caddyfile"]

    def reload(self):
        """As `systemctl reload caddy` does."""
        command = [self.binary, "reload", "--config", self.path, "--adapter", "caddyfile", "--address", self.admin, "--force"]
        done = subprocess.run(command, env=self.environment(), capture_output=True, text=True, timeout=20)
        check(done.returncode == 0, f"caddy reload: {done.stderr}")


DEPLOYED = {"nginx": DeployedNginx, "HAProxy": DeployedHAProxy, "Caddy": DeployedCaddy}
