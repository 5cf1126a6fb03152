"""HTTP/2 that breaks its rules: streams are reset, connections are ended."""

import struct

from harness.frame_rows import (
    AUTHORITY, BORNE, ENDED, METHOD, PATH, PSEUDO, READER, SCHEME, WRONG, FrameRow, open_stream, run_frames,
)
from harness.raw_http2 import (
    ACK, CONTINUATION, DATA, ENABLE_PUSH, END_HEADERS, END_STREAM, GOAWAY, HEADERS, INITIAL_WINDOW, MAX_FRAME, PADDED,
    PING, PREFACE, PRIORITY, PUSH_PROMISE, RESET, RST_STREAM, SETTINGS, WINDOW_UPDATE, block, frame, indexed, integer,
    literal, reset, settings, window_update,
)
from harness.rows import CLOSED, table
from harness.scenario import scenario
from harness.siege import PUBLISH_KEY, TLS, Siege
from harness.tokens import token

WRITER = ("authorization", "Bearer " + token(PUBLISH_KEY, publish=["*"]))
GOOD = open_stream((*PSEUDO, READER))
# Refused at once, which leaves a stream that is closed.
UNKNOWN = open_stream((METHOD, SCHEME, AUTHORITY, (":path", "/nothing")))


def asking(sentence, *fields, statuses=WRONG):
    """A subscription with a good token: if it is understood, a stream begins, and the row has failed."""
    return FrameRow(sentence, open_stream(fields), *statuses)


def adding(sentence, *fields, statuses=WRONG):
    return asking(sentence, *PSEUDO, READER, *fields, statuses=statuses)


def path(sentence, value, statuses=WRONG):
    return asking(sentence, METHOD, SCHEME, AUTHORITY, (":path", value), READER, statuses=statuses)


def publishing(sentence, *parts, fields=(), statuses=WRONG):
    """A publish to the good subscriber whose body comes in `parts`."""
    pseudo = ((":method", "POST"), SCHEME, AUTHORITY, (":path", "/topics/good"), WRITER)
    return FrameRow(sentence, open_stream((*pseudo, *fields), flags=END_HEADERS) + b"".join(parts), *statuses)


