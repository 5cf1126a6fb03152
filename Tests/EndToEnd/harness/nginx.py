"""An nginx of one's own before a hub, with a server for each way of configuring it."""

import os
import shutil
import socket
import subprocess

from .lifetime import die_with_parent
from .outcome import Failure, Skipped
from .site import unused_port
from .waiting import wait_for


class Nginx:
    """Passes everything on to `upstream`, an (address, port); `ways` are directives by a name of the caller's.

    `ports` has the port of each way; `modules` are paths of modules to load.
    """

    def __init__(self, folder, upstream, ways, name="nginx", modules=()):
        program = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
        if not program:
            raise Skipped("there is no nginx")
        self.process = None
        self.modules = modules
        self.folder = os.path.join(folder, name)
        os.makedirs(self.folder)
        self.errors = os.path.join(self.folder, "stderr")
        self.ports = {name: unused_port() for name in ways}
        configuration = os.path.join(self.folder, "nginx.conf")
        with open(configuration, "w") as file:
            file.write(self.configuration(upstream, ways))
        with open(self.errors, "wb") as errors:
            self.process = subprocess.Popen(
                [program, "-p", self.folder, "-c", configuration, "-e", "stderr"],
                stdin=subprocess.DEVNULL, stdout=errors, stderr=errors, preexec_fn=die_with_parent,
            )
        for port in self.ports.values():
            wait_for(lambda: self.listens_on(port), 10, lambda: f"nginx listens ({self.said()})", every=0.02)

    def configuration(self, upstream, ways):
        # In one process, without the rights of another user, so that it ends with the one that is killed.
        text = "".join(f"load_module {path};\n" for path in self.modules)
        text += "daemon off;\nmaster_process off;\npid nginx.pid;\nevents { worker_connections 64; }\nhttp {\n"
        text += "access_log off;\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"):
            text += f"{kind}_temp_path {kind};\n"
        for name, directives in ways.items():
            text += f"server {{ listen 127.0.0.1:{self.ports[name]};\n{directives}\n"
            text += f"location / {{ proxy_pass http://{upstream[0]}:{upstream[1]}; proxy_set_header Connection '';\n"
            text += "proxy_set_header Host $http_host; } }\n"
        return text + "}\n"

    def listens_on(self, port):
        if self.process.poll() is not None:
            raise Failure(f"nginx did not start: {self.said()}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        except OSError:
            return False

    def said(self):
        with open(self.errors, errors="replace") as file:
            return file.read()

    def url(self, name, path="/"):
        return f"http://127.0.0.1:{self.ports[name]}{path}"

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
