"""A hub without keys: it is the developer's own, and no web page elsewhere reaches it."""

from harness import http1
from harness.outcome import check, check_equal
from harness.publisher import FORM
from harness.stream import HUB, hub_path
from harness.tokens import bearer, cookie, token

from .hub import check_refused, check_unauthorized
from .table import Table

HOSTS = Table("only a loopback name is a `Host`")
ORIGINS = Table("no foreign page reaches it")
TOKENS = Table("tokens cannot be verified")
URLS = (hub_path("a"), "/topics/a", "/healthz", HUB + "?topic=a&lastEventID=earliest")


def raw(hub, *lines, body=b""):
    """A request as these lines, with no other header field."""
    with http1.Connection(hub.server.hub) as connection:
        connection.send("".join(f"{line}\r\n" for line in (*lines, "")).encode("utf-8") + body)
        response = connection.response(head_only=lines[0].startswith("HEAD"))
    return response


def with_host(hub, *hosts, line="HEAD /.well-known/mercure?topic=a HTTP/1.1"):
    return raw(hub, line, *(f"Host: {host}" for host in hosts))


@HOSTS.row("localhost and names under it are served", names=["localhost", "LocalHost", "a.localhost", "a.b.localhost"])
@HOSTS.row("addresses of loopback are served", names=["127.0.0.1", "127.1.2.3", "127.255.255.254", "[::1]"])
def loopback(hub, names):
    port = hub.server.hub[1]
    for name in names:
        for host in (name, f"{name}:{port}", f"{name}:80"):
            check_equal(with_host(hub, host).status, 200, f"the status for Host: {host}")


@HOSTS.row("other names are 403", names=["evil.example", "localhost.evil.example", "evillocalhost", "localhost.."])
@HOSTS.row("names that begin like a loopback address are 403", names=["127.0.0.1.evil.example", "127.evil.example"])
@HOSTS.row("other addresses are 403", names=["10.0.0.1", "0.0.0.0", "[::]", "[fe80::1]", "128.0.0.1", "192.168.1.127"])
def foreign(hub, names):
    for name in names:
        for host in (name, f"{name}:{hub.server.hub[1]}"):
            for url in URLS:
                response = with_host(hub, host, line=f"HEAD {url} HTTP/1.1")
                check_equal(response.status, 403, f"the status of {url} at {host}")
            check_refused(with_host(hub, host, line=f"GET {hub_path('a')} HTTP/1.1"), 403)


@HOSTS.row("publishing to a foreign name is 403, and nothing is published")
def foreign_publish(hub):
    before = hub.server.status()["logLast"]
    for url in (HUB, "/topics/a"):
        lines = [f"POST {url} HTTP/1.1", "Host: evil.example", f"Content-Type: {FORM[0][1]}", "Content-Length: 14"]
        check_refused(raw(hub, *lines, body=b"topic=a&data=x"), 403)
    check_equal(hub.server.status()["logLast"], before, "the newest update in the log")


@HOSTS.row("no `Host` in HTTP/1.1 is 400")
def missing(hub):
    check_equal(with_host(hub).status, 400, "the status of HEAD")
    check_refused(raw(hub, f"GET {hub_path('a')} HTTP/1.1"), 400, "host")


@HOSTS.row("two `Host` are 400, though they are the same")
def two(hub):
    for hosts in (("localhost", "localhost"), ("localhost", "evil.example")):
        check_refused(with_host(hub, *hosts, line=f"GET {hub_path('a')} HTTP/1.1"), 400, "host")


@HOSTS.row("it says at start that it has no keys")
def says_so(hub):
    text = hub.server.stderr().lower()
    check("no key" in text, f"the start's lines: {text[:500]!r}")


def ask(hub, *headers, method="HEAD", url=hub_path("a"), body=None):
    return hub.request(method, url, headers, body)


@ORIGINS.row("a page of loopback is served", origins=["http://localhost", "https://localhost:30", "http://a.localhost"])
@ORIGINS.row("a page of a loopback address is served", origins=["http://127.0.0.1:5173", "http://[::1]:80"])
def own(hub, origins):
    for origin in origins:
        check_equal(ask(hub, ("Origin", origin)).status, 200, f"the status for {origin}")
        response = hub.post([("topic", "a"), ("data", "x")], ("Origin", origin))
        check_equal(response.status, 200, f"the status of publishing from {origin}")