FIELDS = table(
    "fields of HTTP/2",
    FrameRow("a good request, for comparison", GOOD, 200),
    FrameRow("a page that is not there", UNKNOWN, 404),
    adding("a name in upper case", ("X-Upper", "a")),
    adding("a name with a blank", ("x a", "b")),
    adding("a name with a colon", ("x:a", "b")),
    adding("a name with CRLF", ("x\r\nx-injected", "1")),
    adding("a name with NUL", ("x\0", "1")),
    adding("a name of no ASCII", ("x-\u00e4", "1")),
    adding("an empty name", ("", "a")),
    adding("an id with CRLF", ("last-event-id", "a\r\nX-Injected: 1")),
    adding("an id with LF", ("last-event-id", "a\nb")),
    adding("an id with CR", ("last-event-id", "a\rb")),
    adding("an id with NUL", ("last-event-id", "a\0b")),
    adding("an id with a split answer", ("last-event-id", "a\r\n\r\nHTTP/1.1 200 OK\r\n\r\n")),
    adding("an id of bytes", ("last-event-id", b"\xff\xfe"), statuses=(200, *WRONG)),
    adding("an id of 15,000 bytes", ("last-event-id", "i" * 15_000), statuses=(200, 431, *WRONG)),
    adding("an origin with CRLF", ("origin", "http://evil.example\r\nX-Injected: 1")),
    adding("a cookie with CRLF", ("cookie", "a=b\r\nX-Injected: 1")),
    adding("Connection", ("connection", "close")),
    adding("Keep-Alive", ("keep-alive", "timeout=5")),
    adding("Proxy-Connection", ("proxy-connection", "keep-alive")),
    adding("Upgrade", ("upgrade", "websocket")),
    adding("Transfer-Encoding", ("transfer-encoding", "chunked")),
    adding("TE for anything but trailers", ("te", "gzip")),
    adding("two lengths", ("content-length", "0"), ("content-length", "5")),
    adding("a length without a body", ("content-length", "5")),
    adding("a length that is no number", ("content-length", "abc")),
    adding("a negative length", ("content-length", "-1")),
    adding("a second :path", (":path", "/nothing")),
    adding("a second :method", (":method", "POST")),
    adding("a second :authority", (":authority", "evil.example")),
    adding("a second :scheme", (":scheme", "http")),
    adding("a pseudo-field that nobody knows", (":evil", "1")),
    adding("an answer's pseudo-field", (":status", "200")),
    adding("a :protocol that was not offered", (":protocol", "websocket")),
    adding("another Host than :authority", ("host", "evil.example"), statuses=(200, 421, *WRONG)),
    adding("1,000 crumbs of a cookie", *(("cookie", f"c{n}=1") for n in range(1000)), statuses=(200, 431, *WRONG)),
    adding("a second token", ("authorization", "Bearer x.y.z"), statuses=(401, *WRONG)),
    adding("17 KiB of a field", ("x-large", "x" * 16_000), ("x-larger", "x" * 1400), statuses=(431, *WRONG)),
    asking("no field at all"),
    asking("only a :path", (":path", PATH)),
    asking("no :method", SCHEME, AUTHORITY, (":path", PATH), READER),
    asking("no :scheme", METHOD, AUTHORITY, (":path", PATH), READER),
    asking("no :path", METHOD, SCHEME, AUTHORITY, READER),
    asking("no :authority and no Host", METHOD, SCHEME, (":path", PATH), READER, statuses=(200, *WRONG)),
    asking("a pseudo-field behind others", METHOD, SCHEME, READER, AUTHORITY, (":path", PATH)),
    asking("an empty :method", (":method", ""), SCHEME, AUTHORITY, (":path", PATH), READER, statuses=(405, *WRONG)),
    asking(
        "a :method that splits", (":method", "GET / HTTP/1.1\r\nX: y\r\n\r\nGET"), SCHEME, AUTHORITY, (":path", PATH),
        READER,
    ),
    asking(
        "a :method in lower case", (":method", "get"), SCHEME, AUTHORITY, (":path", PATH), READER,
        statuses=(405, 501, *WRONG),
    ),
    asking("TRACE", (":method", "TRACE"), SCHEME, AUTHORITY, (":path", PATH), READER, statuses=(405, 501, *WRONG)),
    asking(
        "CONNECT", (":method", "CONNECT"), (":authority", "evil.example:443"), READER,
        statuses=(403, 404, 405, 501, *WRONG),
    ),
    asking(
        "CONNECT with a :path", (":method", "CONNECT"), SCHEME, AUTHORITY, (":path", PATH), READER,
        statuses=(405, 501, *WRONG),
    ),
    asking("an :authority with CRLF", METHOD, SCHEME, (":authority", "a\r\nX-Injected: 1"), (":path", PATH), READER),
    asking(
        "an :authority with a user", METHOD, SCHEME, (":authority", "user@localhost"), (":path", PATH), READER,
        statuses=(200, *WRONG),
    ),
    asking(
        "a :scheme that is none", METHOD, (":scheme", "evil"), AUTHORITY, (":path", PATH), READER,
        statuses=(200, *WRONG),
    ),
    path("an empty :path", ""),
    path("a :path without a slash", "topics/a", statuses=(404, *WRONG)),
    path("a star for a :path", "*", statuses=(404, *WRONG)),
    path("a :path with CRLF", PATH + "\r\nX-Injected: 1"),
    path("a :path with a blank", PATH + " HTTP/1.1", statuses=(200, *WRONG)),
    path("a :path with NUL", PATH + "\0"),
    path("a :path of bytes", b"/topics/\xff\xfe"),
    path("a :path of 16,000 bytes", "/topics/" + "a" * 16_000, statuses=(414, 431, *WRONG)),
    path("an absolute :path", "https://evil.example" + PATH, statuses=(200, 403, 404, *WRONG)),
    publishing("a body shorter than its length", frame(DATA, END_STREAM, 1, b"x"), fields=(("content-length", "5"),)),
    publishing(
        "a body longer than its length", frame(DATA, END_STREAM, 1, b"hello"), fields=(("content-length", "1"),),
    ),
    publishing(
        "a body that is said to be none", frame(DATA, END_STREAM, 1, b"hello"), fields=(("content-length", "0"),),
    ),
    publishing("trailers with a pseudo-field", frame(DATA, 0, 1, b"x"), open_stream(((":path", "/"),))),
    publishing(
        "trailers that do not end the stream", frame(DATA, 0, 1, b"x"), open_stream((("x", "y"),), flags=END_HEADERS),
    ),
    publishing(
        "more than a MiB", *(frame(DATA, 0, 1, bytes(16_384)) for _ in range(3)),
        fields=(("content-length", "2000000"),), statuses=(413, *WRONG),
    ),
    publishing("more than a window", *(frame(DATA, 0, 1, bytes(16_384)) for _ in range(200)), statuses=(413, *WRONG)),
)

