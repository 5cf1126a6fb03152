"""The ways to reach a hub, with one interface: plain HTTP/1.1, and HTTP/1.1 and HTTP/2 over TLS."""

import contextlib
import itertools

from . import http1, http2, stream
from .certificates import Authority

PLAIN = "HTTP/1.1"
TLS = "TLS and HTTP/1.1"
HTTP2 = "TLS and HTTP/2"
TRANSPORTS = (PLAIN, TLS, HTTP2)


class Transport:
    """Requests and subscriptions. HTTP/1.1 takes a connection for each, HTTP/2 as few as it can."""

    def __init__(self, name, folder):
        self.name = name
        self.settings = {}
        self.connections = {}
        self.tls = self.authority = None
        if name != PLAIN:
            self.authority = Authority(folder)
            certificate, key = self.authority.issue("server")
            # For the configuration of a server that is to be reached this way.
            self.settings = {"tls": {"certificate": certificate, "key": key}}
            self.tls = self.authority.trust("h2" if name == HTTP2 else "http/1.1")

    def request(self, address, method, path, headers=(), body=None, timeout=20):
        if self.name == HTTP2:
            return self.connection(address).request(method, path, headers, body)
        return http1.request(address, method, path, headers, body, timeout, self.tls)

    def stream(self, address, path, last_event_id=None, headers=()):
        if self.name == HTTP2:
            return self.connection(address).stream(path, last_event_id, headers)
        return stream.Stream(address, path, last_event_id, headers, tls=self.tls)

    def connection(self, address):
        """An HTTP/2 connection to a server that has room for a stream, made anew if there is none."""
        made = self.connections.setdefault(address, [])
        usable = next((connection for connection in made if connection.is_usable), None)
        if not usable:
            usable = http2.Connection(address, self.tls)
            made.append(usable)
        return usable

    def close(self):
        with contextlib.ExitStack() as stack:
            for connection in itertools.chain(*self.connections.values()):
                stack.callback(connection.close)
