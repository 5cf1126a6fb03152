"""Which web pages may talk to the hub: publish origins with the cookie, and CORS."""

from harness.outcome import check, check_equal
from harness.stream import HUB
from harness.tokens import bearer, cookie

from .hub import ALL, ANYBODY, check_unauthorized, may_publish, may_subscribe, path
from .table import Table

APP, OTHER, STRANGER = "https://app.example", "http://other.example:8443", "https://evil.example"
PUBLISHING = Table("publishing with the cookie from a page", auth=ANYBODY | {"publish-origins": [APP, OTHER]})
NOWHERE = Table("publishing with the cookie where no publish origins are configured", auth=ANYBODY)
CORS = Table("CORS for configured origins", auth=ANYBODY, cors={"origins": [APP, OTHER]}, subscriptions=True)
NO_CORS = Table("CORS where no origin is configured", auth=ANYBODY)
ANY_CORS = Table("CORS for any origin", auth=ANYBODY, cors={"origins": ["*"]})
PREFLIGHT = [("Access-Control-Request-Method", "POST"), ("Access-Control-Request-Headers", "authorization")]


def publishes(hub, *headers):
    """Whether a POST with the cookie is taken; if not it is 401."""
    response = hub.post([("topic", hub.topic()), ("data", "x")], cookie(may_publish("*")), *headers)
    if response.status != 200:
        check_unauthorized(response)
    return response.status == 200


@PUBLISHING.row("an `Origin` that is configured is taken")
def listed(hub):
    for origin in (APP, OTHER):
        check_equal(publishes(hub, ("Origin", origin)), True, f"whether it is taken from {origin}")


@PUBLISHING.row("an `Origin` that is not configured is 401")
def unlisted(hub):
    for origin in (STRANGER, "null", "http://app.example", APP + ":8443", APP + ".evil.example", "app.example", ""):
        check_equal(publishes(hub, ("Origin", origin)), False, f"whether it is taken from {origin!r}")


@PUBLISHING.row("without `Origin` the `Referer` decides")
def referer(hub):
    for url in (APP + "/", APP + "/page?x#y", OTHER + "/deep/page"):
        check_equal(publishes(hub, ("Referer", url)), True, f"whether it is taken from {url}")
    others = [STRANGER + "/", f"{STRANGER}/{APP}/", APP + ".evil.example/", "http://app.example/", APP + "@x.example/"]
    for url in others:
        check_equal(publishes(hub, ("Referer", url)), False, f"whether it is taken from {url}")


@PUBLISHING.row("`Origin` counts where both are there")
def both(hub):
    check_equal(publishes(hub, ("Origin", APP), ("Referer", STRANGER + "/")), True, "a good Origin, a bad Referer")
    check_equal(publishes(hub, ("Origin", STRANGER), ("Referer", APP + "/")), False, "a bad Origin, a good Referer")


@PUBLISHING.row("neither of them is 401")
def neither(hub):
    check_equal(publishes(hub), False, "whether it is taken")


@PUBLISHING.row("with the token in the header or the parameter the origin does not matter")
def other_places(hub):
    fields = [("topic", hub.topic())]
    for origin in (APP, STRANGER, "null"):
        check_equal(hub.post(fields, ALL, ("Origin", origin)).status, 200, "the status with the header")
        query = f"{HUB}?authorization={may_publish('*')}"
        check_equal(hub.post(fields, ("Origin", origin), path=query).status, 200, "the status with the parameter")


@PUBLISHING.row("subscribing with the cookie takes no origin")
def subscribing(hub):
    topic = hub.topic()
    stream = hub.stream(path(topic), cookie(may_subscribe(topic)))
    check_equal(stream.status, 200, "the status")
    hub.publish(topic, data="private", private="on")
    check_equal(hub.got(stream, topic), ["private"], "what came")


@NOWHERE.row("is 401 from everywhere")
def nowhere(hub):
    for headers in ([], [("Origin", APP)], [("Referer", APP + "/")], [("Origin", f"{hub.scheme}://{hub.host}")]):
        check_equal(publishes(hub, *headers), False, f"whether it is taken with {headers}")


def varies(response):
    return "origin" in [name.strip().lower() for name in response.headers.get("vary", "").split(",")]


def check_allows(response, origin):
    headers = response.headers
    check_equal(headers.get("access-control-allow-origin"), origin, "Access-Control-Allow-Origin")
    check_equal(headers.get("access-control-allow-credentials"), "true", "Access-Control-Allow-Credentials")
    check(varies(response), f"Vary: {headers.get('vary')}")


def check_no_cors(response):
    found = [name for name in response.headers if name.startswith("access-control-")]
    check_equal(found, [], "header fields of CORS")


