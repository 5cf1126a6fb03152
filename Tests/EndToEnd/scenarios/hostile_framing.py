"""Requests whose length is said wrongly, twice or not at all, so that one hides another."""

from harness.rows import CLOSED, HIDDEN, REST, Row, request, table
from harness.scenario import scenario
from harness.siege import KEYED, KEYLESS, TLS, Siege
from harness.stream import HUB

KIB = 1024


def framed(sentence, fields, body, *statuses, path="/topics/good"):
    data = request(f"POST {path} HTTP/1.1", *fields) + body
    return Row(sentence, data, *(statuses or (400, 413, 501, CLOSED)))


def sized(text, body=b"hello"):
    return framed(f"Content-Length: {text[:30]}", [f"Content-Length: {text}"], body)


def coded(text, body=b"5\r\nhello\r\n0\r\n\r\n"):
    return framed(f"Transfer-Encoding: {text!r}", [f"Transfer-Encoding: {text}"], body)


def chunked(sentence, body, *statuses, path="/topics/good"):
    return framed(sentence, ["Transfer-Encoding: chunked"], body, *statuses, path=path)


def filling(body):
    return request("POST /topics/good HTTP/1.1", "Transfer-Encoding: chunked") + body


def holding(line):
    """A request whose body is a publish."""
    return request(line, b"Content-Length: " + REST) + HIDDEN


