"""Clients that were written for Mercure work unchanged."""

import functools
import http.cookies
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

from harness.outcome import Failure, Skipped, check, check_equal
from harness.scenario import scenario
from harness.stream import HUB, hub_path
from harness.tokens import bearer, token
from harness.transport import HTTP2, PLAIN, TLS

SCRIPTS = pathlib.Path(__file__).resolve().parent.parent / "clients"
PUBLISH_KEY = "what only publishers sign with, 32 bytes at least"
SUBSCRIBE_KEY = "what only subscribers are signed for, 32 bytes at least"

BOOK = "https://example.com/books/1?edition=première&page=2"
AUTHOR = "https://example.com/authors/Ünal+Söhne"
BOOKS = "https://example.com/books/{id}"
# What forms, event streams and JSON might spoil: each line end, each length of a character, and what is encoded.
DATA = "Grüße, 日本 ✓ 😀\nsecond line\r\nthird\rfourth: 100% + a=b&c;d ~*'\"\\ x\n\n {\"ä\":[1,2]}\t\n"


def configuration(anonymous):
    return (
        "auth:\n"
        f'  publish: {{ algorithm: HS256, key: "{PUBLISH_KEY}" }}\n'
        f'  subscribe: {{ algorithm: HS256, key: "{SUBSCRIBE_KEY}" }}\n'
        f"  anonymous: {str(anonymous).lower()}\n"
    )


def url(server):
    return f"http{'s' * server.is_tls}://{server.hub[0]}:{server.hub[1]}{HUB}"


