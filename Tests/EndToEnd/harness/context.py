"""What a scenario is given: folders, servers, workers, and a voice. Everything it has made ends with it."""

import os
import shutil
import sys
import tempfile
import time

from .outcome import Failure
from .publisher import Publisher
from .server import Server
from .stream import Stream
from .transport import Transport
from .worker import Worker


class Context:
    def __init__(self, binary, quick, verbose, random):
        self.binary = binary
        self.quick = quick
        self.verbose = verbose
        self.random = random
        self.folder = tempfile.mkdtemp(prefix="martlet-e2e-")
        self.servers = []
        self.closing = []
        self.said = time.monotonic()

    def progress(self, sentence):
        """Says how far it is, at most every three seconds unless all is wanted."""
        now = time.monotonic()
        if self.verbose or now - self.said >= 3:
            self.said = now
            print(f"     … {sentence}", flush=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def server(self, **options):
        # Known before it starts, so that one that fails to start is ended and heard too.
        server = Server.__new__(Server)
        self.servers.append(server)
        server.__init__(self.binary, self.folder, **options)
        return server

    def closes(self, thing):
        """Has `thing` closed at the end."""
        self.closing.append(thing)
        return thing

    def worker(self, function, *arguments):
        return self.closes(Worker(function, *arguments))

    def publisher(self, server, timeout=20):
        return self.closes(Publisher(server.hub, timeout))

    def stream(self, server, path, *arguments, **options):
        return self.closes(Stream(server.hub, path, *arguments, **options))

    def transport(self, name):
        return self.closes(Transport(name, self.folder))

    def check_servers(self):
        """Fails if a server has died on its own."""
        for server in self.servers:
            if server.process.poll() is not None and not server.ended_by_test:
                raise Failure(f"the server died on its own: {server.how_it_ended()}")

    def stderr_tails(self):
        tails = []
        for server in self.servers:
            if hasattr(server, "process"):
                tails.append(f"server {server.number} ({server.how_it_ended()}):\n{server.stderr(tail=12)}")
        return "\n".join(tails[-3:])

    def close(self):
        for server in self.servers:
            if hasattr(server, "process"):
                server.kill()
        for thing in reversed(self.closing):
            try:
                thing.close()
            except OSError as error:
                print(error, file=sys.stderr)
        shutil.rmtree(self.folder, ignore_errors=True)
