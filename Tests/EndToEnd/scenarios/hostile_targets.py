"""Request targets and echoed fields: what is encoded, split, or meant to be taken for something else."""

from harness.rows import CLOSED, Row, form, get, head, post, request, table
from harness.scenario import scenario
from harness.siege import KEYED, KEYLESS, TLS, Siege
from harness.stream import HUB

# What a server may do with a target that it need not know: refuse it, or say that there is no such page.
REFUSED = (400, 403, 404)
SPLIT = "%0d%0aX-Injected:%201%0d%0a%0d%0aHTTP/1.1%20200%20OK"


def target(sentence, text, *statuses, method="GET"):
    line = method.encode("ascii") + b" " + (text if isinstance(text, bytes) else text.encode("utf-8")) + b" HTTP/1.1"
    return Row(sentence, request(line), *(statuses or REFUSED))


def selecting(text):
    return target(f"the selector {text[:40]}", f"{HUB}?topic={text}", 400)


TARGETS = table(
    "targets",
    target("an empty topic in the short form", "/topics/", 400),
    target("a topic of NUL", "/topics/%00", 400),
    target("a topic of CRLF", "/topics/%0d%0a", 400),
    target("a split answer as a topic", "/topics/" + SPLIT, 400),
    target("a topic with a bad escape", "/topics/%zz", 400),
    target("a topic that ends in %", "/topics/a%", 400),
    target("a topic of no UTF-8", "/topics/%ff", 400),
    target("an overlong slash", "/topics/%c0%af", 400),
    target("an overlong dot in three bytes", "/topics/%e0%80%ae", 400),
    target("a surrogate", "/topics/%ed%a0%80", 400),
    target("a topic of 1,025 bytes", "/topics/" + "a" * 1025, 400),
    target("a topic of 4,000 encoded bytes", "/topics/" + "%61" * 4000, 400),
    target("a topic of a slash", "/topics//", 200),
    target("a topic of dots", "/topics/%2e%2e", 200),
    target("a topic of dots and a slash", "/topics/%2e%2e%2f%2e%2e%2fetc%2fpasswd", 200),
    target("a topic of a slash, encoded", "/topics/%2F", 200),
    target("a topic of a slash, encoded twice", "/topics/%252F", 200),
    target("a topic of NUL, encoded twice", "/topics/%2500", 200),
    target("a topic of parameters", "/topics/a;b=c;d", 200),
    target("a topic in bytes of UTF-8", "/topics/\u00e9", 200, 400),
    target("a topic in bytes of no UTF-8", b"/topics/\xff", 400),
    target("dots out of the topics", "/topics/../healthz", 200, *REFUSED),
    target("dots into the hub", "/topics/../.well-known/mercure?topic=other", 200, *REFUSED),
    target("the topics without a slash", "/topics"),
    target("the topics in upper case", "/TOPICS/a"),
    target("the topics, encoded", "/%74opics/a", 200, *REFUSED),
    target("the hub and up", HUB + "/../"),
    target("the hub and up to health", HUB + "/../../healthz", 200, *REFUSED),
    target("the hub and a slash", HUB + "/?topic=other"),
    target("the hub below two slashes", "/" + HUB + "?topic=other"),
    target("the hub with two slashes", "/.well-known//mercure?topic=other"),
    target("the hub with a dot", "/.well-known/./mercure?topic=other"),
    target("the hub, encoded", "/.well-known%2fmercure?topic=other"),
    target("the hub, its first dot encoded", "/%2ewell-known/mercure?topic=other", 200, *REFUSED),
    target("the hub in upper case", "/.WELL-KNOWN/MERCURE?topic=other"),
    target("the hub with parameters", HUB + ";a=b?topic=other"),
    target("the hub with NUL", HUB + "%00?topic=other"),
    target("the hub with a backslash", "/.well-known\\mercure?topic=other"),
    target("a question mark, encoded", HUB + "%3ftopic=other"),
    target("subscriptions and up", HUB + "/subscriptions/%2e%2e/%2e%2e"),
    target("subscriptions of NUL", HUB + "/subscriptions/%00/%00"),
    target("subscriptions with a bad escape", HUB + "/subscriptions/%zz"),
    target("subscriptions of no UTF-8", HUB + "/subscriptions/%ff%fe"),
    target("subscriptions, split", HUB + "/subscriptions/" + SPLIT),
    target("subscriptions 1,000 deep", HUB + "/subscriptions" + "/a" * 1000),
    target("a fragment", HUB + "?topic=other#fragment", 200, 400),
    target("nothing but a fragment", HUB + "#?topic=other"),
    target("a star", "*"),
    target("a star for OPTIONS", "*", 200, 204, 405, *REFUSED, method="OPTIONS"),
    target("no slash", "topics/a"),
    target("a dot", "."),
    target("a question mark", "?topic=other"),
    target("a query of the root", "/?" + SPLIT, 200, *REFUSED),
    target("a page that is not there", "/evil.example" + SPLIT),
    target("a path into the file system", "/../../../../etc/passwd"),
    target("the same, encoded", "/%2e%2e/%2e%2e/%2e%2e/etc/passwd"),
    target("the same with backslashes", "/..\\..\\..\\etc\\passwd"),
    target("the page's script and up", "/martlet.js/../../../etc/passwd"),
    target("a user in an absolute target", "http://user:password@evil.example/", *REFUSED, 200),
    target("an absolute target elsewhere", "http://evil.example" + HUB + "?topic=other", *REFUSED, 200),
    target("an absolute target of files", "file:///etc/passwd"),
    target("an absolute target without a host", "http:///etc/passwd"),
    target("an absolute target with a bad port", "http://127.0.0.1:99999999/x"),
    target("an absolute target of another scheme", "gopher://evil.example/1"),
    target("an authority for a target", "evil.example:443"),
    target("an authority after two slashes", "//evil.example/x"),
    target("a NUL in the target", b"/topics/a\0b", 400, CLOSED),
    target("a carriage return in the target", b"/topics/a\rb", 400, CLOSED),
    target("a line feed in the target", b"/topics/a\nb", 400, CLOSED),
    target("a blank in the target", b"/topics/a b", 400, CLOSED),
    target("a tab in the target", b"/topics/a\tb", 400, CLOSED),
    target("DEL in the target", b"/topics/a\x7fb", 200, 400, CLOSED),
    target("an escape character in the target", b"/topics/\x1b[2J", 200, 400, CLOSED),
    target("a target of 17 KiB", "/topics/" + "a" * 17_408, 414, 431),
    target("a target of 64 KiB", "/" + "a" * 65_535, 414, 431),
    target("a query of 64 KiB", HUB + "?topic=" + "a" * 65_536, 414, 431),
    target("a target of a MiB", "/" + "a" * (1 << 20), 414, 431),
    target("no selector", HUB, 400),
    target("an empty selector", HUB + "?topic=", 400),
    target("a good selector and an empty one", HUB + "?topic=other&topic=", 400),
    target("an empty query", HUB + "?", 400),
    target("a query of separators", HUB + "?&&&=&", 400),
    target("1,001 selectors", HUB + "?" + "topic=a&" * 1001, 400),
    target("a selector with a line feed", HUB + "?topic=a%0ab", 400),
    target("a selector with NUL", HUB + "?topic=a%00b", 400),
    target("a selector of no UTF-8", HUB + "?topic=%ff", 400),
    target("a selector of 1,025 bytes", HUB + "?topic=" + "a" * 1025, 400),
    target("a bad escape behind a selector", HUB + "?topic=other&x=%", 400),
    *(
        selecting(text)
        for text in (
            "%7B", "%7B%7D", "a%7B", "%7B%2B", "%7Ba", "%7B%7Ba%7D%7D", "%7Ba%7Bb%7D%7D", "%7B=a%7D", "%7B!a%7D",
            "%7B%7Ca%7D", "%7B@a%7D", "%7Ba:0%7D", "%7Ba:10000%7D", "%7Ba:x%7D", "%7Ba*b%7D", "%7Ba**%7D", "%7Ba,%7D",
            "%7B,a%7D", "%7Ba%20b%7D", "%7Ba%25zz%7D", "%7B%26%7D", "%7Ba:99999999999999999999%7D", "%7B$%7D",
            "%7B%00%7D",
        )
    ),
    target("a template of 300 variables", f"{HUB}?topic=" + "%7Ba%7D" * 300, 200, 400),
    target("a template of one name of 3,000 letters", f"{HUB}?topic=%7B" + "a" * 3000 + "%7D", 200, 400),
    target("500 templates", HUB + "?" + "".join(f"topic=%7Ba%7D{n}&" for n in range(500)), 200, 400),
)


