"""Keys and certificates that cannot be used are told before anything is served."""

from harness.certificates import Authority, openssl
from harness.outcome import check
from harness.scenario import scenario
from harness.signing import KeyPair

from .commands import Command
from .keys import configure


def bad_keys(context):
    """Configurations of `auth` that cannot be used, and what the sentence about each names."""
    pair = KeyPair(context.folder, "ES256", "pair")
    with open(pair.public) as file:
        public = file.read()
    for name, text in (
        ("empty.key", ""),
        ("garbage.pem", "-----BEGIN PUBLIC KEY-----\nnot base64\n-----END PUBLIC KEY-----\n"),
        ("none.pem", "there is no key here\n"),
    ):
        with open(context.path(name), "w") as file:
            file.write(text)
    encrypted = context.path("encrypted.pem")
    openssl("pkcs8", "-topk8", "-in", pair.private, "-out", encrypted, "-passout", "pass:secret")
    for role in ("publish", "subscribe"):
        for key, *named in (
            ({"key-file": "missing.pem"}, "missing.pem"),
            ({"key-file": "."},),
            ({"key-file": "empty.key"}, "empty"),
            ({"algorithm": "ES256", "key-file": "garbage.pem"}, "ES256"),
            ({"algorithm": "ES256", "key-file": "none.pem"}, "PEM"),
            ({"algorithm": "RS256", "key-file": "pair-public.pem"}, "RS256"),
            ({"algorithm": "EdDSA", "key-file": "pair-public.pem"}, "EdDSA"),
            ({"algorithm": "ES256", "key-file": "encrypted.pem"}, "encrypted"),
            ({"algorithm": "ES256", "key": "no PEM"}, "PEM"),
            ({"key-file": "pair-public.pem"}, "PEM"),
            ({"key": public}, "PEM", "algorithm"),
            ({"key": ""}, f"auth.{role}.key"),
            ({"key": "${MISSING_VARIABLE}"}, "MISSING_VARIABLE", f"auth.{role}.key"),
            ({"algorithm": "none", "key": "x"}, "none", f"auth.{role}.algorithm"),
            ({"jwks": "http://issuer.example/keys.json"}, "https://", f"auth.{role}.jwks"),
            ({"jwks": "keys.json", "algorithm": "HS256"}, f"auth.{role}.algorithm"),
            ({"key": "x", "key-file": "empty.key"}, "exclude"),
            ({}, f"auth.{role}"),
        ):  # fmt: skip
            yield {role: key, "anonymous": True}, (f"auth.{role}", *named)


@scenario("keys: a hub does not start with a key that it cannot use, and check-config tells so too, with 78")
def unusable(context):
    program = context.binary
    rows = list(bad_keys(context))
    for auth, named in rows:
        configure(context, auth=auth)
        serve = [program, "serve", "--address", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--log", "memory"]
        server, checked = Command(context, *serve), Command(context, program, "check-config")
        code = server.process.wait(10)
        # The configuration is bad by itself, or what it names is.
        check(code == 78, f"serve ended with {code} for {auth}: {server.errors()!r}")
        checked.wait(78)
        for command in (server, checked):
            for word in named:
                check(word in command.errors(), f"{word!r} is not in {command.errors()!r}, said of {auth}")
    return f"{len(rows)} configurations"


@scenario("keys: check-config reads certificates too")
def certificates(context):
    authority = Authority(context.folder)
    authority.issue("server")
    authority.issue("other")
    with open(context.path("garbage.pem"), "w") as file:
        file.write("-----BEGIN CERTIFICATE-----\nnot base64\n-----END CERTIFICATE-----\n")
    for certificate, key, named in (
        ("missing.pem", "server-key.pem", "missing.pem"),
        ("server.pem", "missing-key.pem", "missing-key.pem"),
        ("garbage.pem", "server-key.pem", "garbage.pem"),
        ("server.pem", "garbage.pem", "garbage.pem"),
        ("server.pem", "other-key.pem", "key"),
        ("server-key.pem", "server.pem", ".pem"),
    ):
        configure(context, tls={"certificate": certificate, "key": key})
        said = Command(context, context.binary, "check-config").wait(78).errors()
        check(named in said, f"{named!r} is not in {said!r}")
    configure(context, tls={"certificate": "server.pem", "key": "server-key.pem"})
    checked = Command(context, context.binary, "check-config").wait(0)
    check("https://" in checked.output(), f"check-config prints {checked.output()!r}")
