"""HTTP/1.1 as far as the scenarios need it, strict about what the server sends."""

import re
import socket
import time

from .outcome import Failure

HEX = re.compile(rb"[0-9A-Fa-f]{1,8}\Z")
STATUS_LINE = re.compile(rb"HTTP/1\.1 ([1-5][0-9][0-9]) [ -~]*\Z")
FIELD = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\x20-\x7e\x80-\xff\t]*)\Z")


class NotAnswered(Exception):
    """The connection ended before a whole answer came; `received` is what did."""

    def __init__(self, how, received=b""):
        super().__init__(f"{how}, after {len(received)} bytes of an answer")
        self.how = how
        self.received = received


class Response:
    __slots__ = ("status", "headers", "body")

    def __init__(self, status, headers, body=b""):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def text(self):
        return self.body.decode("utf-8")

    def __repr__(self):
        return f"{self.status} {self.body[:200]!r}"


def read_head(data):
    """The status and headers (names in lower case) in a response's head without its last empty line."""
    lines = data.split(b"\r\n")
    match = STATUS_LINE.match(lines[0])
    if not match:
        raise Failure(f"malformed status line: {lines[0][:100]!r}")
    headers = {}
    for line in lines[1:]:
        field = FIELD.match(line)
        if not field:
            raise Failure(f"malformed header field: {line[:100]!r}")
        name = field[1].decode("ascii").lower()
        if name in headers:
            raise Failure(f"header field sent twice: {name}")
        headers[name] = field[2].decode("utf-8").strip()
    return int(match[1]), headers


class ChunkDecoder:
    """Undoes `Transfer-Encoding: chunked` as bytes come; refuses what RFC 9112 §7.1 does not allow, and trailers."""

    __slots__ = ("rest", "left", "ended")

    def __init__(self):
        # Bytes of a size line or of a chunk's end that are not complete.
        self.rest = b""
        # Bytes that the chunk at hand still has, with its CRLF; 0 if a size line is next.
        self.left = 0
        self.ended = False

    def feed(self, data):
        """The payload in `data`, as far as it has come."""
        if self.ended:
            raise Failure(f"{len(data)} bytes after the last chunk: {data[:80]!r}")
        if self.rest:
            data = self.rest + data
            self.rest = b""
        found = []
        at = 0
        while at < len(data):
            if not self.left:
                line = data.find(b"\r\n", at)
                if line < 0:
                    if len(data) - at > 9:
                        raise Failure(f"malformed chunk size: {data[at:at + 40]!r}")
                    break
                digits = data[at:line]
                if not HEX.match(digits):
                    raise Failure(f"malformed chunk size: {digits[:40]!r}")
                size = int(digits, 16)
                if size == 0:
                    if len(data) < line + 4:
                        break
                    if data[line:] != b"\r\n\r\n":
                        raise Failure(f"after the last chunk comes {data[line + 2:line + 80]!r}")
                    self.ended = True
                    at = len(data)
                    break
                self.left = size + 2
                at = line + 2
            end = at + self.left
            if len(data) >= end:
                if data[end - 2:end] != b"\r\n":
                    raise Failure(f"a chunk is not followed by CRLF but by {data[end - 2:end + 20]!r}")
                found.append(data[at:end - 2])
                self.left = 0
                at = end
            else:
                # The chunk's end is looked at as a whole.
                stop = min(len(data), end - 2)
                if stop <= at:
                    break
                found.append(data[at:stop])
                self.left -= stop - at
                at = stop
        self.rest = data[at:]
        return found[0] if len(found) == 1 else b"".join(found)


class Connection:
    """A keep-alive connection: one request after the other. `tls` is an `ssl.SSLContext`, if it is encrypted."""

    def __init__(self, address, timeout=20, tls=None):
        self.socket = socket.create_connection(address, timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname=address[0])
        self.timeout = timeout
        self.buffer = b""
        self.host = f"{address[0]}:{address[1]}"

    def head(self, method, path, headers=(), length=None):
        fields = [f"{method} {path} HTTP/1.1", f"Host: {self.host}"]
        fields += [f"{name}: {value}" for name, value in headers]
        if length is not None:
            fields.append(f"Content-Length: {length}")
        return ("\r\n".join(fields) + "\r\n\r\n").encode("utf-8")

    def send(self, data):
        try:
            self.socket.sendall(data)
        except OSError as error:
            # What the server said before it closed counts, if it still can be read.
            if isinstance(error, TimeoutError):
                raise NotAnswered("the request was not taken in time") from None

    def request(self, method, path, headers=(), body=None):
        self.send(self.head(method, path, headers, None if body is None else len(body)) + (body or b""))
        return self.response(head_only=method == "HEAD")

    def response(self, head_only=False):
        deadline = time.monotonic() + self.timeout
        while True:
            end = self.buffer.find(b"\r\n\r\n")
            if end >= 0:
                status, headers = read_head(self.buffer[:end])
                if status != 100:
                    break
                self.buffer = self.buffer[end + 4:]
                continue
            self.more(deadline)
        self.buffer = self.buffer[end + 4:]
        response = Response(status, headers)
        if head_only or status in (204, 304):
            return response
        if headers.get("transfer-encoding") == "chunked":
            decoder = ChunkDecoder()
            body = decoder.feed(self.buffer)
            while not decoder.ended:
                self.buffer = b""
                self.more(deadline)
                body += decoder.feed(self.buffer)
            self.buffer = b""
            response.body = body
            return response
        if "content-length" not in headers:
            raise Failure(f"an answer without a length: {status} {headers}")
        length = int(headers["content-length"])
        while len(self.buffer) < length:
            self.more(deadline)
        response.body = self.buffer[:length]
        self.buffer = self.buffer[length:]
        return response

    def more(self, deadline):
        self.socket.settimeout(max(0.001, deadline - time.monotonic()))
        try:
            data = self.socket.recv(65536)
        except TimeoutError:
            raise NotAnswered(f"no answer within {self.timeout} s", self.buffer) from None
        except ConnectionError:
            raise NotAnswered("the connection was reset", self.buffer) from None
        if not data:
            raise NotAnswered("the connection was closed", self.buffer)
        self.buffer += data

    def wait_for_end(self, within):
        """What still comes until the server closes; a `Failure` if it does not."""
        received, self.buffer = self.buffer, b""
        deadline = time.monotonic() + within
        while True:
            self.socket.settimeout(max(0.001, deadline - time.monotonic()))
            try:
                data = self.socket.recv(65536)
            except TimeoutError:
                raise Failure(f"the server did not close the connection within {within:g} s") from None
            except ConnectionError:
                return received
            if not data:
                return received
            received += data

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def request(address, method, path, headers=(), body=None, timeout=20, tls=None):
    """One request on a connection of its own."""
    with Connection(address, timeout, tls) as connection:
        return connection.request(method, path, headers, body)