def resuming(sentence, value, *statuses):
    return Row(sentence, get(HUB + "?topic=other", b"Last-Event-ID: " + value), *statuses)


SPLITTING = table(
    "splitting",
    resuming("an id with CRLF, encoded", SPLIT.encode("ascii"), 200),
    resuming("an id with a CR", b"a\rX-Injected: 1", 400, CLOSED),
    resuming("an id with a NUL", b"a\0b", 400, CLOSED),
    resuming("an id with a LF, which is a field of its own", b"a\nX-Injected: 1", 200, 400, CLOSED),
    resuming("an id that is folded", b"a\r\n X-Injected: 1", 200, 400),
    resuming("an id with a tab", b"a\tb", 200, 400),
    resuming("an id with an escape character", b"\x1b[31m", 200, 400),
    resuming("an id with DEL", b"a\x7f", 200, 400),
    resuming("an id of no UTF-8", b"\xff\xfe", 200, 400),
    resuming("an id of Latin-1", b"caf\xe9", 200, 400),
    resuming("an id with an overlong line feed", b"a\xc0\x8aX-Injected: 1", 200, 400),
    resuming(
        "an id with letters whose low bytes are CR and LF", "a\u010d\u010aX-Injected: 1".encode("utf-8"), 200, 400,
    ),
    resuming("an id of JSON", b'"},{"reason":"evil', 200),
    resuming("an id of 15,000 bytes", b"i" * 15_000, 200, 400),
    resuming("a position beyond all numbers", b"x-99999999999999999999999999", 200),
    resuming("a negative position", b"x--1", 200),
    resuming("two ids", b"a\r\nLast-Event-ID: b", 200, 400),
    *(
        Row(f"the parameter lastEventID with {name}", get(f"{HUB}?topic=other&lastEventID={value}"), *statuses)
        for name, value, statuses in (
            ("CRLF", "a%0d%0aX-Injected:%201", (400,)),
            ("CRLF twice", "a" + SPLIT, (400,)),
            ("a LF", "%0a", (400,)),
            ("a CR", "%0d", (400,)),
            ("a NUL", "a%00", (400,)),
            ("no UTF-8", "%ff", (400,)),
            ("a bad escape", "%0", (400,)),
            ("NEL", "a%c2%85b", (200, 400)),
            ("a line separator", "a%e2%80%a8data:%20x", (200, 400)),
            ("letters whose low bytes are CR and LF", "%c4%8d%c4%8aX-Injected:%201", (200, 400)),
            ("CRLF, encoded twice", "a%250d%250aX-Injected:%201", (200,)),
            ("HTML", "%3Cscript%3Ealert(1)%3C/script%3E", (200,)),
            ("15,000 bytes", "i" * 15_000, (200, 400)),
        )
    ),
    Row("a HEAD with an id, encoded", request(f"HEAD {HUB}?topic=other&lastEventID=a{SPLIT} HTTP/1.1"), 400),
    Row("a HEAD that splits", request(f"HEAD {HUB}?topic=other HTTP/1.1", "Last-Event-ID: a" + SPLIT), 200),
    Row("a split id of the short form", post("/topics/other?id=a" + SPLIT, "x"), 400),
    Row("a split type of the short form", post("/topics/other?type=a" + SPLIT, "x"), 400),
    Row("a split id in a form", form(f"topic=good&id=a{SPLIT}"), 400),
    Row("an id of HTML", form("topic=other&id=<script>alert(1)</script>"), 200, 400),
    Row("a split referrer", get("/nothing", "Referer: http://evil.example/" + SPLIT), 404),
    Row("a split user agent", get("/nothing", "User-Agent: a\rX-Injected: 1"), 400, CLOSED),
    Row("a split name of a field", get("/nothing", "X-A%0d%0aX-Injected: 1"), 400, 404),
    Row("a method that splits", head(f"GET%0d%0aX-Injected:1 {HUB} HTTP/1.1", "Host: localhost"), 400, 405, CLOSED),
    Row("a version that splits", head(f"GET {HUB} HTTP/1.1%0d%0aX-Injected:1", "Host: localhost"), 400, CLOSED),
)


@scenario("targets that are malformed, too long or misleading reach nothing on a hub without keys", kind=KEYLESS)
@scenario("targets that are malformed, too long or misleading reach nothing on a hub with keys", kind=KEYED)
@scenario("targets that are malformed, too long or misleading reach nothing over TLS", kind=TLS)
def targets(context, kind):
    with Siege(context, kind) as siege:
        siege.run(TARGETS, SPLITTING)
    return siege.figures()
