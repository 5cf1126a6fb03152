"""Forms, JSON lines and raw bodies that no good publisher sends: each is refused, and nothing of it is published."""

import gzip

from harness.rows import Row, form, lines, post, table
from harness.scenario import scenario
from harness.siege import KEYED, KEYLESS, TLS, Siege
from harness.stream import HUB

MIB = 1 << 20
FORM_TYPE = "Content-Type: application/x-www-form-urlencoded"
ZIPPED = gzip.compress(b"topic=good&data=zipped", mtime=0)
BOMB = gzip.compress(bytes(64 * MIB), mtime=0)


def bad_form(sentence, body, *fields, status=400):
    """It is addressed to the good subscriber, who must not get it."""
    return Row(sentence, form(body, *fields), status)


def odd_form(sentence, body, *fields):
    """It may be taken or refused, by its rules; what it must not do is harm."""
    return Row(sentence, form(body, *fields), 200, 400, 415)


FORMS = table(
    "forms",
    bad_form("an empty form", ""),
    bad_form("a form of separators", "&&&&&&"),
    bad_form("a form of equals signs", "====&=&==&="),
    bad_form("a form without a topic", "data=x"),
    bad_form("an empty topic", "topic=&data=x"),
    bad_form("a topic without a value", "topic&data=x"),
    bad_form("a topic in upper case", "TOPIC=good&data=x"),
    bad_form("a % without digits", "topic=good&data=%zz"),
    bad_form("a % at the end", "topic=good&data=%"),
    bad_form("half an escape at the end", "topic=good&data=%4"),
    bad_form("an escape of JavaScript's", "topic=good&data=%u0041"),
    bad_form("a % with a sign", "topic=good&data=%+1"),
    bad_form("a bad escape in a name", "topic=good&%zz=x"),
    bad_form("a bad escape in a field that is not known", "topic=good&unknown=%g0"),
    bad_form("bytes that are no UTF-8, encoded", "topic=good&data=%ff"),
    bad_form("bytes that are no UTF-8, raw", b"topic=good&data=\xff\xfe"),
    bad_form("no UTF-8 in a name", b"topic=good&\xff=x"),
    bad_form("an overlong slash", "topic=good%c0%af&data=x"),
    bad_form("an overlong NUL", "topic=good%c0%80&data=x"),
    bad_form("a surrogate in UTF-8", "topic=good&data=%ed%a0%80"),
    bad_form("a character beyond Unicode", "topic=good&data=%f4%90%80%80"),
    bad_form("half a character at the end", "topic=good&data=%e2%82"),
    bad_form("a NUL in a topic", "topic=good%00&data=x"),
    bad_form("a raw NUL in a topic", b"topic=good\0&data=x"),
    bad_form("a line feed in a topic", "topic=good%0aid:%201&data=x"),
    bad_form("a carriage return in a topic", "topic=good%0d&data=x"),
    bad_form("raw line ends in a topic", "topic=good\r\nX-Injected: 1\r\n\r\n&data=x"),
    bad_form("1,001 topics", "topic=good&" * 1001 + "data=x"),
    bad_form("a topic of 1,025 bytes", "topic=" + "a" * 1025),
    bad_form("a topic of 1,025 bytes, encoded", "topic=" + "%61" * 1025),
    bad_form("a topic of half a MiB", "topic=" + "a" * (MIB // 2)),
    bad_form("a second topic that is empty", "topic=good&topic=&data=x"),
    bad_form("a second topic with NUL", "topic=good&topic=%00&data=x"),
    *(
        bad_form(f"retry={retry}", f"topic=good&data=x&retry={retry}")
        for retry in (
            "-1", "%2B1", "1e9", "0x10", "+5", "5+", "1.5", "1_000", "soon", "NaN", "Infinity", "%d9%a1", "%00", "5%0a",
            "9223372036854775808", "99999999999999999999", "9" * 10_000,
        )
    ),
    bad_form("retry twice, the second one bad", "topic=good&retry=5&retry=-5"),
    bad_form("id=earliest", "topic=good&id=earliest"),
    *(
        bad_form(f"{name} in an {field}", f"topic=good&data=x&{field}={value}")
        for field in ("id", "type")
        for name, value in (
            ("a line feed", "a%0ab"),
            ("a carriage return", "a%0db"),
            ("CRLF and a field", "a%0d%0adata:%20injected"),
            ("CRLF twice", "a%0d%0a%0d%0aHTTP/1.1%20200%20OK"),
            ("a NUL", "a%00b"),
            ("1,025 bytes", "a" * 1025),
            ("100 KiB", "b" * 100 * 1024),
            ("no UTF-8", "%fe%ff"),
        )
    ),
    bad_form("a raw carriage return in an id", "topic=good&id=a\rb"),
    bad_form("a raw line feed in a type", "topic=good&type=a\nb"),
    bad_form("an escape character in an id", "topic=good&id=%1b[2J"),
    bad_form("DEL in an id", "topic=good&id=%7f"),
    bad_form("an id that begins with a space", "topic=good&id=+a"),
    odd_form("a line separator of Unicode in an id", "topic=other&id=%e2%80%a8a"),
    odd_form("NEL in a type", "topic=other&type=%c2%85"),
    odd_form("the hub's own type for gaps", "topic=other&type=martlet:gap&data=x"),
    odd_form("data twice", "topic=other&data=1&data=2"),
    odd_form("an id twice", "topic=other&id=first-of-two&id=second-of-two"),
    odd_form("the same topic 1,000 times", "topic=other&" * 1000),
    odd_form("data that look like a stream", "topic=other&data=x%0a%0aevent:%20evil%0aid:%20y%0d%0d%0adata:%20z"),
    odd_form("data of CR only", "topic=other&data=" + "%0d" * 10_000),
    odd_form("100,000 fields that are not known", "topic=other&" + "x=1&" * 100_000),
    odd_form("a field named like JavaScript's prototype", "topic=other&__proto__=1&constructor=2"),
    bad_form("a MiB of separators", "&" * MIB),
    bad_form("a MiB of % signs", "%" * MIB),
    bad_form("a MiB and a byte", "topic=good&data=" + "x" * (MIB - 15), status=413),
    bad_form("a topic that is the hub's", "topic=/.well-known/mercure&data=x", status=403),
    bad_form("a subscription that is none", "topic=/.well-known/mercure/subscriptions/a/b&data=x", status=403),
    bad_form("a topic of the hub's, encoded", "topic=%2f%2ewell-known%2fmercure%2fsubscriptions%2fa", status=403),
    bad_form("a topic of the hub's as an alternate", "topic=good&topic=/.well-known/mercure/x", status=403),
    odd_form("a character set that is not known", "topic=other", FORM_TYPE + "; charset=evil-16"),
    odd_form("a form in UTF-7, so it says", "topic=other&data=%2BADw-", FORM_TYPE + "; charset=utf-7"),
    bad_form("a form in UTF-16", "\ufefftopic=good&data=x".encode("utf-16-le")),
    bad_form("a form that is zipped", ZIPPED, "Content-Encoding: gzip"),
    bad_form("a bomb that is zipped", BOMB, "Content-Encoding: gzip"),
    odd_form("a form that says it is zipped and is not", "topic=other", "Content-Encoding: gzip"),
    Row("no content type", post(HUB, "topic=other"), 200, 400, 415),
    Row("an empty content type", post(HUB, "topic=other", "Content-Type:"), 200, 400, 415),
    Row("a content type of a semicolon", post(HUB, "topic=other", "Content-Type: ;"), 200, 400, 415),
    *(
        Row(f"content type {name[:60]}", post(HUB, "topic=good&data=x", f"Content-Type: {name}"), 415)
        for name in (
            "text/plain", "application/json", "application/xml", "image/png%0d%0aX-Injected: 1", "*/*", "x" * 8000,
            "multipart/form-data; boundary=x", "<script>", "application/x-www-form-urlencodedx", "application/",
        )
    ),
    Row(
        "multipart/form-data with its parts",
        post(
            HUB,
            b'--x\r\nContent-Disposition: form-data; name="topic"\r\n\r\ngood\r\n--x--\r\n',
            "Content-Type: multipart/form-data; boundary=x",
        ),
        415,
    ),
    Row("a body that is no UTF-8", post("/topics/good", b"\xff\xfe\xfd"), 400),
    Row("a body that is zipped, as data", post("/topics/good", ZIPPED), 400),
    Row("a line feed in the id of the short form", post("/topics/good?id=a%0ab", "x"), 400),
    Row("NUL in the type of the short form", post("/topics/good?type=%00", "x"), 400),
    Row("retry=-1 in the short form", post("/topics/good?retry=-1", "x"), 400),
    Row("id=earliest in the short form", post("/topics/good?id=earliest", "x"), 400),
    Row("a bad escape in the query of the short form", post("/topics/good?%", "x"), 400),
    Row("1,025 bytes of a topic in the short form", post("/topics/" + "g" * 1025, "x"), 400),
    Row("a topic of the hub's in the short form", post("/topics//.well-known/mercure/x", "x"), 403),
)


def bad_lines(sentence, body, *statuses):
    return Row(sentence, lines(body), *(statuses or (400,)))


def odd_lines(sentence, body):
    return Row(sentence, lines(body), 200, 400)


GOOD = '{"topic":"good","data":"x"}\n'
DEEP = 10_000

LINES = table(
    "lines",
    bad_lines("no line", ""),
    bad_lines("empty lines", "\n\r\n\n"),
    bad_lines("lines of blanks", "  \t \n \r\n"),
    bad_lines("half an object", '{"topic":"good","data":"x"'),
    bad_lines("half a string", '{"topic":"goo'),
    bad_lines("a brace", "{"),
    bad_lines("a brace too many", '{"topic":"good"}}'),
    bad_lines("no topic", '{"data":"x"}'),
    bad_lines("an empty object", "{}"),
    *(bad_lines(f"{text} as a line", text) for text in ("[]", '[{"topic":"good"}]', "7", '"good"', "null", "true")),
    *(
        bad_lines(f"{text} as a topic", f'{{"topic":{text},"data":"x"}}')
        for text in (
            "7", "null", "true", '{"a":"good"}', "[]", "[7]", "[null]", '[["good"]]', '""', '["good",""]', "1e400",
        )
    ),
    bad_lines("a topic with NUL", '{"topic":"good\\u0000"}'),
    bad_lines("a topic with a line feed", '{"topic":"good\\nid: 1"}'),
    bad_lines("a topic with a carriage return", '{"topic":"good\\r"}'),
    bad_lines("a topic of 1,025 bytes", '{"topic":"' + "g" * 1025 + '"}'),
    bad_lines("1,001 topics", '{"topic":[' + '"good",' * 1000 + '"good"]}'),
    bad_lines("a lone surrogate", '{"topic":"good","data":"\\ud800"}'),
    bad_lines("surrogates the wrong way round", '{"topic":"good","data":"\\udc00\\ud800"}'),
    bad_lines("a surrogate in UTF-8", b'{"topic":"good","data":"\xed\xa0\x80"}'),
    bad_lines("bytes that are no UTF-8", b'{"topic":"good","data":"\xff"}'),
    bad_lines("an overlong slash", b'{"topic":"good","data":"\xc0\xaf"}'),
    bad_lines("an escape that JSON has not", '{"topic":"good","data":"\\x41"}'),
    bad_lines("half an escape", '{"topic":"good","data":"\\u12"}'),
    bad_lines("a raw NUL in a string", b'{"topic":"good","data":"\0"}'),
    bad_lines("a raw tab in a string", '{"topic":"good","data":"\t"}'),
    bad_lines("a NUL behind the object", b'{"topic":"good"}\0'),
    bad_lines("a NUL between lines", GOOD.encode("ascii") + b"\0\n" + GOOD.encode("ascii")),
    *(
        bad_lines(f"{field} is {text}", f'{{"topic":"good","{field}":{text}}}')
        for field, text in (
            ("data", "7"), ("data", '{"a":1}'), ("data", '["x"]'), ("private", '"yes"'), ("private", "1"), ("id", "7"),
            ("id", '["a"]'), ("id", '"a\\nb"'), ("id", '"a\\u0000"'), ("id", '"earliest"'), ("type", "true"),
            ("type", '"a\\rb"'), ("type", '"\\u0000"'), ("type", '"a\\r\\n\\r\\ndata: injected"'), ("retry", "-1"),
            ("retry", "1.5"), ("retry", "1e30"), ("retry", "1e400"), ("retry", '"5"'), ("retry", "[5]"),
            ("retry", "NaN"),
            ("retry", "9223372036854775808"), ("retry", "-0.5"), ("retry", "01"), ("retry", "+1"), ("retry", "0x10"),
        )
    ),
    bad_lines("a retry of 100,000 digits", '{"topic":"good","retry":' + "9" * 100_000 + "}"),
    bad_lines("an id of 1,025 bytes", '{"topic":"good","id":"' + "i" * 1025 + '"}'),
    bad_lines("a type of 100 KiB", '{"topic":"good","type":"' + "t" * 102_400 + '"}'),
    bad_lines("a comment", '{"topic":"good"} // x'),
    bad_lines("single quotes", "{'topic':'good'}"),
    bad_lines("names without quotes", "{topic:'good'}"),
    bad_lines("two objects on a line", '{"topic":"good"}{"topic":"good"}'),
    bad_lines("two objects with a comma", '{"topic":"good"},{"topic":"good"}'),
    bad_lines("lines that end in CR only", '{"topic":"good"}\r{"topic":"good"}'),
    bad_lines("an object over two lines", '{"topic":\n"good"}'),
    bad_lines("UTF-32 with its mark", GOOD.encode("utf-32")),
    bad_lines("a form", "topic=good&data=x"),
    bad_lines(f"arrays {DEEP:,} deep", "[" * DEEP + "]" * DEEP),
    bad_lines(f"arrays {DEEP:,} deep, not closed", "[" * DEEP),
    bad_lines(f"objects {DEEP:,} deep", '{"topic":' * DEEP + '"good"' + "}" * DEEP),
    bad_lines(f"data {DEEP:,} deep", '{"topic":"good","data":' + "[" * DEEP + "]" * DEEP + "}"),
    bad_lines(f"a field that is not known, {DEEP:,} deep", '{"topic":"good","x":' + "[" * DEEP + "]" * DEEP + "}"),
    bad_lines("half a MiB of brackets", "[" * (MIB // 2)),
    bad_lines("10,001 lines", GOOD * 10_001, 400, 413),
    bad_lines("more than a MiB of lines", GOOD * 40_000, 413),
    bad_lines("a bad line first", '{"topic":7}\n' + GOOD * 20),
    bad_lines("a bad line among good ones", GOOD * 10 + '{"topic":""}\n' + GOOD * 10),
    bad_lines("a bad line last", GOOD * 20 + '{"topic":"good","retry":-1}'),
    bad_lines("the last of 10,000 lines cut off", GOOD * 9_999 + '{"topic":"good"'),
    bad_lines("a topic of the hub's among good lines", GOOD + '{"topic":"/.well-known/mercure/x"}\n' + GOOD, 403),
    odd_lines("a mark of byte order", b'\xef\xbb\xbf{"topic":"other"}'),
    # Foundation's parser takes these two.
    odd_lines("a comma at the end", '{"topic":"other",}'),
    odd_lines("UTF-16", '{"topic":"other"}'.encode("utf-16-be")),
    odd_lines("a topic twice", '{"topic":"other","topic":"other too"}'),
    odd_lines("data twice", '{"topic":"other","data":"1","data":"2"}'),
    odd_lines(
        "null wherever it may be", '{"topic":"other","data":null,"id":null,"type":null,"private":null,"retry":null}',
    ),
    odd_lines("JavaScript's prototype", '{"topic":"other","__proto__":{"private":true},"constructor":1}'),
    odd_lines("a number that is not known of 100,000 digits", '{"topic":"other","x":' + "1" * 100_000 + "}"),
    odd_lines("1e999999 where it is not known", '{"topic":"other","x":1e999999}'),
    odd_lines("50,000 fields", '{"topic":"other"' + "".join(f',"{n}":0' for n in range(50_000)) + "}"),
    odd_lines("the same id on two lines", '{"topic":"other","id":"same"}\n{"topic":"other","id":"same"}'),
    odd_lines("a string of escapes", '{"topic":"other","data":"' + "\\u000a" * 50_000 + '"}'),
)


@scenario("forms, JSON lines and raw bodies that are malformed are refused by a hub without keys", kind=KEYLESS)
@scenario("forms, JSON lines and raw bodies that are malformed are refused by a hub with keys", kind=KEYED)
@scenario("forms, JSON lines and raw bodies that are malformed are refused over TLS", kind=TLS)
def malformed_bodies(context, kind):
    with Siege(context, kind) as siege:
        siege.run(FORMS, LINES)
    return siege.figures()
