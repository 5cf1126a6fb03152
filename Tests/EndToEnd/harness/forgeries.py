"""The tokens that no publisher may use, though the signatures of most are right."""

import time

from .forgery import forged
from .siege import PUBLISH_KEY, SUBSCRIBE_KEY
from .tokens import encoded, token

ALL = {"mercure": {"publish": ["*"], "subscribe": ["*"]}}
GRANTED = token(PUBLISH_KEY, publish=["*"])
READER = token(SUBSCRIBE_KEY, subscribe=["*"])
NOW = int(time.time())
HEADER, CLAIMS, SIGNATURE = GRANTED.split(".")
DEEP = 4_900


def with_header(**header):
    return forged(PUBLISH_KEY, ALL, {"alg": "HS256", "typ": "JWT", **header})


def with_claims(*parts, **claims):
    return forged(PUBLISH_KEY, {**(parts[0] if parts else ALL), **claims})


def raw_claims(text):
    """The claims as JSON that Python would not write."""
    return forged(PUBLISH_KEY, text.encode("utf-8", "surrogatepass"))


def granting(publish):
    return forged(PUBLISH_KEY, {"mercure": {"publish": publish}})


TOKENS = [
    *(
        (f"alg {name}, unsigned", forged("", ALL, algorithm=name, signature=""))
        for name in ("none", "None", "NONE", "nOnE")
    ),
    ("alg none, with a good signature's bytes", forged("", ALL, algorithm="none", signature=SIGNATURE)),
    ("alg none, signed with the key", forged(PUBLISH_KEY, ALL, algorithm="none")),
    ("an empty signature", forged("", ALL, signature="")),
    ("half a signature", f"{HEADER}.{CLAIMS}.{SIGNATURE[:20]}"),
    ("a signature of zeros", forged("", ALL, signature=encoded(bytes(32)))),
    ("a signature with a byte more", f"{HEADER}.{CLAIMS}.{SIGNATURE[:-1]}AAA"),
    ("a signature in upper case", f"{HEADER}.{CLAIMS}.{SIGNATURE.upper()}"),
    ("another token's signature", f"{HEADER}.{CLAIMS}.{READER.split('.')[2]}"),
    ("the wrong key", forged("a key that nobody has ever configured here", ALL)),
    ("an empty key", forged("", ALL)),
    ("the key of subscribers", forged(SUBSCRIBE_KEY, ALL)),
    ("a key with a line end", forged(PUBLISH_KEY + "\n", ALL)),
    ("HS512 where HS256 is configured", forged(PUBLISH_KEY, ALL, algorithm="HS512", digest="sha512")),
    ("HS384 where HS256 is configured", forged(PUBLISH_KEY, ALL, algorithm="HS384", digest="sha384")),
    ("HS512 that is HS256", forged(PUBLISH_KEY, ALL, algorithm="HS512")),
    ("hs256 in lower case", forged(PUBLISH_KEY, ALL, algorithm="hs256")),
    *(
        (f"{name} with the key as a secret", forged(PUBLISH_KEY, ALL, algorithm=name))
        for name in ("RS256", "ES256", "PS256", "EdDSA")
    ),
    ("ES256 with a signature of zeros", forged("", ALL, algorithm="ES256", signature=encoded(bytes(64)))),
    ("no alg", forged(PUBLISH_KEY, ALL, {"typ": "JWT"})),
    ("alg null", with_header(alg=None)),
    ("alg a number", with_header(alg=256)),
    ("alg a list", with_header(alg=["HS256"])),
    ("alg empty", with_header(alg="")),
    ("alg with NUL", with_header(alg="HS256\0")),
    ("a header that is a list", forged(PUBLISH_KEY, ALL, [])),
    ("a header that is a string", forged(PUBLISH_KEY, ALL, "HS256")),
    ("an empty header", forged(PUBLISH_KEY, ALL, b"")),
    ("a header that is no JSON", forged(PUBLISH_KEY, ALL, b"alg=HS256")),
    ("a header that is no UTF-8", forged(PUBLISH_KEY, ALL, b'{"alg":"HS256\xff"}')),
    ("a header 4,900 deep", forged(PUBLISH_KEY, ALL, b'{"alg":"HS256","x":' + b"[" * DEEP + b"]" * DEEP + b"}")),
    ("a key that the token brings", forged("own", ALL, {"alg": "HS256", "jwk": {"kty": "oct", "k": encoded(b"own")}})),
    ("a key that the token names", forged("own", ALL, {"alg": "HS256", "jku": "http://evil.example/jwks"})),
    ("a certificate that the token brings", forged("own", ALL, {"alg": "HS256", "x5c": ["MIIB"]})),
    ("an empty file as the key's name", forged("", ALL, {"alg": "HS256", "kid": "../../../../dev/null"})),
    ("SQL as the key's name", forged("own", ALL, {"alg": "HS256", "kid": "x' UNION SELECT 'own"})),
    ("8 KiB of a key's name", forged("own", ALL, {"alg": "HS256", "kid": "k" * 8192})),
    ("line ends in a key's name", forged("own", ALL, {"alg": "HS256", "kid": "a\r\nX-Injected: 1"})),
    ("expired", with_claims(exp=NOW - 3600)),
    ("expired in 1970", with_claims(exp=0)),
    ("expired before 1970", with_claims(exp=-1)),
    ("not yet valid", with_claims(nbf=NOW + 86_400)),
    ("expired, and under another claim too", with_claims(exp=NOW - 3600, EXP=NOW + 3600)),
    ("exp a string of digits", with_claims(exp=str(NOW + 3600))),
    ("exp a string of letters", with_claims(exp="tomorrow")),
    ("exp true", with_claims(exp=True)),
    ("exp a list", with_claims(exp=[NOW + 3600])),
    ("exp an object", with_claims(exp={"$gt": 0})),
    ("exp beyond numbers", raw_claims('{"exp":1e400,"mercure":{"publish":["*"]}}')),
    ("exp NaN", raw_claims('{"exp":NaN,"mercure":{"publish":["*"]}}')),
    ("nbf an object", with_claims(nbf={})),
    ("no claims", with_claims({})),
    ("mercure null", with_claims(mercure=None)),
    ("mercure a string", with_claims(mercure="*")),
    ("mercure a list", with_claims(mercure=["*"])),
    ("mercure a number", with_claims(mercure=1)),
    ("mercure in upper case", with_claims({"MERCURE": {"publish": ["*"]}})),
    ("publish at the top", with_claims({"publish": ["*"]})),
    ("publish in JavaScript's prototype", with_claims({"__proto__": ALL, "mercure": {"__proto__": ALL["mercure"]}})),
    ("nothing granted under the namespace, which wins", with_claims(**{"https://mercure.rocks/": {"publish": []}})),
    ("a namespace that is none", with_claims({"https://mercure.rocks": {"publish": ["*"]}})),
    ("only subscribing granted", forged(PUBLISH_KEY, {"mercure": {"subscribe": ["*"]}})),
    ("publish a string", granting("*")),
    ("publish a string with the topic", granting("good")),
    ("publish an object", granting({"0": "*"})),
    ("publish true", granting(True)),
    ("publish null", granting(None)),
    ("publish an empty list", granting([])),
    ("publish a list of numbers", granting([1])),
    ("publish a list of null", granting([None])),
    ("publish a list of lists", granting([["*"]])),
    ("publish another topic", granting(["goo", "goods", "GOOD", "good/", "*good", "g*", "**", ".*", " good"])),
    ("a template that is none", granting(["{"])),
    ("a template of an operator", granting(["{=x}"])),
    ("14,000 bytes of grants for other topics", granting([f"other/{n}" for n in range(830)])),
    ("a template of 200 variables for another topic", granting(["x/" + "{a}{b}" * 100 + "/y"])),
    ("a payload of 10 KiB", forged("own", {**ALL, "mercure": {"payload": "p" * 10_240}})),
    ("claims that are a list", forged(PUBLISH_KEY, [])),
    ("claims that are a string", forged(PUBLISH_KEY, "*")),
    ("claims that are null", forged(PUBLISH_KEY, b"null")),
    ("empty claims", forged(PUBLISH_KEY, b"")),
    ("claims that are no JSON", forged(PUBLISH_KEY, b"mercure=publish")),
    ("half of the claims", raw_claims('{"mercure":{"publish":["*"]}')),
    ("claims that are no UTF-8", forged(PUBLISH_KEY, b'{"mercure":{"publish":["good\xff"]}}')),
    ("claims with a lone surrogate", raw_claims('{"mercure":{"publish":["\\ud800"]}}')),
    ("claims with a mark of byte order only", forged(PUBLISH_KEY, b"\xef\xbb\xbf")),
    ("claims 4,900 deep", raw_claims("[" * DEEP + "]" * DEEP)),
    ("claims 9,900 deep, not closed", raw_claims("[" * 2 * DEEP)),
    ("mercure 800 deep", raw_claims('{"mercure":' * 800 + "1" + "}" * 800)),
    ("two parts", f"{HEADER}.{CLAIMS}"),
    ("one part", HEADER),
    ("four parts", f"{GRANTED}.{SIGNATURE}"),
    ("five parts, as if encrypted", f"{HEADER}..{SIGNATURE}.{CLAIMS}.{SIGNATURE}"),
    ("a dot at the end", f"{GRANTED}."),
    ("a dot at the beginning", f".{GRANTED}"),
    ("two dots", ".."),
    ("10,000 dots", "." * 10_000),
    ("10 KiB of a letter", "A" * 10_240),
    ("stars for a signature", f"{HEADER}.{CLAIMS}.{'*' * 43}"),
    ("signs that base64url has not, in the claims", f"{HEADER}.{CLAIMS[:-1]}$.{SIGNATURE}"),
    ("padding", f"{HEADER}==.{CLAIMS}==.{SIGNATURE}=="),
    ("a length that base64 has not", f"{HEADER}A.{CLAIMS}.{SIGNATURE}"),
    ("a blank in the token", f"{HEADER}. {CLAIMS}.{SIGNATURE}"),
    ("the parts in another order", f"{CLAIMS}.{HEADER}.{SIGNATURE}"),
    ("undefined", "undefined"),
    ("null", "null"),
    ("a star", "*"),
]
