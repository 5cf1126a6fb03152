"""HTTP/1.1 that is wrong: methods, versions, fields, pipelines, and bytes that are no HTTP at all."""

import random

from harness.rows import CLOSED, HIDDEN, HOST, Row, get, head, lines, request, table
from harness.scenario import scenario
from harness.siege import KEYED, KEYLESS, TLS, Siege
from harness.stream import HUB

WRONG = (400, CLOSED)
KIB = 1024
# 431 only if all of them are read; what isn't a field is found before.
TOO_LARGE = (400, 431, CLOSED)


def method(text, *statuses, path=HUB + "?topic=good"):
    return Row(f"method {text[:30]!r}", request(f"{text} {path} HTTP/1.1"), *(statuses or (400, 405, 501, CLOSED)))


METHODS = table(
    "methods",
    *(method(text) for text in ("TRACE", "PUT", "DELETE", "PATCH", "PROPFIND", "SOURCE", "M-SEARCH", "PURGE", "LINK")),
    *(method(text) for text in ("get", "Get", "post", "GETT", "G", "FOO", "QUERY", "PRI", "X" * 10_000)),
    *(method(text) for text in ("G\0T", "GE T", "G\u00c9T", "(GET)", "GET,", "GET:", "\tGET", "\x1b[2J")),
    method("TRACE", 400, 404, 405, 501, CLOSED, path="/topics/good"),
    method("CONNECT", 400, 403, 404, 405, 501, CLOSED, path="evil.example:443"),
    method("CONNECT", 400, 403, 404, 405, 501, CLOSED, path=HUB),
    method("CONNECT", 400, 403, 404, 405, 501, CLOSED, path="127.0.0.1:22"),
    method("DELETE", 400, 404, 405, path="/healthz"),
    method("PUT", 400, 404, 405, path="/martlet.js"),
    Row("a HEAD with a body", request(f"HEAD {HUB} HTTP/1.1", body=b"topic=good"), 400),
    Row("an OPTIONS from nowhere", request(f"OPTIONS {HUB} HTTP/1.1"), 200, 204, 400, 403, 405),
    Row(
        "a preflight from elsewhere",
        request(
            f"OPTIONS {HUB} HTTP/1.1", "Origin: http://evil.example", "Access-Control-Request-Method: POST",
            "Access-Control-Request-Headers: X-Injected",
        ),
        403,
    ),
    Row(
        "a preflight with rubbish",
        request(
            f"OPTIONS {HUB} HTTP/1.1", "Origin: null", "Access-Control-Request-Method: G%0d%0aT",
            "Access-Control-Request-Headers: " + "x," * 4000,
        ),
        400, 403,
    ),
)


def line(sentence, text, *statuses):
    return Row(sentence, head(text, b"Host: " + HOST), *(statuses or WRONG))


LINES = table(
    "request lines",
    line("HTTP/0.9", "GET /healthz"),
    line("a version without a number", f"GET {HUB} HTTP/"),
    line("HTTP/1.10", f"GET {HUB} HTTP/1.10"),
    line("HTTP/1.2", f"GET {HUB} HTTP/1.2", 400, 401, 505, CLOSED),
    line("HTTP/2.0 in plain", f"GET {HUB} HTTP/2.0", 400, 401, 505, CLOSED),
    line("HTTP/9.9", f"GET {HUB} HTTP/9.9", 400, 401, 505, CLOSED),
    line("HTTP/-1.1", f"GET {HUB} HTTP/-1.1"),
    line("http/1.1", f"GET {HUB} http/1.1"),
    line("another protocol", f"GET {HUB} HTTPS/1.1"),
    line("ICY", f"GET {HUB} ICY/1.0"),
    line("RTSP", "DESCRIBE rtsp://evil.example/ RTSP/1.0", 400, 404, 405, 505, CLOSED),
    line("something behind the version", f"GET {HUB} HTTP/1.1 x"),
    line("a version with NUL", f"GET {HUB} HTTP/1.1\0"),
    line("a version with blanks", f"GET {HUB} HTTP / 1.1"),
    line("no target", "GET  HTTP/1.1"),
    line("nothing but a method", "GET"),
    line("nothing but a blank", " "),
    line("a blank before the method", f" GET {HUB} HTTP/1.1"),
    line("tabs between", f"GET\t{HUB}\tHTTP/1.1"),
    line("an answer for a request", "HTTP/1.1 200 OK"),
    Row(
        "lines that end in LF only", b"GET " + HUB.encode("ascii") + b" HTTP/1.1\nHost: " + HOST + b"\n\n", 400, 401,
        CLOSED,
    ),
    Row("lines that end in CR only", b"GET / HTTP/1.1\rHost: " + HOST + b"\r\r\n\r\n", *WRONG),
    Row("lines that end in CRCRLF", b"GET / HTTP/1.1\r\r\nHost: " + HOST + b"\r\r\n\r\r\n", *WRONG),
    Row("a line of a MiB", b"G" * (1 << 20) + b"\r\n\r\n", 400, 405, 414, 431, CLOSED),
)


