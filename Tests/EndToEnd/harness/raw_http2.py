"""HTTP/2 frames made by hand, the wrong ones included (RFC 9113 §6; RFC 7541 without Huffman), and what comes back."""

import socket
import ssl
import struct
import time

import hpack

from .http1 import Response
from .outcome import Failure
from .rows import CLOSED

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
# Flags; what 1 means is the frame's own.
END_STREAM = ACK = 0x1
END_HEADERS = 0x4
PADDED = 0x8
PRIORITIZED = 0x20
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEADER_TABLE_SIZE, ENABLE_PUSH, MAX_STREAMS, INITIAL_WINDOW, MAX_FRAME, MAX_HEADER_LIST = range(1, 7)

# What becomes of a stream, besides a status and `CLOSED`: it is reset, or the connection goes on as if nothing were.
RESET = "reset"
ALIVE = "alive"
PROBE = b"a probe."
PIECE = 32 << 10


def frame(kind, flags=0, stream=0, payload=b"", length=None):
    """`length` is what the frame says, if that isn't how long it is."""
    size = len(payload) if length is None else length
    return struct.pack(">I", size)[1:] + bytes((kind, flags)) + struct.pack(">I", stream) + payload


def settings(*pairs):
    return frame(SETTINGS, payload=b"".join(struct.pack(">HI", *pair) for pair in pairs))


def window_update(stream, increment):
    return frame(WINDOW_UPDATE, 0, stream, struct.pack(">I", increment))


def reset(stream, code=8):
    return frame(RST_STREAM, 0, stream, struct.pack(">I", code))


def integer(value, bits, first=0):
    """RFC 7541 §5.1."""
    limit = (1 << bits) - 1
    if value < limit:
        return bytes([first | value])
    found = [first | limit]
    value -= limit
    while value >= 128:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])


def text(value):
    value = value if isinstance(value, bytes) else value.encode("utf-8")
    return integer(len(value), 7) + value


def literal(name, value, indexing=False):
    return (b"\x40" if indexing else b"\0") + text(name) + text(value)


def indexed(index):
    return integer(index, 7, 0x80)


def block(*fields, indexing=False):
    return b"".join(literal(name, value, indexing) for name, value in fields)


class FrameConnection:
    """A TLS connection on which frames are sent as they are."""

    def __init__(self, address, tls, raw=False, timeout=8):
        plain = socket.create_connection(address, timeout=timeout)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = tls.wrap_socket(plain, server_hostname=address[0])
        self.timeout = timeout
        self.buffer = b""
        self.decoder = hpack.Decoder()
        self.heads = {}
        self.bodies = {}
        self.finished = set()
        self.resets = {}
        self.pings = set()
        self.goaway = None
        self.closed = False
        if not raw:
            self.send(PREFACE + settings())

    def send(self, data, reads=True):
        """In pieces, so that what comes back is read in between, unless it isn't to be read."""
        for at in range(0, len(data), PIECE):
            if self.closed:
                return
            self.socket.settimeout(self.timeout)
            try:
                self.socket.sendall(data[at:at + PIECE])
            except TimeoutError:
                # One that does not read is not read from either.
                if reads:
                    raise Failure(f"the server took {at} bytes and then none within {self.timeout} s") from None
                return
            except OSError:
                return
            if reads:
                self.read(0)

    def read(self, within):
        """Reads what comes in time; false if nothing did."""
        self.socket.settimeout(within or 0.00001)
        try:
            data = self.socket.recv(1 << 18)
        except (TimeoutError, ssl.SSLWantReadError, BlockingIOError):
            return False
        except OSError:
            data = b""
        if not data:
            self.closed = True
            return False
        self.buffer += data
        while len(self.buffer) >= 9:
            length = int.from_bytes(self.buffer[:3], "big")
            if length > 1 << 20:
                # An answer of HTTP/1.1's, as to one that spoke no HTTP/2.
                break
            if len(self.buffer) < 9 + length:
                break
            kind, flags, stream = struct.unpack(">BBI", self.buffer[3:9])
            self.take(kind, flags, stream, self.buffer[9:9 + length])
            self.buffer = self.buffer[9 + length:]
        return True

    def take(self, kind, flags, stream, payload):
        if kind == HEADERS:
            if not flags & END_HEADERS or flags & (PADDED | PRIORITIZED):
                raise Failure("a server's head in several frames, padded or with a priority")
            fields = self.decoder.decode(payload, raw=True)
            names = [name for name, _ in fields]
            if stream in self.heads or len(set(names)) != len(names):
                raise Failure(f"a second head, or a field sent twice: {fields}")
            for name, value in fields:
                if set(name + value) & set(b"\r\n\0") or name != name.lower():
                    raise Failure(f"a malformed field in an answer: {name!r}: {value!r}")
            self.heads[stream] = {name.decode("ascii"): value.decode("utf-8") for name, value in fields}
            self.bodies[stream] = b""
        elif kind == DATA:
            self.bodies[stream] += payload
        elif kind == RST_STREAM:
            self.resets[stream] = int.from_bytes(payload, "big")
        elif kind == PING and flags & ACK:
            self.pings.add(payload)
        elif kind == GOAWAY:
            self.goaway = int.from_bytes(payload[4:8], "big")
        elif kind == SETTINGS and not flags & ACK:
            self.send(frame(SETTINGS, ACK), reads=False)
        if kind in (DATA, HEADERS) and flags & END_STREAM:
            self.finished.add(stream)

    def response(self, stream):
        fields = dict(self.heads[stream])
        return Response(int(fields.pop(":status")), fields, self.bodies[stream])

    def outcome(self, stream, expected, check):
        """What became of a stream, or of the connection; `check` looks at an answer."""
        if not self.closed:
            self.send(frame(PING, payload=PROBE), reads=False)
        deadline = time.monotonic() + self.timeout
        while True:
            if stream in self.heads:
                response = self.response(stream)
                if response.status < 400 or stream in self.finished or stream in self.resets:
                    if response.status < 400 or stream in self.finished:
                        check(response)
                    return response.status
            elif stream in self.resets:
                return RESET
            if self.closed:
                return CLOSED
            if ALIVE in expected and PROBE in self.pings and self.goaway is None:
                return ALIVE
            left = deadline - time.monotonic()
            if left <= 0:
                if self.goaway is not None:
                    return f"GOAWAY with {self.goaway}, and the connection is left open"
                return "no answer" + (", though a PING is answered" if PROBE in self.pings else ", not even to a PING")
            self.read(left)

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