@ORIGINS.row("a page elsewhere is 403 for every request", origins=["https://evil.example", "http://10.0.0.1"])
@ORIGINS.row("a page whose host begins like loopback is 403", origins=["http://localhost.evil.example", "http://127.x"])
@ORIGINS.row("`Origin: null` is 403", origins=["null"])
@ORIGINS.row("an origin that is none is 403", origins=["evil", "http://localhost@evil.example", "file://"])
def elsewhere(hub, origins):
    before = hub.server.status()["logLast"]
    for origin in origins:
        for url in URLS:
            check_equal(ask(hub, ("Origin", origin), url=url).status, 403, f"the status of {url} from {origin}")
        check_refused(ask(hub, ("Origin", origin), method="GET"), 403)
        check_refused(hub.post([("topic", "a"), ("data", "x")], ("Origin", origin)), 403)
        check_refused(ask(hub, ("Origin", origin), method="POST", url="/topics/a", body=b"x"), 403)
        preflight = ask(hub, ("Origin", origin), ("Access-Control-Request-Method", "POST"), method="OPTIONS", url=HUB)
        check_equal(preflight.status, 403, "the status of a preflight")
        check("access-control-allow-origin" not in preflight.headers, f"a preflight allows {preflight.headers}")
    check_equal(hub.server.status()["logLast"], before, "the newest update in the log")


@ORIGINS.row("`Sec-Fetch-Site: cross-site` is 403, but for navigations")
def fetch_site(hub):
    site = ("Sec-Fetch-Site", "cross-site")
    check_refused(ask(hub, site, ("Sec-Fetch-Mode", "no-cors"), method="GET"), 403)
    check_refused(ask(hub, site, ("Sec-Fetch-Mode", "cors"), method="GET"), 403)
    check_refused(ask(hub, site, method="GET"), 403)
    navigation = [site, ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")]
    check_equal(ask(hub, *navigation, method="GET", url="/healthz").status, 200, "the status of a navigation")
    for value in ("same-origin", "same-site", "none"):
        check_equal(ask(hub, ("Sec-Fetch-Site", value)).status, 200, f"the status for {value}")


@ORIGINS.row("a form of another page is 403, though it is a navigation")
def form(hub):
    before = hub.server.status()["logLast"]
    headers = [("Sec-Fetch-Site", "cross-site"), ("Sec-Fetch-Mode", "navigate"), ("Origin", "https://evil.example")]
    check_refused(hub.post([("topic", "a"), ("data", "x")], *headers), 403)
    check_equal(hub.server.status()["logLast"], before, "the newest update in the log")


@ORIGINS.row("refusals are counted")
def counted(hub):
    before = sum(hub.server.status()["refusals"].values())
    ask(hub, ("Origin", "https://evil.example"), method="GET")
    check_equal(sum(hub.server.status()["refusals"].values()), before + 1, "refusals")


TOKEN = token("k" * 40, publish=["*"], subscribe=["*"])


@TOKENS.row("a token in the header is 401", headers=[bearer(TOKEN)], query="")
@TOKENS.row("a token in the parameter is 401", headers=[], query=f"authorization={TOKEN}")
def refused(hub, headers, query):
    check_unauthorized(hub.stream(f"{hub_path('a')}&{query}", *headers))
    check_unauthorized(hub.post([("topic", "a"), ("data", "x")], *headers, path=f"{HUB}?{query}"))


@TOKENS.row("a token in the cookie is ignored")
def cookies(hub):
    stream = hub.stream(hub_path("a"), cookie(TOKEN))
    check_equal(stream.status, 200, "the status")
    check_equal(hub.post([("topic", "a"), ("data", "x")], cookie(TOKEN)).status, 200, "the status of publishing")
    check_equal(stream.read(1)[0].data, "x", "what came")


@TOKENS.row("private updates reach nobody")
def private(hub):
    stream = hub.stream(hub_path("*"))
    for fields in ([("data", "private"), ("private", "on")], [("data", "public")]):
        check_equal(hub.post([("topic", "a"), *fields]).status, 200, "the status")
    check_equal(stream.read(1)[0].data, "public", "what came")
