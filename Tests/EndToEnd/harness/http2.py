"""A blocking HTTP/2 client over TLS: many requests and subscriptions on one connection, read when they are told to."""

import socket
import time

import h2.config
import h2.connection
import h2.errors
import h2.events
import h2.exceptions
import h2.settings

from .frames import Frames
from .http1 import NotAnswered, Response
from .http2_streams import Exchange, Stream
from .outcome import Failure, check

# What a connection may have under way for all of its streams together, so that none waits for another's credit.
CONNECTION_WINDOW = 16 << 20


class Connection:
    """`window` is the initial window of each stream: what it may be sent without being given more credit."""

    def __init__(self, address, tls, timeout=20, window=65_535):
        self.timeout = timeout
        self.authority = f"{address[0]}:{address[1]}"
        plain = socket.create_connection(address, timeout=timeout)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = tls.wrap_socket(plain, server_hostname=address[0])
        check(
            self.socket.selected_alpn_protocol() == "h2",
            f"the server has chosen {self.socket.selected_alpn_protocol()!r} where h2 was offered",
        )
        self.exchanges = {}
        self.frames = Frames()
        # None while it is open, else how it ended.
        self.end = None
        # Bytes that came and were not given back to the connection's window.
        self.uncredited = 0
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, header_encoding=None))
        self.h2.local_settings = h2.settings.Settings(
            client=True,
            initial_values={
                h2.settings.SettingCodes.ENABLE_PUSH: 0,
                h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: window,
            },
        )
        self.h2.initiate_connection()
        self.h2.increment_flow_control_window(CONNECTION_WINDOW)
        self.flush()
        # How many streams it may open is known only then.
        self.is_settled = False
        deadline = time.monotonic() + timeout
        while not self.is_settled:
            check(time.monotonic() < deadline and not self.end, f"the server sent no settings: {self.end or 'in time'}")
            self.pump(deadline - time.monotonic())

    @property
    def goaway(self):
        """(last stream, error code) of the server's newest GOAWAY, if there was one."""
        return self.frames.goaway

    @property
    def is_usable(self):
        full = self.h2.open_outbound_streams >= self.h2.remote_settings.max_concurrent_streams
        return self.end is None and self.goaway is None and not full

    def request(self, method, path, headers=(), body=None):
        exchange = self.open(Exchange(self), method, path, headers, body)
        exchange.wait_for_head(self.timeout)
        deadline = time.monotonic() + self.timeout
        while not exchange.end:
            if time.monotonic() > deadline:
                raise NotAnswered(f"no answer within {self.timeout} s", exchange.body)
            self.pump(deadline - time.monotonic())
        if exchange.end == "cut" and exchange.reset != h2.errors.ErrorCodes.NO_ERROR:
            raise NotAnswered(exchange.how_it_ended(), exchange.body)
        length = exchange.headers.get("content-length")
        if length is not None and method != "HEAD" and exchange.status not in (204, 304):
            check(int(length) == len(exchange.body), f"{len(exchange.body)} bytes of a body of {length}")
        return Response(exchange.status, exchange.headers, exchange.body)

    def stream(self, path, last_event_id=None, headers=(), credits=True):
        """A subscription on this connection. One that `credits` nothing gets no more than the initial window."""
        fields = [("Accept", "text/event-stream"), *headers]
        if last_event_id is not None:
            fields.append(("Last-Event-ID", last_event_id))
        stream = self.open(Stream(self, credits), "GET", path, fields, None)
        stream.wait_for_head(self.timeout)
        if stream.status == 200:
            check(stream.headers.get("content-type") == "text/event-stream", f"no event stream: {stream.headers}")
        else:
            deadline = time.monotonic() + self.timeout
            while not stream.end:
                check(time.monotonic() < deadline, f"a refusal with {stream.status} that does not end")
                self.pump(deadline - time.monotonic())
        return stream

    def open(self, exchange, method, path, headers, body):
        check(self.is_usable, f"the connection cannot be used any more: {self.end or self.goaway}")
        exchange.number = self.h2.get_next_available_stream_id()
        self.exchanges[exchange.number] = exchange
        fields = [(":method", method), (":scheme", "https"), (":authority", self.authority), (":path", path)]
        fields += [(name.lower(), value) for name, value in headers]
        if body is not None:
            fields.append(("content-length", str(len(body))))
        encoded = [(name.encode("ascii"), value.encode("utf-8")) for name, value in fields]
        self.h2.send_headers(exchange.number, encoded, end_stream=body is None)
        self.flush()
        if body is not None:
            self.send_body(exchange, body)
        return exchange

    def send_body(self, exchange, body):
        """Sends as the server's window allows; stops if the server has answered without waiting for the rest."""
        deadline = time.monotonic() + self.timeout
        rest = memoryview(body)
        while not exchange.end:
            room = min(self.h2.local_flow_control_window(exchange.number), self.h2.max_outbound_frame_size)
            if room or not rest:
                part, rest = rest[:room], rest[room:]
                self.h2.send_data(exchange.number, bytes(part), end_stream=not rest)
                self.flush()
                if not rest:
                    return
            else:
                if time.monotonic() > deadline:
                    raise NotAnswered("the request was not taken in time")
                self.pump(deadline - time.monotonic())

    def pump(self, within):
        """Reads once, whatever stream it is for; False if nothing came in time or the connection has ended."""
        if self.end:
            return False
        self.socket.settimeout(max(0.0001, within))
        try:
            data = self.socket.recv(1 << 18)
        except TimeoutError:
            return False
        except OSError as error:
            self.ended(f"the connection broke: {error}")
            return False
        if not data:
            self.ended("the connection was closed")
            return False
        try:
            events = self.h2.receive_data(self.frames.feed(data))
        except h2.exceptions.ProtocolError as error:
            raise Failure(f"the server breaks the rules of HTTP/2: {type(error).__name__}: {error}") from None
        for event in events:
            self.handle(event)
        if self.uncredited and not self.end:
            self.h2.increment_flow_control_window(self.uncredited)
            self.uncredited = 0
        self.flush()
        return True

    def handle(self, event):
        if isinstance(event, h2.events.DataReceived):
            self.uncredited += event.flow_controlled_length
        if isinstance(event, h2.events.RemoteSettingsChanged):
            self.is_settled = True
        exchange = self.exchanges.get(getattr(event, "stream_id", None))
        if not exchange:
            return
        if isinstance(event, h2.events.ResponseReceived):
            exchange.take_head(event.headers)
        elif isinstance(event, h2.events.DataReceived):
            exchange.received += event.flow_controlled_length
            exchange.take_data(event.data)
        elif isinstance(event, h2.events.TrailersReceived):
            raise Failure(f"trailers: {event.headers}")
        elif isinstance(event, h2.events.StreamEnded):
            exchange.finish("terminated")
            del self.exchanges[exchange.number]
        elif isinstance(event, h2.events.StreamReset):
            exchange.reset = event.error_code
            exchange.finish("cut")
            del self.exchanges[exchange.number]

    def credit(self, exchange, count):
        """Lets the server send `count` more bytes on one stream."""
        if not count or exchange.number not in self.exchanges:
            return
        try:
            self.h2.increment_flow_control_window(count, exchange.number)
        except h2.exceptions.StreamClosedError:
            # Its end came with the data, and is the next thing to be told.
            pass

    def ended(self, how):
        self.end = self.end or how
        for exchange in self.exchanges.values():
            exchange.finish("cut")
        self.exchanges.clear()

    def flush(self):
        data = self.h2.data_to_send()
        if not data or self.end:
            return
        self.socket.settimeout(self.timeout)
        try:
            self.socket.sendall(data)
        except TimeoutError:
            raise NotAnswered("the connection takes nothing any more") from None
        except OSError as error:
            self.ended(f"the connection broke: {error}")

    def wait_for_end(self, within):
        """Reads until the server closes; a `Failure` if it does not."""
        deadline = time.monotonic() + within
        while not self.end:
            check(time.monotonic() < deadline, f"the server did not close the connection within {within:g} s")
            self.pump(deadline - time.monotonic())

    def close(self):
        self.ended("it was closed by the test")
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
