"""Keys: `martlet token` and the hub agree on them, whatever their kind and place."""

import json
import os

from harness.http1 import request
from harness.outcome import check, check_equal
from harness.publisher import FORM
from harness.scenario import scenario
from harness.signing import KINDS, KeyPair
from harness.stream import HUB, hub_path
from harness.tokens import bearer, signed
from harness.waiting import wait_for

from .commands import Command

PUBLISH_KEY = "the publishers' key of these tests, which nobody can guess"
SUBSCRIBE_KEY = "the subscribers' key of these tests, which nobody can guess"


def configure(context, name="martlet.yaml", **configuration):
    """Writes a configuration; its text."""
    text = json.dumps({"streams": {"heartbeat": "60s"}, **configuration}) + "\n"
    with open(context.path(name), "w") as file:
        file.write(text)
    return text


def make_token(context, *words, environment=None):
    """What `martlet token` prints."""
    command = Command(context, context.binary, "token", *words, environment=environment).wait(0)
    check_equal(command.errors(), "", "what martlet token says when all is well")
    return command.output().strip()


def publish(server, text, topic="a", **fields):
    """The response to an update that is published with this token."""
    body = "&".join(f"{name}={value}" for name, value in {"topic": topic, "data": "x", **fields}.items())
    return request(server.hub, "POST", HUB, (bearer(text), *FORM), body.encode("ascii"))


def check_publishes(server, text, what, status=200, **fields):
    response = publish(server, text, **fields)
    check_equal(response.status, status, f"the status of an update with {what} ({response.text!r})")


@scenario("keys: martlet token signs with a key of its flags, a file, the configuration or the environment")
def secrets(context):
    auth = {"publish": {"algorithm": "HS256", "key": PUBLISH_KEY}, "subscribe": {"key": "${SUBSCRIBER}"}}
    with open(context.path("publisher.key"), "w") as file:
        file.write(PUBLISH_KEY + "\n")
    configure(context, "empty.yaml")
    configure(context, "file.yaml", auth={role: {"key-file": "publisher.key"} for role in auth})
    server = context.server(
        config=configure(context, auth={"publish": {"key-file": "publisher.key"}, "subscribe": {"key": SUBSCRIBE_KEY}})
    )
    configure(context, auth=auth)
    other = {"SUBSCRIBER": SUBSCRIBE_KEY}
    for words, environment in (
        (["--key", PUBLISH_KEY], None),
        (["--key", PUBLISH_KEY, "--algorithm", "HS256", "--payload", '{"name":"é"}'], None),
        (["--key-file", "publisher.key"], None),
        # The configuration where it is run.
        ([], other),
        (["--config", "martlet.yaml"], other),
        # Of whom there is one key for both.
        (["--config", "file.yaml", "--subscribe", "b"], None),
        (["--config", "empty.yaml"], {"MARTLET_AUTH_PUBLISH_KEY": PUBLISH_KEY, "MARTLET_AUTH_ANONYMOUS": "true"}),
    ):
        made = make_token(context, *words, "--publish", "a", "--publish", "notes/{id}", environment=environment)
        check_publishes(server, made, words)
        check_publishes(server, made, words, topic="notes/7")
        check_publishes(server, made, f"{words} to a topic it is not for", 401, topic="notes/7/8")
        check_equal(request(server.hub, "GET", hub_path("a"), [bearer(made)]).status, 401, "a stream with it")
    wrong = make_token(context, "--key", "of somebody else", "--publish", "a")
    check_publishes(server, wrong, "another key", 401)
    check_publishes(server, make_token(context, "--key", PUBLISH_KEY + "\n", "--publish", "a"), "a line end more", 401)

    reader = make_token(context, "--subscribe", "notes/{id}", environment=other)
    stream = context.stream(server, hub_path("notes/{id}", "b"), headers=[bearer(reader)])
    check_equal(stream.status, 200, f"the status of a stream with it {stream.body!r}")
    writer = make_token(context, "--key-file", "publisher.key", "--publish", "*", "--expires", "2s")
    for topic, data in (("b", "unseen"), ("notes/1", "seen"), ("notes/1/2", "unseen")):
        check_publishes(server, writer, "a star", topic=topic, private="on", data=data)
    check_publishes(server, writer, "a star", topic="b", data="public")
    check_equal([event.data for event in stream.read(2)], ["seen", "public"], "what came to its stream")
    wait_for(lambda: publish(server, writer).status == 401, 5, "the token ends", every=0.1)