def run_script(command, wanted, **environment):
    """What a client's script prints when it is given `wanted`."""
    # A proxy that this machine may have is not between the client and a hub on loopback.
    environment = {**os.environ, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1", **environment}
    ended = subprocess.run(
        command, input=json.dumps(wanted), capture_output=True, text=True, timeout=60, env=environment
    )
    if ended.returncode:
        raise Failure(f"{os.path.basename(command[-1])} ended with {ended.returncode}: {ended.stderr or ended.stdout}")
    return ended.stdout


@functools.cache
def symfony_is_here():
    finds = "exit(stream_resolve_include_path('Symfony/Component/Mercure/autoload.php') ? 0 : 1);"
    return shutil.which("php") and subprocess.run(["php", "-r", finds]).returncode == 0


def php(script, wanted, *options):
    if not symfony_is_here():
        raise Skipped("there is no php with Symfony/Component/Mercure/autoload.php on its include_path")
    return run_script(["php", "-d", "display_errors=stderr", *options, str(SCRIPTS / script)], wanted)


class Symfony:
    """Symfony's Mercure component, over curl or over PHP's streams."""

    exception = "Symfony\\Component\\Mercure\\Exception\\RuntimeException"

    def __init__(self, streams):
        self.streams = streams

    def publish(self, server, update, key=PUBLISH_KEY, publish=("*",), trust=None, **options):
        """Its answer; `trust` is a file with the certificate authority of the hub."""
        wanted = {"hub": url(server), "key": key, "publish": publish, "update": update, "streams": self.streams}
        authority = ["-d", f"curl.cainfo={trust}", "-d", f"openssl.cafile={trust}"] if trust else []
        return json.loads(php("symfony_publish.php", wanted | options, *authority))


class MercurePublisher:
    """PyPI's mercure-publisher, blocking or not."""

    exception = "MercurePublishError"

    def __init__(self, asynchronous):
        self.asynchronous = asynchronous

    def publish(self, server, update, key=PUBLISH_KEY, publish=("*",), trust=None):
        """Its answer; `trust` is a file with the certificate authority of the hub."""
        wanted = {"hub": url(server), "key": key, "publish": publish, "update": update}
        wanted["asynchronous"] = self.asynchronous
        authority = {"SSL_CERT_FILE": trust} if trust else {}
        command = [sys.executable, str(SCRIPTS / "mercure_publisher_publish.py")]
        return json.loads(run_script(command, wanted, **authority))


def subscriber(context, server, transport, *granted):
    """A stream of everything, with a token for what is granted; anonymous if nothing is."""
    headers = [bearer(token(SUBSCRIBE_KEY, subscribe=list(granted)))] if granted else []
    stream = context.closes(transport.stream(server.hub, hub_path("*"), headers=headers))
    check_equal(stream.status, 200, f"the status of a subscriber {stream.body[:200]!r}")
    return stream


def check_rejected(client, answer, status):
    check_equal(answer.get("exception"), client.exception, f"what the client raised ({answer})")
    check_equal(answer["status"], status, f"the status in its exception, with {answer['body']!r}")
    check(len(answer["body"].strip()) > 10, f"a {status} without a sentence: {answer['body']!r}")


# CURL_HTTP_VERSION_2_0 in curl.h.
CURL_HTTP_VERSION_2 = 3

CURL = Symfony(streams=False)
STREAMS = Symfony(streams=True)
BLOCKING = MercurePublisher(asynchronous=False)
ASYNCHRONOUS = MercurePublisher(asynchronous=True)


@scenario("mercure-publisher over TLS publishes what subscribers may see", client=BLOCKING, reach=TLS)
@scenario("Symfony's client over PHP's streams and TLS publishes what subscribers may see", client=STREAMS, reach=TLS)
@scenario("Symfony's client over curl, TLS and HTTP/2 publishes what subscribers may see", client=CURL, reach=HTTP2)
@scenario("mercure-publisher, asynchronous, publishes what subscribers may see", client=ASYNCHRONOUS)
@scenario("mercure-publisher publishes what subscribers may see", client=BLOCKING)
@scenario("Symfony's client over PHP's streams publishes what subscribers may see", client=STREAMS)
@scenario("Symfony's client over curl publishes what subscribers may see", client=CURL)
def publishes(context, client, reach=PLAIN):
    transport = context.transport(reach)
    settings = "".join(f"{key}: {json.dumps(value)}\n" for key, value in transport.settings.items())
    server = context.server(config=configuration(anonymous=True) + settings)
    trust = transport.authority and transport.authority.certificate
    granted = subscriber(context, server, transport, "https://example.com/nothing", AUTHOR)
    anonymous = subscriber(context, server, transport)
    # Has a token, but for other topics: the template is not one for a path with a query.
    other = subscriber(context, server, transport, BOOKS, "urn:other")

    full = {"topics": [BOOK, AUTHOR], "data": DATA, "type": "book.ünïcode", "retry": 7001}
    published = [
        full | {"id": "urn:example:public, 1"},
        full | {"id": "urn:example:private 1", "private": True, "retry": 7002},
        {"topics": [AUTHOR], "data": '{"only":"topic and data"}'},
        {"topics": [AUTHOR], "private": True},
        {"topics": ["end"], "data": "end"},
    ]
    ids = []
    for update in published:
        answer = client.publish(server, update, trust=trust)
        check("id" in answer, lambda: f"publishing {update} gave {answer}")
        check_equal(answer["id"], update.get("id", answer["id"]), "the id that the client returned")
        check(answer["id"].strip() == answer["id"] != "", f"the id that the client returned is {answer['id']!r}")
        if reach == HTTP2:
            check_equal(answer["http_version"], CURL_HTTP_VERSION_2, "the version that curl chose")
        ids.append(answer["id"])

    for stream, who, sees in (
        (granted, "a subscriber with a grant", lambda update: True),
        (anonymous, "an anonymous subscriber", lambda update: not update.get("private")),
        (other, "a subscriber with another grant", lambda update: not update.get("private")),
    ):
        events = stream.read_until(lambda e: e.data == "end")
        wanted = [
            (id, update.get("type", "message"), re.sub("\r\n?", "\n", update.get("data", "")))
            for id, update in zip(ids, published)
            if sees(update)
        ]
        check_equal([(e.id, e.type, e.data) for e in events], wanted, f"what {who} got")
        for update in published[:2]:
            came = update["retry"] in stream.parser.retries
            check_equal(came, sees(update), f"whether {who} got retry: {update['retry']}")


@scenario("what the hub refuses is mercure-publisher's own exception", client=BLOCKING)
@scenario("what the hub refuses is Symfony's own exception, over PHP's streams", client=STREAMS)
@scenario("what the hub refuses is Symfony's own exception, over curl", client=CURL)
def rejects(context, client):
    server = context.server(config=configuration(anonymous=True))
    update = {"topics": [BOOK], "data": "x"}
    for refused in (
        {"key": "another key than the hub's, of 32 bytes at least"},
        {"key": SUBSCRIBE_KEY},
        {"publish": [AUTHOR, BOOKS]},
    ):
        check_rejected(client, client.publish(server, update, **refused), 401)
    # Every topic is to be covered.
    answer = client.publish(server, update | {"topics": [AUTHOR, BOOK]}, publish=[AUTHOR])
    check_rejected(client, answer, 401)
    check_rejected(client, client.publish(server, update | {"topics": [f"{HUB}/subscriptions/x"]}), 403)
    check_rejected(client, client.publish(server, update | {"id": "two\nlines"}), 400)
    check_equal(server.status()["logLast"], 0, "updates in the log after refusals only")
    check("id" in client.publish(server, update, publish=[AUTHOR, BOOK]), "a good token is refused after bad ones")


@scenario("Symfony's client publishes with a token it is given, and not with one that has expired")
def given_token(context):
    server = context.server(config=configuration(anonymous=False))
    update = {"topics": [BOOK], "data": "x"}
    for options in ({}, {"exp": int(time.time()) + 600, "nbf": int(time.time()) - 5}, {"namespaced": True}):
        answer = CURL.publish(server, update, token=token(PUBLISH_KEY, publish=["*"], **options))
        check("id" in answer, f"with {options}: {answer}")
    for options in ({"exp": int(time.time()) - 60}, {"nbf": int(time.time()) + 600}):
        answer = CURL.publish(server, update, token=token(PUBLISH_KEY, publish=["*"], **options))
        check_rejected(CURL, answer, 401)
    # No `publish` claim, or an empty one, is no right to publish.
    for publish in (None, []):
        answer = CURL.publish(server, update, token=token(PUBLISH_KEY, publish=publish, subscribe=["*"]))
        check_rejected(CURL, answer, 401)
    check_equal(server.status()["logLast"], 3, "updates in the log")


@scenario("the cookie that Symfony gives a browser subscribes to private updates")
def cookie(context):
    server = context.server(config=configuration(anonymous=False))
    wanted = {"hub": url(server), "key": SUBSCRIBE_KEY, "subscribe": [BOOK]}
    cookies = http.cookies.SimpleCookie(php("symfony_cookie.php", wanted))
    check_equal(list(cookies), ["mercureAuthorization"], "the cookies")
    made = cookies["mercureAuthorization"]
    check_equal((made["path"], made["httponly"], made["samesite"]), (HUB, True, "strict"), "what binds the cookie")

    refused = context.stream(server, hub_path("*"))
    check_equal(refused.status, 401, "the status without a cookie")
    refused = context.stream(server, hub_path("*"), headers=[("Cookie", f"{made.key}={made.value}x")])
    check_equal(refused.status, 401, "the status with a cookie that was tampered with")
    # Browsers send it among the others of its host, in one header.
    headers = [("Cookie", f"theme=dark; {made.key}={made.value}; lang=tr")]
    stream = context.stream(server, hub_path("*"), headers=headers)
    check_equal(stream.status, 200, f"the status with the cookie {stream.body[:200]!r}")

    CURL.publish(server, {"topics": [AUTHOR], "data": "for others", "private": True})
    CURL.publish(server, {"topics": [BOOK], "data": "for the cookie's owner", "private": True})
    CURL.publish(server, {"topics": ["end"], "data": "end"})
    events = stream.read_until(lambda e: e.data == "end")
    check_equal([e.data for e in events], ["for the cookie's owner", "end"], "what came")