def check_exposes(response):
    exposed = response.headers.get("access-control-expose-headers", "").lower()
    check("last-event-id" in exposed, f"Access-Control-Expose-Headers: {exposed!r}")


@CORS.row("a stream for a page of a configured origin")
def stream(hub):
    for origin in (APP, OTHER):
        found = hub.stream(path(hub.topic()), ("Origin", origin))
        check_equal(found.status, 200, "the status")
        check_allows(found, origin)
        check_exposes(found)


@CORS.row("publishing for a page of a configured origin")
def publishing(hub):
    response = hub.post([("topic", hub.topic())], ALL, ("Origin", APP))
    check_equal(response.status, 200, "the status")
    check_allows(response, APP)


@CORS.row("a refusal can be read by a page of a configured origin")
def refusal(hub):
    for response in (
        hub.get(HUB, ("Origin", APP)),
        hub.post([("topic", "a")], ("Origin", APP)),
        hub.get(path("a"), bearer("rubbish"), ("Origin", APP)),
    ):
        check(response.status in (400, 401), f"the status {response.status}")
        check_allows(response, APP)


@CORS.row("the list of subscriptions for a page of a configured origin")
def subscriptions(hub):
    response = hub.get(HUB + "/subscriptions", bearer(may_subscribe("*")), ("Origin", APP))
    check_equal(response.status, 200, "the status")
    check_allows(response, APP)


@CORS.row("a page of another origin is allowed nothing", origin=STRANGER)
@CORS.row("a page without an origin is allowed nothing", origin="null")
@CORS.row("an origin that only begins like a configured one is allowed nothing", origin=APP + ".evil.example")
@CORS.row("an origin with another scheme is allowed nothing", origin="http://app.example")
@CORS.row("an origin with another port is allowed nothing", origin=APP + ":8443")
def unlisted_cors(hub, origin):
    check_no_cors(hub.stream(path(hub.topic()), ("Origin", origin)))
    check_no_cors(hub.post([("topic", hub.topic())], ALL, ("Origin", origin)))


@CORS.row("a request without `Origin` has no answer of CORS")
def no_origin(hub):
    found = hub.stream(path(hub.topic()))
    check_no_cors(found)
    check_equal(found.status, 200, "the status")


def preflight(hub, origin, url=HUB):
    return hub.request("OPTIONS", url, [("Origin", origin), *PREFLIGHT])


@CORS.row("a preflight of a configured origin is 204 with what is allowed")
def preflight_listed(hub):
    for url in (HUB, path("a"), HUB + "/subscriptions", "/topics/a"):
        response = preflight(hub, APP, url)
        check_equal((response.status, response.body), (204, b""), f"the status and body for {url}")
        check_allows(response, APP)
        for field, wanted in (
            ("access-control-allow-methods", {"get", "head", "post"}),
            ("access-control-allow-headers", {"authorization", "cache-control", "content-type", "last-event-id"}),
        ):
            found = {name.strip().lower() for name in response.headers.get(field, "").split(",")}
            check(wanted <= found, f"{field}: {response.headers.get(field)!r}")
            check("*" not in found, f"{field} with * beside credentials")


@CORS.row("a preflight of another origin is 403 without an answer of CORS")
def preflight_unlisted(hub):
    for origin in (STRANGER, "null"):
        response = preflight(hub, origin)
        check_equal(response.status, 403, "the status")
        check_no_cors(response)


@NO_CORS.row("no page is allowed anything")
def none(hub):
    for origin in (APP, STRANGER, "null", f"{hub.scheme}://{hub.host}"):
        check_no_cors(hub.stream(path(hub.topic()), ("Origin", origin)))
        check_no_cors(hub.post([("topic", hub.topic())], ALL, ("Origin", origin)))
    response = preflight(hub, STRANGER)
    check_equal(response.status, 403, "the status of a preflight")
    check_no_cors(response)


@ANY_CORS.row("every page is allowed, never with credentials")
def any_origin(hub):
    for origin in (APP, STRANGER, "null"):
        for response in (
            hub.stream(path(hub.topic()), ("Origin", origin)),
            hub.post([("topic", hub.topic())], ALL, ("Origin", origin)),
            preflight(hub, origin),
        ):
            check(response.status in (200, 204), f"the status {response.status}")
            allowed = response.headers.get("access-control-allow-origin")
            check(allowed in ("*", origin), f"Access-Control-Allow-Origin: {allowed!r}")
            credentials = response.headers.get("access-control-allow-credentials")
            check_equal(credentials, None, "Access-Control-Allow-Credentials")
    check_exposes(hub.stream(path(hub.topic()), ("Origin", APP)))