STRUCTURE = table(
    "frames",
    FrameRow("a frame longer than any may be", frame(DATA, 0, 1, bytes(16_385)), *ENDED),
    FrameRow("a head longer than any may be", open_stream(literal("x", "y" * 20_000)), *ENDED),
    FrameRow("a frame that says it has 16 MiB", frame(DATA, 0, 1, b"x", length=(1 << 24) - 1), *ENDED),
    FrameRow("SETTINGS longer than any may be", frame(SETTINGS, payload=bytes(16_386)), *ENDED),
    FrameRow("a frame of no known kind", frame(0xEE, 0xFF, 1, b"what") + GOOD, 200, *ENDED),
    FrameRow("1,000 frames of no known kind", frame(0xEE, 0, 0, b"x") * 1000, *BORNE),
    FrameRow("the reserved bit of a stream", open_stream((*PSEUDO, READER), stream=0x8000_0001), 200, RESET, CLOSED),
    FrameRow("DATA on stream 0", frame(DATA, 0, 0, b"x"), *ENDED),
    FrameRow("DATA on a stream that is not open", frame(DATA, 0, 7, b"x"), *ENDED, stream=7),
    FrameRow("DATA on a stream that has ended", UNKNOWN + frame(DATA, END_STREAM, 1, b"x"), 404, RESET, CLOSED),
    FrameRow(
        "DATA padded beyond its end",
        open_stream((*PSEUDO, READER), flags=END_HEADERS) + frame(DATA, PADDED, 1, b"\xffx"), *ENDED,
    ),
    FrameRow(
        "DATA padded without a length", open_stream((*PSEUDO, READER), flags=END_HEADERS) + frame(DATA, PADDED, 1),
        *ENDED,
    ),
    FrameRow("HEADERS on stream 0", open_stream(PSEUDO, stream=0), *ENDED, stream=0),
    FrameRow("HEADERS on an even stream", open_stream(PSEUDO, stream=2), *ENDED, stream=2),
    FrameRow(
        "streams that go backwards", open_stream(PSEUDO, stream=5) + open_stream(PSEUDO, stream=3), *ENDED, RESET,
        stream=3,
    ),
    FrameRow("HEADERS on a stream that has ended", UNKNOWN + UNKNOWN, 404, RESET, CLOSED),
    FrameRow("HEADERS padded beyond their end", frame(HEADERS, 0xD, 1, b"\xff" + block(*PSEUDO)), *ENDED),
    FrameRow("HEADERS with half a priority", frame(HEADERS, 0x25, 1, b"\0\0"), *ENDED),
    FrameRow(
        "HEADERS that depend on themselves", frame(HEADERS, 0x25, 1, struct.pack(">IB", 1, 9) + block(*PSEUDO)), 401,
        RESET, CLOSED,
    ),
    FrameRow("PRIORITY that depends on itself", frame(PRIORITY, 0, 1, struct.pack(">IB", 1, 9)), *BORNE),
    FrameRow("PRIORITY of four bytes", frame(PRIORITY, 0, 1, bytes(4)), *ENDED, RESET),
    FrameRow("PRIORITY on stream 0", frame(PRIORITY, 0, 0, bytes(5)), *ENDED),
    FrameRow("RST_STREAM on stream 0", reset(0), *ENDED),
    FrameRow("RST_STREAM on a stream that is not open", reset(9), *ENDED, stream=9),
    FrameRow("RST_STREAM of three bytes", UNKNOWN + frame(RST_STREAM, 0, 1, bytes(3)), 404, *ENDED),
    FrameRow("SETTINGS of five bytes", frame(SETTINGS, payload=bytes(5)), *ENDED),
    FrameRow("SETTINGS on a stream", frame(SETTINGS, 0, 1), *ENDED),
    FrameRow("an acknowledgement with settings", frame(SETTINGS, ACK, 0, bytes(6)), *ENDED),
    FrameRow("an acknowledgement too many", frame(SETTINGS, ACK) * 5, *BORNE),
    FrameRow("ENABLE_PUSH of 2", settings((ENABLE_PUSH, 2)), *ENDED),
    FrameRow("an initial window beyond all", settings((INITIAL_WINDOW, 1 << 31)), *ENDED),
    FrameRow("a largest frame of a byte", settings((MAX_FRAME, 1)), *ENDED),
    FrameRow("a largest frame beyond all", settings((MAX_FRAME, (1 << 32) - 1)), *ENDED),
    FrameRow("2,000 settings that nobody knows", settings(*((0xF000 + n % 9, n) for n in range(2000))), *BORNE),
    FrameRow(
        "a window that overflows when it is set",
        GOOD + window_update(1, 0x7FFF_0000) + settings((INITIAL_WINDOW, 0x7FFF_FFFF)), 200, *ENDED,
    ),
    FrameRow(
        "PUSH_PROMISE from a client", frame(PUSH_PROMISE, END_HEADERS, 1, struct.pack(">I", 2) + block(*PSEUDO)),
        *ENDED,
    ),
    FrameRow("PING of seven bytes", frame(PING, payload=bytes(7)), *ENDED),
    FrameRow("PING on a stream", frame(PING, 0, 1, bytes(8)), *ENDED),
    FrameRow("GOAWAY of four bytes", frame(GOAWAY, payload=bytes(4)), *ENDED),
    FrameRow("GOAWAY on a stream", frame(GOAWAY, 0, 1, bytes(8)), *ENDED),
    FrameRow("GOAWAY with 16 KiB of reasons", frame(GOAWAY, payload=bytes(16_000)), *BORNE),
    FrameRow("a window's increment of 0", window_update(0, 0), *ENDED),
    FrameRow("a stream window's increment of 0", GOOD + window_update(1, 0), 200, RESET, CLOSED),
    FrameRow("a window that overflows", window_update(0, 0x7FFF_FFFF) * 2, *ENDED),
    FrameRow("a stream's window that overflows", GOOD + window_update(1, 0x7FFF_FFFF) * 2, 200, RESET, CLOSED),
    FrameRow("WINDOW_UPDATE of three bytes", frame(WINDOW_UPDATE, 0, 0, bytes(3)), *ENDED),
    FrameRow("WINDOW_UPDATE on a stream that is not open", window_update(11, 1), *ENDED, stream=11),
    FrameRow("CONTINUATION of nothing", frame(CONTINUATION, END_HEADERS, 1, block(*PSEUDO)), *ENDED),
    FrameRow(
        "CONTINUATION of another stream", frame(HEADERS, 0, 1, block(METHOD)) + frame(CONTINUATION, 4, 3, b""), *ENDED,
    ),
    FrameRow(
        "PING between HEADERS and CONTINUATION", frame(HEADERS, 0, 1, block(METHOD)) + frame(PING, 0, 0, bytes(8)),
        *ENDED,
    ),
    FrameRow("HEADERS between HEADERS and CONTINUATION", frame(HEADERS, 0, 1, block(METHOD)) + UNKNOWN, *ENDED),
    FrameRow("an index of 0", open_stream(b"\x80"), *ENDED),
    FrameRow("an index of nothing", open_stream(indexed(200)), *ENDED),
    FrameRow("an index beyond numbers", open_stream(b"\xff" + b"\xff" * 20 + b"\x01"), *ENDED),
    FrameRow("a length beyond numbers", open_stream(b"\x00\x7f" + b"\xff" * 20 + b"\x01"), *ENDED),
    FrameRow("a string that is cut off", open_stream(b"\x00\x0aab"), *ENDED),
    FrameRow("Huffman that ends in its end", open_stream(b"\x00\x01x\x84\xff\xff\xff\xff"), *ENDED, *WRONG),
    FrameRow("a dynamic table beyond what is agreed", open_stream(integer(1 << 30, 5, 0x20) + block(*PSEUDO)), *ENDED),
    FrameRow("a change of the table behind fields", open_stream(block(*PSEUDO) + integer(0, 5, 0x20)), *ENDED, *WRONG),
    FrameRow("a name of no bytes, 5,000 times", open_stream(block(*PSEUDO) + literal("", "") * 5000), 431, *WRONG),
    FrameRow("HTTP/1.1 where HTTP/2 was agreed", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", *ENDED, raw=True),
    FrameRow("a preface with a letter wrong", PREFACE.replace(b"SM", b"SN") + settings(), *ENDED, raw=True),
    FrameRow("a preface without SETTINGS", PREFACE + GOOD, *ENDED, raw=True),
    FrameRow("SETTINGS without a preface", settings() + GOOD, *ENDED, raw=True),
    FrameRow("a preface twice", PREFACE + settings() + PREFACE + settings(), *ENDED, raw=True),
    FrameRow("64 KiB of zeros", bytes(65_536), *ENDED, raw=True),
    FrameRow("64 KiB of ones", b"\xff" * 65_536, *ENDED, raw=True),
    FrameRow("half a preface", PREFACE[:10], *ENDED, raw=True, slow=True),
    FrameRow("nothing at all", b"", *ENDED, raw=True, slow=True),
    FrameRow("half a frame's head", frame(PING, payload=bytes(8))[:5], *ENDED, slow=True),
    FrameRow("half a head", frame(HEADERS, 0, 1, block(METHOD)), 408, *WRONG, slow=True),
    publishing("a body that does not come", statuses=(408, *WRONG)),
    publishing(
        "half of a body", frame(DATA, 0, 1, b"hello"), fields=(("content-length", "10"),), statuses=(408, *WRONG),
    ),
)


@scenario("HTTP/2 with malformed fields or frames is refused, reset or ended", kind=TLS)
def malformed_http2(context, kind):
    with Siege(context, kind) as siege:
        run_frames(siege, FIELDS, STRUCTURE)
    return siege.figures()