def field(sentence, *fields, statuses=WRONG, path=HUB):
    """The request asks for no topic, so that it is refused in any case if it is understood."""
    return Row(sentence, get(path, *fields), *statuses)


FIELDS = table(
    "fields",
    field("a field without a colon", "Nonsense"),
    field("a field without a name", ": x"),
    field("nothing but a colon", ":"),
    field("a name with a blank", "X Y: z"),
    field("a blank before the colon", "X-A : z"),
    field("a tab before the colon", "X-A\t: z"),
    field("a name with NUL", "X\0A: z"),
    field("a name with CR", "X\rA: z"),
    field("a name of no ASCII", "X-\u00c4: z"),
    field("a name in parentheses", "(X): z"),
    field("a name in quotes", '"X": z'),
    field("a value with NUL", "X-A: a\0b"),
    field("a value with CR", "X-A: a\rb"),
    field("a value of control characters", b"X-A: \x01\x02\x03\x1b"),
    field("a value that is folded", "X-A: a\r\n b", statuses=(400,)),
    field("a folded field at the beginning", " X-A: b", statuses=(400, CLOSED)),
    field("10,000 fields", *(f"X-{n}: {n}" for n in range(10_000)), statuses=(431,)),
    field("3,000 fields of two bytes", *("a:" for _ in range(3000)), statuses=(400, 431)),
    field("2,000 times the same field", *("X: y" for _ in range(2000)), statuses=(400, 401, 431)),
    field("a field of 64 KiB", "X-A: " + "a" * 64 * KIB, statuses=(431,)),
    field("a name of 64 KiB", "a" * 64 * KIB + ": b", statuses=(431,)),
    field("64 KiB of blanks for a value", "X-A:" + " " * 64 * KIB, statuses=TOO_LARGE),
    field("64 KiB without a colon", "a" * 64 * KIB, statuses=TOO_LARGE),
    field("a MiB of fields", *("X-A: " + "a" * 1000 for _ in range(1024)), statuses=(431,)),
    field(
        "an Upgrade to h2c", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQ",
        statuses=(400, 401),
    ),
    field(
        "HTTP2-Settings of rubbish", "Connection: Upgrade", "Upgrade: h2c", "HTTP2-Settings: %%%", statuses=(400, 401),
    ),
    field(
        "an Upgrade to a web socket", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: x",
        statuses=(400, 401),
    ),
    field("a Connection of rubbish", "Connection: ,,;=\"x, Host, Content-Length", statuses=(400, 401)),
    field("a Connection that names everything", "Connection: " + "host, " * 1000, statuses=(400, 401)),
    field("an Expect that nobody knows", "Expect: the-unexpected", statuses=(400, 401, 417)),
    field("ranges without end", "Range: bytes=" + "0-0," * 3000, statuses=(400, 401, 416)),
    field("an Accept of rubbish", "Accept: " + ";q=9," * 1000, statuses=(400, 401, 406)),
    field("If-None-Match without end", 'If-None-Match: "' + '", "' * 3000, statuses=(400, 401)),
    field("X-Forwarded-For of rubbish", "X-Forwarded-For: " + "evil.example, " * 500, statuses=(400, 401, 403)),
    field("X-Forwarded-For with brackets", "X-Forwarded-For: [::1, 999.999.999.999, [[", statuses=(400, 401, 403)),
    field("Forwarded of rubbish", 'Forwarded: for="[::1;;;,by=_x', statuses=(400, 401)),
    field("a Date beyond time", "If-Modified-Since: Fri, 99 Foo 99999 99:99:99 GMT", statuses=(400, 401)),
    Row("100 KB of empty lines before", b"\r\n" * 50_000 + get(HUB), 400, 401, 431, CLOSED),
    Row("no Host", request(f"GET {HUB}?topic=other HTTP/1.1", host=False), 400),
    Row("two Hosts", get(HUB + "?topic=other", b"Host: evil.example"), 400),
    Row("the same Host twice", get(HUB + "?topic=other", b"Host: " + HOST), 400),
    Row("a Host that is folded", head(f"GET {HUB}?topic=other HTTP/1.1", "Host:", " localhost"), 400, 401, 403, CLOSED),
)


