"""A hub without keys, asked for under foreign names or by pages from elsewhere."""

from harness.rows import CLOSED, HOST, Row, get, head, post, table
from harness.scenario import scenario
from harness.siege import KEYLESS, Siege
from harness.stream import HUB

LENGTH = "Content-Length: 1"
FORM_TYPE = "Content-Type: application/x-www-form-urlencoded"


def foreign(name, text):
    return Row(
        f"Host: {name}",
        head("POST /topics/good HTTP/1.1", text if isinstance(text, bytes) else f"Host: {text}", LENGTH) + b"x",
        400, 403, CLOSED,
    )


# Without keys the hub is for programs on this machine; a page from elsewhere reaches it through the user's browser.
HOSTS = table(
    "hosts",
    *(
        foreign(text[:60] or "nothing", text)
        for text in (
            "evil.example", "evil.example:80", "127.0.0.1.evil.example", "localhost.evil.example",
            "localhost-evil.example", "evillocalhost", "localhostx", "user@evil.example", "127.0.0.1@evil.example",
            "user@127.0.0.1", "evil.example#127.0.0.1", "evil.example?127.0.0.1", "127.0.0.1/evil.example",
            "127.0.0.1\\.evil.example", "127.0.0.1, evil.example", "127.0.0.1 evil.example", "127.0.0.1:abc",
            "127.0.0.1:-1", "127.0.0.1:80:80", "127.0.0.1:99999", "0.0.0.0", "[::]", "10.0.0.1", "192.168.0.1",
            "169.254.169.254", "128.0.0.1", "1270.0.0.1", "0x7f.0.0.1", "0177.0.0.1", "2130706433", "017700000001",
            "127.0.0.1.", "127.0.0.256", "127..0.1", "[::1", "::1]", "[::1]x", "[::1%25lo]", "[::2]", "[fe80::1]",
            "[::ffff:10.0.0.1]", "localhost%00.evil.example", "localhost%2eevil.example", "lo\u0441alhost",
            "\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3", "*", ".", "-", "", "a" * 8000,
        )
    ),
    foreign("NUL behind a good one", b"Host: 127.0.0.1\0.evil.example"),
    foreign("CR behind a good one", b"Host: 127.0.0.1\rX-Injected: 1"),
    foreign("bytes", b"Host: \xff\xfe"),
)


def from_elsewhere(sentence, *fields):
    return Row(sentence, post("/topics/good", "x", *fields), 400, 403)


ORIGINS = table(
    "origins",
    *(
        from_elsewhere(f"Origin: {text[:60]}", f"Origin: {text}")
        for text in (
            "null", "http://evil.example", "https://evil.example:8080", "http://127.0.0.1.evil.example",
            "http://localhost.evil.example", "http://evil.example/127.0.0.1", "http://evil.example#@127.0.0.1",
            "http://127.0.0.1@evil.example", "http://localhost@evil.example",
            "http://evil.example:80@127.0.0.1:80@evil.example", "http://evillocalhost",
            "http://127.0.0.1 http://evil.example", "http://evil.example, http://127.0.0.1",
            "http://127.0.0.1\\@evil.example", "file://", "chrome-extension://evil", "data:text/html,x",
            "javascript:alert(1)", "//evil.example", "evil.example", "http://", "http:///", "http://[::1",
            "http://[::1]x", "http://[::2]", "http://0.0.0.0", "http://128.0.0.1", "http://127.0.0.1:x",
            "http://%6c%6fcalhost.evil.example", "NULL", "undefined", "*", "http://" + "a" * 12_000 + ".evil.example",
        )
    ),
    from_elsewhere("two Origins, the first one good", b"Origin: http://" + HOST, "Origin: http://evil.example"),
    from_elsewhere("two Origins, the second one good", "Origin: http://evil.example", b"Origin: http://" + HOST),
    from_elsewhere("bytes for an Origin", b"Origin: http://\xff\xfe"),
    from_elsewhere("a page elsewhere", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"),
    from_elsewhere(
        "a page elsewhere, with CORS", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: cors",
        "Origin: http://evil.example",
    ),
    from_elsewhere(
        "a form elsewhere that is sent here", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate",
        "Origin: http://evil.example",
        FORM_TYPE,
    ),
    Row("a stream for a page elsewhere", get(HUB + "?topic=other", "Origin: http://evil.example"), 403),
    Row("a stream for a page without an origin", get(HUB + "?topic=other", "Origin: null"), 403),
    Row(
        "a stream for an image elsewhere",
        get(HUB + "?topic=other", "Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors"), 403,
    ),
)


@scenario("a hub without keys is not reached under foreign names, nor by pages from elsewhere", kind=KEYLESS)
def foreign_names(context, kind):
    with Siege(context, kind) as siege:
        siege.run(HOSTS, ORIGINS)
    return siege.figures()