SMUGGLED = b"0\r\n\r\n" + HIDDEN
FRAMING = table(
    "framing",
    framed(
        "both lengths, the chunked one shorter", ["Content-Length: 300", "Transfer-Encoding: chunked"], SMUGGLED, 400,
        CLOSED,
    ),
    framed(
        "both lengths, the other way round", ["Transfer-Encoding: chunked", "Content-Length: 5"], SMUGGLED, 400, CLOSED,
    ),
    framed(
        "both lengths, the encoding in odd case", ["Content-Length: 5", "tRANSFER-eNCODING: cHUNKED"], SMUGGLED, 400,
        CLOSED,
    ),
    framed("two lengths", ["Content-Length: 5", "Content-Length: 6"], b"hello!", 400),
    framed("two lengths, the second one 0", ["Content-Length: 5", "Content-Length: 0"], b"hello", 400),
    framed("the same length twice", ["Content-Length: 5", "Content-Length: 5"], b"hello", 400),
    *(
        sized(text)
        for text in (
            "5, 6", "5, 5", "5,", "-1", "-0", "+5", "0x5", "5.0", "5e0", "5 5", "5abc", "abc", "", "\x0b5", "5\0",
            "\uff15", "''", "9223372036854775807", "9223372036854775808", "18446744073709551616",
            "99999999999999999999999999", "1048577", "4294967296", "9" * 5000,
        )
    ),
    framed("a blank before the length's colon", ["Content-Length : 5"], b"hello", 400, CLOSED),
    framed("a folded length", ["Content-Length:", " 5"], b"hello", 400, CLOSED),
    framed("a length that is hidden in a fold", ["X-A: b", " Content-Length: 50"], HIDDEN, 400, CLOSED),
    *(
        coded(text)
        for text in (
            "xchunked", "chunkedx", "chunked, identity", "identity, chunked, identity", "identity", "gzip",
            "chunked, gzip", "chunked;q=1", "\"chunked\"", "chunked\0", "\x0bchunked", "chunked,chunked", "", ",",
            "x" * 5000, "c hunked", "chunk\u00e9d",
        )
    ),
    framed(
        "two encodings in two fields", ["Transfer-Encoding: chunked", "Transfer-Encoding: identity"], SMUGGLED, 400,
        501, CLOSED,
    ),
    framed(
        "an encoding twice", ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"], SMUGGLED, 400, 501, CLOSED,
    ),
    framed("a blank before the encoding's colon", ["Transfer-Encoding : chunked"], SMUGGLED, 400, CLOSED),
    framed("a folded encoding", ["Transfer-Encoding:", " chunked"], SMUGGLED, 400, CLOSED),
    framed("a tab before the encoding", ["X: y", "\tTransfer-Encoding: chunked"], SMUGGLED, 400, CLOSED),
    Row(
        "an encoding in HTTP/1.0",
        request("POST /topics/ HTTP/1.0", "Transfer-Encoding: chunked") + SMUGGLED,
        400, CLOSED,
    ),
    *(
        chunked(f"a chunk's size of {size[:20]!r}", size.encode("latin-1") + b"\r\nhello\r\n0\r\n\r\n")
        for size in (
            "-5", "+5", "0x5", "g", "", " 5", "5 5", "5,", "5\0", "\xb5", "10000000000000005", "7" * 20,
            "5" + " " * 64 * KIB,
        )
    ),
    # The rest of such a chunk may be waited for.
    *(
        Row(f"a chunk of {size} bytes", filling(b"%s\r\nhello\r\n0\r\n\r\n" % size), 400, 408, 413, CLOSED, slow=True)
        for size in (b"7FFFFFFFFFFFFFFF", b"8000000000000000", b"FFFFFFFFFFFFFFFF")
    ),
    chunked(
        "64 KiB of extension", b"5;" + b"x" * 64 * KIB + b"\r\nhello\r\n0\r\n\r\n", 200, 400, 413, 431, CLOSED,
        path="/topics/other",
    ),
    chunked("a chunk that is longer than it says", b"5\r\nhello there\r\n0\r\n\r\n"),
    chunked("a chunk that is shorter than it says", b"8\r\nhello\r\n0\r\n\r\n"),
    chunked("a chunk without its end", b"5\r\nhello0\r\n\r\n"),
    chunked("a size that ends in LF", b"5\nhello\r\n0\r\n\r\n"),
    chunked("a size that ends in CR", b"5\rhello\r\n0\r\n\r\n"),
    chunked("a chunk with a LF behind it", b"5\r\nhello\n0\r\n\r\n"),
    chunked("data for sizes", b"this is not chunked at all\r\n\r\n"),
    chunked("an extension that hides a request", b"5;\n" + HIDDEN, 400, CLOSED),
    chunked(
        "10,000 chunks of a byte, each with 100 bytes of extension",
        (b"1;" + b"x" * 100 + b"\r\ng\r\n") * 10_000 + b"0\r\n\r\n",
        200, 400, 413, 431, CLOSED, path="/topics/other",
    ),
    chunked(
        "200,000 chunks of a byte", b"1\r\ng\r\n" * 200_000 + b"0\r\n\r\n", 200, 400, 408, 413, path="/topics/other",
    ),
    chunked("more than a MiB in chunks", (b"10000\r\n" + b"x" * 65_536 + b"\r\n") * 17 + b"0\r\n\r\n", 413),
    chunked(
        "20 zeros for the last chunk", b"5\r\nhello\r\n" + b"0" * 20 + b"\r\n\r\n", 200, 400, CLOSED,
        path="/topics/other",
    ),
    chunked(
        "trailers that authorize", b"5\r\nhello\r\n0\r\nAuthorization: Bearer x\r\n\r\n", 200, 400, CLOSED,
        path="/topics/other",
    ),
    chunked(
        "trailers with a length", b"5\r\nhello\r\n0\r\nContent-Length: 50\r\n\r\n", 200, 400, CLOSED,
        path="/topics/other",
    ),
    chunked("trailers that are no fields", b"5\r\nhello\r\n0\r\nno field\r\n\r\n"),
    chunked("trailers with NUL", b"5\r\nhello\r\n0\r\nX: a\0b\r\n\r\n"),
    chunked("64 KiB of trailer", b"5\r\nhello\r\n0\r\nX: " + b"a" * 64 * KIB + b"\r\n\r\n", 400, 413, 431, CLOSED),
    chunked("10,000 trailers", b"5\r\nhello\r\n0\r\n" + b"X: abcdef\r\n" * 10_000 + b"\r\n", 400, 413, 431, CLOSED),
    Row("a GET whose body is a request", holding(f"GET {HUB} HTTP/1.1"), 400, CLOSED),
    Row("a HEAD whose body is a request", holding(f"HEAD {HUB} HTTP/1.1"), 400, CLOSED),
    Row("a DELETE whose body is a request", holding(f"DELETE {HUB} HTTP/1.1"), 405),
    Row("a page that is not there whose body is a request", holding("POST /nothing HTTP/1.1"), 404, 405),
)


@scenario("requests whose length is said wrongly are refused by a hub without keys, and hide no other", kind=KEYLESS)
@scenario("requests whose length is said wrongly are refused by a hub with keys, and hide no other", kind=KEYED)
@scenario("requests whose length is said wrongly are refused over TLS, and hide no other", kind=TLS)
def wrong_lengths(context, kind):
    with Siege(context, kind) as siege:
        siege.run(FRAMING)
    return siege.figures()