@scenario("keys: martlet token says what is wrong with what it is asked for")
def refusals(context):
    configure(context, auth={"publish": {"key": PUBLISH_KEY}, "subscribe": {"key": SUBSCRIBE_KEY}})
    configure(context, "empty.yaml")
    pair = KeyPair(context.folder, "ES256", "pair")
    for code, words, named in (
        (64, ["--key", "x", "--key-file", "y", "--publish", "a"], ["--key-file"]),
        (64, ["--key", "", "--publish", "a"], ["empty"]),
        (64, ["--key", "x"], ["--publish"]),
        (64, ["--key", "x", "--publish", "a{"], ["a{"]),
        (64, ["--key", "x", "--publish", "a", "--algorithm", "none"], ["none", "HS256"]),
        (64, ["--key", "x", "--publish", "a", "--expires", "soon"], ["soon", "--expires"]),
        (1, ["--key-file", "missing.key", "--publish", "a"], ["missing.key"]),
        (1, ["--key-file", pair.private, "--publish", "a"], ["PEM", "HS256"]),
        (1, ["--key-file", pair.public, "--algorithm", "ES256", "--publish", "a"], ["private key"]),
        (1, ["--key-file", pair.private, "--algorithm", "RS256", "--publish", "a"], ["RS256"]),
        (1, ["--config", "empty.yaml", "--publish", "a"], ["auth.publish", "--key"]),
        (1, ["--publish", "a", "--subscribe", "a"], ["different keys"]),
        (1, ["--key", "x", "--publish", "a", "--payload", "{"], []),
    ):
        command = Command(context, context.binary, "token", *words).wait(code)
        check_equal(command.output(), "", f"standard output of {words}")
        check(command.errors().strip(), f"no sentence about {words}")
        for word in named:
            check(word in command.errors(), f"{word!r} is not in {command.errors()!r}")


def asymmetric(context, algorithm):
    pair, other = (KeyPair(context.folder, algorithm, id) for id in ("pair", "other"))
    # One half and the other: of a private key the public one is taken.
    halves = {"publish": pair.public, "subscribe": pair.private}
    auth = {role: {"algorithm": algorithm, "key-file": os.path.basename(path)} for role, path in halves.items()}
    server = context.server(config=configure(context, auth=auth))

    def make(key, *words):
        return make_token(context, "--key-file", key.private, "--algorithm", algorithm, *words)

    made = make(pair, "--publish", "a", "--expires", "1h")
    check_publishes(server, made, algorithm)
    check_publishes(server, made, f"{algorithm} to a topic it is not for", 401, topic="b")
    check_publishes(server, make(pair, "--publish", "*", "--key-id", "of-no-matter"), "a kid where there is one key")
    check_publishes(server, make(other, "--publish", "a"), "another key", 401)
    # The public key is no secret, so nothing that is signed with it counts.
    with open(pair.public) as file:
        public = file.read()
    claims = {"mercure": {"publish": ["*"]}}
    for key in (public, public.strip()):
        check_publishes(server, signed({"alg": "HS256"}, claims, key), "HS256 with the public key", 401)
    head, body, signature = made.split(".")
    check_publishes(server, f"{head}.{body}.{signature[:-8]}AAAAAAAA", "a signature that was changed", 401)
    check_publishes(server, f"{head}.{body}.", "no signature", 401)
    stream = context.stream(server, hub_path("a"), headers=[bearer(make(pair, "--subscribe", "a"))])
    check_equal(stream.status, 200, f"the status of a stream {stream.body!r}")
    check_publishes(server, made, algorithm, private="on", data="private")
    check_equal(stream.read(1)[0].data, "private", "what came")


for name in KINDS:
    scenario(f"keys: {name} with keys of openssl, in files", algorithm=name)(asymmetric)


@scenario("keys: a secret that can be guessed is warned of, and no key is ever printed")
def weak(context):
    for key, warned in (("h2nt8", True), ("x" * 31, True), ("x" * 32, False)):
        for place in ("key", "key-file"):
            with open(context.path("secret.key"), "w") as file:
                file.write(key)
            auth = {"publish": {place: key if place == "key" else "secret.key"}, "anonymous": True}
            server = context.server(config=configure(context, auth=auth))
            said = [line for line in server.stderr().splitlines() if f"auth.publish.{place}:" in line]
            check_equal(len(said), 1 if warned else 0, f"warnings about a key of {len(key)} bytes: {said}")
            check(not warned or f"{len(key)} bytes" in said[0], f"the warning is {said}")
            check(key not in server.stderr(), f"the key is in {server.stderr()!r}")
            check_publishes(server, make_token(context, "--key", key, "--publish", "a"), "a weak secret")
            server.kill()


@scenario("keys: without any the hub says who may do what, and serves this machine only")
def keyless(context):
    said = context.server().stderr()
    check("No keys: anybody on this machine may publish" in said, f"it says {said!r}")
    for auth, sentence in (
        ({"publish": {"key": PUBLISH_KEY}, "anonymous": True}, "Publishing needs a token, subscribing does not"),
        ({"subscribe": {"key": SUBSCRIBE_KEY}}, "Nobody publishes over HTTP, subscribing does too"),
    ):
        said = context.server(config=configure(context, auth=auth)).stderr()
        check(sentence in said and "No keys" not in said, f"{sentence!r} is not what it says of {auth}: {said!r}")
    for address in ("0.0.0.0:0", "[::]:0", "192.0.2.1:0"):
        configure(context, listen=address)
        for words in (["serve", "--log", "memory"], ["check-config"]):
            said = Command(context, context.binary, *words).wait(78).errors()
            check(address in said and "auth.publish" in said, f"{words} with {address}: {said!r}")
        # With a key it may, and is told that others could read the tokens.
        configure(context, listen=address, auth={"publish": {"key": PUBLISH_KEY}, "anonymous": True})
        said = Command(context, context.binary, "check-config").wait(0).errors()
        check("in the clear" in said, f"check-config with {address} and a key says {said!r}")
