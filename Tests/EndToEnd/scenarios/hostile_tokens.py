"""Tokens that must not open anything: each is refused with 401, wherever it is carried, and nothing is published."""

import urllib.parse

from harness.forgeries import ALL, GRANTED, NOW, TOKENS, granting, raw_claims, with_claims
from harness.forgery import forged
from harness.rows import Row, post, request, table
from harness.scenario import scenario
from harness.siege import KEYED, KEYLESS, ORIGIN, PUBLISH_KEY, SUBSCRIBE_KEY, TLS, Siege
from harness.stream import HUB


def carried(fields, path=HUB, status=(401,), body="topic=good&data=x"):
    """A publish whose only authorization is in `fields` or the path."""
    kind = "Content-Type: application/x-www-form-urlencoded"
    return post(path, body, kind, *fields, auth=False), status


def bad(sentence, *fields, path=HUB, status=(401,)):
    data, status = carried(fields, path, status)
    return Row(sentence, data, *status)


def by_query(text, **more):
    return HUB + "?" + urllib.parse.urlencode({"authorization": text, **more})


BEARER = f"Authorization: Bearer {GRANTED}"
COOKIE = f"Cookie: mercureAuthorization={GRANTED}"

IN_HEADERS = table("tokens in headers", *(bad(name, f"Authorization: Bearer {text}") for name, text in TOKENS))
IN_QUERIES = table(
    "tokens in queries", *(bad(f"{name}, in the query", path=by_query(text)) for name, text in TOKENS[::3])
)
IN_COOKIES = table(
    "tokens in cookies",
    *(
        # From an origin that may, so that it is the token that is refused.
        bad(f"{name}, in the cookie", f"Cookie: mercureAuthorization={text}", f"Origin: {ORIGIN}")
        for name, text in TOKENS[1::3]
        if len(text) < 8000
    ),
)

CARRIERS = table(
    "carriers",
    bad("no token"),
    bad("an empty Authorization", "Authorization:"),
    bad("Bearer and nothing", "Authorization: Bearer"),
    bad("Bearer and blanks", "Authorization: Bearer    "),
    bad("Bearer twice", f"Authorization: Bearer Bearer {GRANTED}"),
    bad("Bearer without a blank", f"Authorization: Bearer{GRANTED}"),
    bad("no scheme", f"Authorization: {GRANTED}"),
    bad("Basic", "Authorization: Basic dXNlcjpwYXNzd29yZA=="),
    bad("Basic with the token", f"Authorization: Basic {GRANTED}"),
    bad("Digest", 'Authorization: Digest username="a", realm="b"'),
    bad("two tokens in a header", f"Authorization: Bearer {GRANTED} {GRANTED}"),
    bad("two tokens with a comma", f"Authorization: Bearer {GRANTED}, Bearer {GRANTED}"),
    bad("a parameter behind the token", f"Authorization: Bearer {GRANTED}; x=1"),
    bad("a token in quotes", f'Authorization: Bearer "{GRANTED}"'),
    bad("letters behind the token", f"Authorization: Bearer {GRANTED}\u00e9"),
    bad("two Authorization fields, the first bad", "Authorization: Bearer x.y.z", BEARER, status=(400, 401)),
    bad("two Authorization fields, the second bad", BEARER, "Authorization: Bearer x.y.z", status=(400, 401)),
    bad("a NUL in the token", f"Authorization: Bearer {GRANTED}\0", status=(400, 401)),
    bad("a bad header, a good query", "Authorization: Bearer x.y.z", path=by_query(GRANTED)),
    bad("a bad header, a good cookie", "Authorization: Bearer x.y.z", COOKIE),
    bad("a bad query, a good cookie", COOKIE, path=by_query("x.y.z")),
    bad("all three, the header bad", "Authorization: Bearer x.y.z", COOKIE + "; a=b", path=by_query(GRANTED)),
    bad("an empty query parameter", path=HUB + "?authorization=", status=(401,)),
    bad("a query parameter in upper case", path=HUB + f"?AUTHORIZATION={GRANTED}"),
    bad("a query parameter encoded twice", path=HUB + "?authorization=" + GRANTED.replace(".", "%252e")),
    bad("a query parameter with NUL", path=HUB + f"?authorization={GRANTED}%00", status=(400, 401)),
    bad(
        "a query parameter with a line end", path=HUB + f"?authorization={GRANTED}%0d%0aX-Injected:1",
        status=(400, 401),
    ),
    bad("a query parameter that is no UTF-8", path=HUB + "?authorization=%ff%fe", status=(400, 401)),
    bad("two query parameters, both bad", path=HUB + "?authorization=x&authorization=y"),
    bad("a query parameter of OAuth's", path=HUB + "?access_token=" + GRANTED),
    bad("a cookie without an origin", COOKIE),
    bad("a cookie with a foreign origin", COOKIE, "Origin: http://evil.example", status=(401, 403)),
    bad("a cookie with the origin null", COOKIE, "Origin: null", status=(401, 403)),
    bad("a cookie with an empty origin", COOKIE, "Origin:", status=(401, 403)),
    bad("a cookie with a foreign referrer", COOKIE, "Referer: http://evil.example/", status=(401, 403)),
    bad("a cookie with 4 KiB of origin", COOKIE, "Origin: http://" + "a" * 4096 + ".evil.example", status=(401, 403)),
    bad("a cookie that is empty", "Cookie:"),
    bad("a cookie of separators", "Cookie: ;;; = ; =;=;,"),
    bad("a cookie without a value", "Cookie: mercureAuthorization"),
    bad("a cookie with an empty value", "Cookie: mercureAuthorization="),
    bad("a cookie in quotes", f'Cookie: mercureAuthorization="{GRANTED}"'),
    bad("a cookie of another case", f"Cookie: MercureAuthorization={GRANTED}"),
    bad("a cookie with a prefix", f"Cookie: xmercureAuthorization={GRANTED}"),
    bad("a cookie named like JavaScript's prototype", f"Cookie: __proto__=mercureAuthorization={GRANTED}"),
    bad("1,000 cookies", "Cookie: " + "; ".join(f"c{n}={n}" for n in range(1000))),
    bad("500 cookies of the token's name", "Cookie: " + "mercureAuthorization=x; " * 500),
    bad("200 Cookie fields", *(f"Cookie: c{n}=mercureAuthorization" for n in range(200))),
    bad("a cookie of bytes", b"Cookie: mercureAuthorization=\xff\xfe\x80"),
    bad("17 KiB of token", "Authorization: Bearer " + "A" * 17_408, status=(431,)),
    bad("claims of 15 KiB", f"Authorization: Bearer {granting(['g' * 15_360])}", status=(431,)),
    bad("claims 10,000 deep", f"Authorization: Bearer {raw_claims('[' * 10_000 + ']' * 10_000)}", status=(431,)),
    bad("a token of the right key for another place", "Proxy-Authorization: Bearer " + GRANTED),
)


