"""A page's `EventSource`: comes back as browsers do, and gives up as they do (WHATWG HTML 9.2.3)."""

import socket
import threading

from .http1 import ChunkDecoder, read_head
from .outcome import Failure
from .sse import EventParser

STREAM = "text/event-stream"


class EventSource:
    """Reads in a thread of its own until it is closed; HTTP/1.1, within TLS if there is a `tls`.

    An end and a lost connection have it come back; any answer but a stream is the end for good, which `dead` tells.
    """

    def __init__(self, address, path, tls=None, retry=0.5):
        self.address, self.path, self.tls = address, path, tls
        self.retry = retry
        self.data = []
        self.last_id = ""
        self.dead = None
        # How often it was given a stream that was over at once.
        self.put_off = 0
        self.is_live = False
        self.closed = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.closed.is_set() and not self.dead:
            try:
                with self.connected() as connection:
                    self.read(connection)
            except OSError:
                pass
            except Failure as failure:
                self.dead = str(failure)
            self.is_live = False
            self.closed.wait(self.retry)

    def connected(self):
        connection = socket.create_connection(self.address, timeout=10)
        if self.tls:
            connection = self.tls.wrap_socket(connection, server_hostname=self.address[0])
        lines = [f"GET {self.path} HTTP/1.1", "Host: %s:%d" % self.address, f"Accept: {STREAM}", "Cache-Control: no-store"]
        if self.last_id:
            lines.append(f"Last-Event-ID: {self.last_id}")
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode("utf-8"))
        return connection

    def read(self, connection):
        data = b""
        while b"\r\n\r\n" not in data:
            more = connection.recv(65536)
            if not more:
                raise ConnectionError("no answer")
            data += more
        head, _, data = data.partition(b"\r\n\r\n")
        status, headers = read_head(head)
        if status != 200 or headers.get("content-type", "").partition(";")[0] != STREAM:
            self.dead = f"{status} {headers} {data!r}"
            return
        length = headers.get("content-length")
        chunks = None if length else ChunkDecoder()
        parser = EventParser()
        parser.last_id = self.last_id
        received = len(data)
        self.is_live = length is None
        self.put_off += length is not None
        while True:
            for event in parser.feed(chunks.feed(data) if chunks else data):
                self.data.append(event.data)
            self.last_id = parser.last_id
            if parser.retries:
                self.retry = parser.retries[-1] / 1000
            if (chunks.ended if chunks else received >= int(length)) or self.closed.is_set():
                return
            connection.settimeout(0.2)
            try:
                data = connection.recv(1 << 16)
            except TimeoutError:
                data = b""
                continue
            if not data:
                return
            received += len(data)

    def close(self):
        self.closed.set()
        self.thread.join(15)
