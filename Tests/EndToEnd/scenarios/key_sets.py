"""Key sets (JWKS): keys that come and go, an issuer that is away, and tokens that are made to have it asked."""

import concurrent.futures
import os
import signal
import socket
import subprocess
import time

from harness.forgery import forged
from harness.http1 import NotAnswered, request
from harness.outcome import check, check_equal
from harness.scenario import scenario
from harness.signing import KeyPair, key_set
from harness.site import Site, unused_port
from harness.stream import hub_path
from harness.tokens import bearer, encoded
from harness.waiting import wait_for

from .keys import check_publishes, configure, make_token, publish

PATH = "/jwks.json"
# Tokens have the keys fetched anew no more often than that.
INTERVAL = 10


def issue(context, key, id=None, topic="a"):
    """A token by a key, under its name or another one."""
    words = ["--algorithm", key.algorithm, "--key-id", id or key.id, "--publish", topic]
    return make_token(context, "--key-file", key.private, *words)


def served(*keys):
    return {PATH: ("application/jwk-set+json", key_set(*keys))}


def started(context, jwks):
    return context.server(config=configure(context, auth={"publish": {"jwks": jwks}, "anonymous": True}))


def made_up(number):
    """A token that names a key which does not exist."""
    claims = {"mercure": {"publish": ["*"]}}
    return forged("", claims, {"alg": "ES256", "typ": "JWT", "kid": f"made up {number}"}, signature=encoded(bytes(64)))


@scenario("key sets: keys of a URL come and go, and 200 tokens with made-up keys have them fetched once at most")
def url(context):
    kinds = ("RS256", "PS256", "ES256", "EdDSA")
    keys = [KeyPair(context.folder, algorithm, f"{algorithm} of autumn") for algorithm in kinds]
    new = KeyPair(context.folder, "ES256", "of winter")
    site = context.closes(Site(served(*keys)))
    server = started(context, site.url(PATH))
    begun = time.monotonic()
    check_equal(site.requests, [PATH], "what was fetched at the start")
    for key in keys:
        check_publishes(server, issue(context, key), f"a key of the set, {key.id}")
    check_publishes(server, issue(context, keys[0], keys[1].id), "the name of another key", 401)
    check_publishes(server, issue(context, new, keys[2].id), "a key that is not the one of its name", 401)
    check_equal(site.requests, [PATH], "what was fetched for tokens whose keys are there")

    def flood():
        """200 tokens with made-up keys, many at a time; one is signed by a key that is to come."""
        texts = [issue(context, new, "made up")] + [made_up(context.random.random()) for _ in range(199)]
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            responses = list(pool.map(lambda text: publish(server, text), texts))
        check_equal({response.status for response in responses}, {401}, "the statuses of tokens with made-up keys")

    flood()
    check(time.monotonic() - begun < INTERVAL, "the first 200 tokens took longer than the interval")
    check_equal(site.requests, [PATH], "what was fetched for them so soon after the start")
    for key in keys:
        check_publishes(server, issue(context, key, topic="*"), f"a key of the set after that, {key.id}")

    # The next key takes the place of the first ones; nobody tells the hub.
    site.pages = served(*keys[1:], new)
    check_publishes(server, issue(context, new), "a new key so soon after the start", 401)
    time.sleep(max(0, begun + INTERVAL + 0.1 - time.monotonic()))
    flood()
    check_equal(site.requests, [PATH] * 2, "what was fetched for 200 more")
    check_publishes(server, issue(context, new), "a new key")
    check_publishes(server, issue(context, keys[0], topic="b"), "a key that was withdrawn", 401, topic="b")
    check_equal(site.requests, [PATH] * 2, "what was fetched for all of them")

    # Now it is told.
    last = KeyPair(context.folder, "EdDSA", "of spring")
    site.pages = served(last)
    server.reload()
    text = issue(context, last)
    wait_for(lambda: len(site.requests) == 3, 5, "SIGHUP has the keys fetched", every=0.02)
    wait_for(lambda: publish(server, text).status == 200, 5, "a key is found after SIGHUP", every=0.02)
    check_publishes(server, issue(context, keys[1], topic="b"), "a key that was withdrawn", 401, topic="b")

    # What can't be read, and an issuer that is gone, change nothing.
    for breaks, words in (
        (lambda: site.pages.update({PATH: ("text/html", "<p>We are moving.</p>")}), ("auth.publish.jwks",)),
        (site.pages.clear, ("auth.publish.jwks", "404")),
        (site.close, ("auth.publish.jwks",)),
    ):
        said = len(server.stderr())
        breaks()
        server.reload()
        wait_for(lambda: "auth.publish.jwks" in server.stderr()[said:], 10, "it says that keys can't be fetched")
        for word in words:
            check(word in server.stderr()[said:], f"{word!r} is not in {server.stderr()[said:]!r}")
        topic = f"topic-{said}"
        check_publishes(server, issue(context, last, topic=topic), "a key that was fetched before", topic=topic)
        response = publish(server, issue(context, new, "of another", topic))
        check_equal(response.status, 503, f"the status where nobody knows ({response.text!r})")
        check("retry-after" in response.headers, f"no Retry-After: {response.headers}")