RANDOM = random.Random(7)


def garbage(sentence, data, *statuses):
    return Row(sentence, data, *(statuses or (400, 405, 431, CLOSED)))


GARBAGE = table(
    "garbage",
    garbage("a ClientHello of TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + RANDOM.randbytes(506)),
    garbage(
        "a ClientHello of SSL 2", b"\x80\x2e\x01\x00\x02\x00\x15\x00\x00\x00\x10" + RANDOM.randbytes(36) + b"\r\n\r\n",
    ),
    garbage("the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9)),
    garbage("SSH", b"SSH-2.0-OpenSSH_9.2\r\n\r\n"),
    garbage("SMTP", b"EHLO evil.example\r\nMAIL FROM:<a@evil.example>\r\n\r\n"),
    garbage("Redis", b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$1\r\nb\r\n\r\n"),
    garbage("memcached", b"stats\r\n\r\n"),
    garbage("PROXY protocol", b"PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n" + get(HUB)),
    garbage("PROXY protocol 2", b"\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c" + bytes(12) + get(HUB)),
    garbage("MQTT", b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00\r\n\r\n"),
    garbage("64 KiB of zeros", bytes(64 * KIB)),
    garbage("64 KiB of ones", b"\xff" * 64 * KIB),
    garbage("64 KiB of letters", b"A" * 64 * KIB),
    garbage("64 KiB of line feeds", b"\n" * 64 * KIB + b"x\r\n\r\n"),
    *(garbage(f"random bytes ({n})", RANDOM.randbytes(4096) + b"\r\n\r\n") for n in range(8)),
    *(
        garbage(
            f"a request with a byte turned over at {at}",
            bytes(b ^ (0x80 if n == at else 0) for n, b in enumerate(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")),
        )
        for at in (0, 2, 6, 9, 13, 14, 17, 20)
    ),
    garbage("JSON", b'{"topic":"good","data":"x"}\n\r\n\r\n'),
    garbage("a form without a head", b"topic=good&data=x\r\n\r\n"),
    garbage("dots", b"." * 3000 + b"\r\n\r\n"),
)

# A thousand requests on one connection; those that are answered are all refused.
PIPELINE = table(
    "pipelines",
    Row("1,000 requests without a topic", get(HUB) * 1000, 400, answers=1000),
    Row("1,000 requests that end the connection", get("/topics/%zz") * 1000, 400),
    Row("1,000 methods that nobody knows", request(f"FOO {HUB} HTTP/1.1") * 1000, 400, 405, CLOSED),
    Row("1,000 publishes of rubbish", lines("{") * 1000, 400, answers=1000),
    Row("1,000 pages that are not there", get("/nothing") * 1000, 404, answers=1000),
    Row("a bad request and a publish behind it", get("/ HTTP/1.1\r\nX Y: z\r\nA: ") + HIDDEN, 400, CLOSED),
)


@scenario("HTTP/1.1 that is malformed is refused by a hub without keys", kind=KEYLESS)
@scenario("HTTP/1.1 that is malformed is refused by a hub with keys", kind=KEYED)
@scenario("HTTP/1.1 that is malformed is refused over TLS", kind=TLS)
def malformed_http(context, kind):
    with Siege(context, kind) as siege:
        siege.run(METHODS, LINES, FIELDS, GARBAGE, PIPELINE)
    return siege.figures()