# The same requests with nothing wrong about them, or the refusals would show nothing.
GOOD = table(
    "good tokens",
    *(
        Row(sentence, carried(fields, path, body="topic=other")[0], 200)
        for sentence, fields, path in (
            ("a good token in the header", [BEARER], HUB),
            ("a good token in the query", [], by_query(GRANTED)),
            ("a good token in the cookie", [COOKIE, f"Origin: {ORIGIN}"], HUB),
            ("a good token that expires in hours", [f"Authorization: Bearer {with_claims(exp=NOW + 9999)}"], HUB),
        )
    ),
)


def subscribing(sentence, text):
    line = f"GET {HUB}?topic=good HTTP/1.1"
    return Row(sentence, request(line, f"Authorization: Bearer {text}", auth=False), 401)


SUBSCRIBING = table(
    "subscribers' tokens",
    Row("a subscriber without a token", request(f"GET {HUB}?topic=good HTTP/1.1", auth=False), 401),
    subscribing("a subscriber with a publisher's key", forged(PUBLISH_KEY, ALL)),
    subscribing("a subscriber with alg none", forged("", ALL, algorithm="none", signature="")),
    subscribing("a subscriber whose token has expired", forged(SUBSCRIBE_KEY, {**ALL, "exp": NOW - 60})),
    subscribing("a subscriber whose token is not yet valid", forged(SUBSCRIBE_KEY, {**ALL, "nbf": NOW + 3600})),
    subscribing(
        "a subscriber with a grant that is no template", forged(SUBSCRIBE_KEY, {"mercure": {"subscribe": ["{"]}}),
    ),
    subscribing("a subscriber with a grant that is a number", forged(SUBSCRIBE_KEY, {"mercure": {"subscribe": [7]}})),
    subscribing("a subscriber with a grant that is a string", forged(SUBSCRIBE_KEY, {"mercure": {"subscribe": "*"}})),
    subscribing("a subscriber with claims that are a list", forged(SUBSCRIBE_KEY, [])),
    subscribing("a subscriber with rubbish", "x.y.z"),
    Row(
        "a subscriber with a bad token in the query",
        request(f"GET {HUB}?topic=good&authorization=x.y.z HTTP/1.1", auth=False),
        401,
    ),
    Row(
        "a subscriber with a bad cookie",
        request(f"GET {HUB}?topic=good HTTP/1.1", "Cookie: mercureAuthorization=x.y.z", auth=False),
        401,
    ),
    Row(
        "a subscriber of a short form without a token",
        request("GET /topics/good HTTP/1.1", auth=False),
        401,
    ),
    Row(
        "the subscriptions without a token",
        request(f"GET {HUB}/subscriptions HTTP/1.1", auth=False),
        401, 404,
    ),
)

# A hub without keys cannot verify a token, so one that is brought is refused; its cookie is nobody's business.
KEYLESS_ROWS = table(
    "tokens without keys",
    bad("a good token", BEARER),
    bad("alg none", f"Authorization: Bearer {forged('', ALL, algorithm='none', signature='')}"),
    bad("a token signed with nothing", f"Authorization: Bearer {forged('', ALL)}"),
    bad("rubbish", "Authorization: Bearer x.y.z"),
    bad("a token in the query", path=by_query(GRANTED)),
    bad("rubbish in the query", path=by_query("x.y.z")),
    bad("10,000 dots in the header", "Authorization: Bearer " + "." * 10_000),
    Row("rubbish in the cookie", carried(["Cookie: mercureAuthorization=x.y.z"], body="topic=other")[0], 200),
    bad("17 KiB of header", "Authorization: Bearer " + "A" * 17_408, status=(431,)),
)


@scenario("no token that is forged, expired, malformed or in the wrong place opens anything", kind=KEYED)
@scenario("no token that is forged, expired, malformed or in the wrong place opens anything over TLS", kind=TLS)
def tokens(context, kind):
    with Siege(context, kind) as siege:
        siege.run(GOOD, IN_HEADERS, IN_QUERIES, IN_COOKIES, CARRIERS, SUBSCRIBING)
    return siege.figures()


@scenario("a hub without keys refuses every token", kind=KEYLESS)
def tokens_without_keys(context, kind):
    with Siege(context, kind) as siege:
        siege.run(KEYLESS_ROWS)
    return siege.figures()