@scenario("key sets: a hub whose issuer is away starts, answers tokens with 503, and takes them once it is back")
def away(context):
    key = KeyPair(context.folder, "ES256", "only")
    port = unused_port()
    server = started(context, f"http://127.0.0.1:{port}{PATH}")
    said = server.stderr()
    check("auth.publish.jwks" in said and "fetched" in said, f"it does not say that keys can't be fetched: {said!r}")
    text = issue(context, key)
    for _ in range(20):
        response = publish(server, text)
        check_equal(response.status, 503, "the status of a token")
        check("keys" in response.text, f"no reason: {response.text!r}")
        check(response.headers.get("retry-after", "").isdigit(), f"no Retry-After: {response.headers}")
    check_equal(request(server.hub, "GET", "/readyz").status, 200, "/readyz")
    check_equal(context.stream(server, hub_path("a")).status, 200, "a stream without a token")
    check_equal(context.stream(server, hub_path("a"), headers=[bearer("x.y.z")]).status, 401, "a stream with garbage")
    lines = server.stderr().count("auth.publish.jwks")
    check(lines <= 2, f"{lines} lines about it after 20 tokens")
    # The issuer comes, first without keys.
    site = context.closes(Site({}, port))
    begun = time.monotonic()
    check_equal(publish(server, text).status, 503, "the status of a token")
    site.pages = served(key)

    def taken():
        response = publish(server, text)
        check(response.status in (200, 503), f"it is answered {response}")
        return response.status == 200

    wait_for(taken, INTERVAL + 3, "the token is taken", every=0.1)
    return f"taken {time.monotonic() - begun:.1f} s after the issuer had come"


@scenario("key sets: an issuer that never answers holds up tokens for seconds, and nobody else")
def silent(context):
    key = KeyPair(context.folder, "EdDSA", "only")
    issuer = context.closes(socket.create_server(("127.0.0.1", 0)))
    begun = time.monotonic()
    server = started(context, f"http://127.0.0.1:{issuer.getsockname()[1]}{PATH}")
    starting = time.monotonic() - begun
    check(starting < 8, f"it took {starting:.1f} s to start")
    stream = context.stream(server, hub_path("a"))
    check_equal(stream.status, 200, "the status of a stream without a token")
    time.sleep(max(0, begun + INTERVAL + 0.1 - time.monotonic()))
    text = issue(context, key)
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        asked = time.monotonic()
        waiting = [pool.submit(publish, server, text) for _ in range(20)]
        # Meanwhile the loops go on.
        while not all(one.done() for one in waiting):
            quick = time.monotonic()
            try:
                check_equal(request(server.hub, "GET", "/healthz", timeout=2).status, 200, "/healthz")
            except NotAnswered:
                check(False, "nobody is answered while keys are fetched")
            check(time.monotonic() - quick < 1, f"/healthz took {time.monotonic() - quick:.1f} s meanwhile")
            time.sleep(0.05)
        check_equal({one.result().status for one in waiting}, {503}, "what the tokens are answered")
    taken = time.monotonic() - asked
    check(taken < 8, f"tokens were held up for {taken:.1f} s")
    return f"the start took {starting:.1f} s, tokens {taken:.1f} s"


@scenario("key sets: SIGHUP while an issuer holds up the start harms nobody")
def early(context):
    issuer = context.closes(socket.create_server(("127.0.0.1", 0)))
    config = configure(context, auth={"publish": {"jwks": f"http://127.0.0.1:{issuer.getsockname()[1]}{PATH}"}, "anonymous": True})
    with open(context.path("martlet.yaml"), "w") as file:
        file.write(config)
    command = [context.binary, "serve", "--config", "martlet.yaml", "--address", "127.0.0.1:0", "--admin", "127.0.0.1:0"]
    with open(context.path("stderr"), "wb") as errors:
        process = subprocess.Popen(command, cwd=context.folder, stdout=subprocess.DEVNULL, stderr=errors)
    context.closes(Ended(process))
    # It asks for the keys while it starts.
    issuer.settimeout(10)
    issuer.accept()
    process.send_signal(signal.SIGHUP)

    def said():
        check_equal(process.poll(), None, "the exit code")
        with open(context.path("stderr")) as file:
            return file.read()

    wait_for(lambda: "Hub on" in said(), 15, "it has started")
    process.send_signal(signal.SIGTERM)
    check_equal(process.wait(15), 0, "the exit code at its end")


class Ended:
    """A process that goes with the scenario."""

    def __init__(self, process):
        self.process = process

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@scenario("key sets: one in a file is read again at SIGHUP, and a broken one changes nothing")
def file(context):
    first, second = (KeyPair(context.folder, "ES256", id) for id in ("first", "second"))

    def replace(text):
        with open(context.path("new.json"), "w") as file:
            file.write(text)
        os.replace(context.path("new.json"), context.path("keys.json"))

    replace(key_set(first))
    # Relative to where the configuration is.
    server = started(context, "keys.json")
    check_publishes(server, issue(context, first), "the first key")
    check_publishes(server, issue(context, second), "a key that is not in the set", 401)
    replace(key_set(second))
    server.reload()
    text = issue(context, second)
    wait_for(lambda: publish(server, text).status == 200, 5, "the second key is taken", every=0.02)
    check_publishes(server, issue(context, first, topic="b"), "the first key after that", 401, topic="b")
    # What is no key set changes nothing; one that has no key to verify with has withdrawn them all.
    texts = {"{": 200, "": 200, '{"keys": 1}': 200, None: 200, '{"keys": []}': 401, '{"keys": [{"kty": "EC"}]}': 401}
    for number, (text, status) in enumerate(texts.items()):
        said = len(server.stderr())
        replace(text) if text is not None else os.remove(context.path("keys.json"))
        server.reload()
        wait_for(
            lambda: "auth.publish.jwks" in server.stderr()[said:],
            5,
            lambda: f"it says what is wrong with {text!r}: {server.stderr()[said:]!r}",
        )
        topic = f"topic-{number}"
        check_publishes(server, issue(context, second, topic=topic), f"a key from before {text!r}", status, topic=topic)
    replace(key_set(first, second))
    server.reload()
    text = issue(context, first, topic="c")
    wait_for(lambda: publish(server, text, topic="c").status == 200, 5, "both keys are taken", every=0.02)
