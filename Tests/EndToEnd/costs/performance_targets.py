"""The servers that are measured side by side, each started for one measurement and ended after it."""

import contextlib
import os
import shutil
import tempfile

from harness.certificates import Authority
from harness.nginx import Nginx
from harness.outcome import Failure
from harness.server import Server

NCHAN_MODULE = "/usr/lib/nginx/modules/ngx_nchan_module.so"
# So many updates are kept that a subscriber that falls behind at full speed finds what it missed, and connections are
# kept alive.
NCHAN = """
location ~ ^/sub/(.+)$ { nchan_subscriber eventsource; nchan_channel_id $1; nchan_message_buffer_length 20000; }
location ~ ^/pub/(.+)$ { nchan_publisher; nchan_channel_id $1; nchan_message_buffer_length 20000; nchan_message_timeout 60s; }
keepalive_requests 1000000000;
tcp_nodelay on;
"""


class ManyConnections(Nginx):
    """An nginx with room for as many connections as a process may have."""

    def configuration(self, upstream, ways):
        text = super().configuration(upstream, ways).replace("worker_connections 64", "worker_connections 19000")
        return text.replace("http {\n", "http {\nnchan_shared_memory_size 512M;\n", 1)


@contextlib.contextmanager
def target(kind, binary):
    """A running server: (words that say where and what it is, its process). `floor` has none."""
    folder = tempfile.mkdtemp(prefix="martlet-bench-")
    server = None
    try:
        if kind == "nchan":
            if not os.path.exists(NCHAN_MODULE):
                raise Failure("there is no nchan (Debian: libnginx-mod-nchan)")
            server = ManyConnections(folder, ("127.0.0.1", 9), {"hub": NCHAN}, modules=[NCHAN_MODULE])
            yield [f"http://127.0.0.1:{server.ports['hub']}", "--profile", "nchan"], server.process.pid
        else:
            words, settings = [], {}
            if kind == "tls":
                authority = Authority(folder)
                settings["tls.certificate"], settings["tls.key"] = authority.issue("hub")
                words = ["--ca-file", authority.certificate]
            log = f"sqlite:{os.path.join(folder, 'log.db')}" if kind == "sqlite" else "memory"
            server = Server(binary, folder, log=log, settings=settings)
            scheme = "https" if kind == "tls" else "http"
            yield [f"{scheme}://{server.hub[0]}:{server.hub[1]}", *words], server.pid
    finally:
        if server is not None:
            end = server.close if kind == "nchan" else server.kill
            end()
        shutil.rmtree(folder, ignore_errors=True)
