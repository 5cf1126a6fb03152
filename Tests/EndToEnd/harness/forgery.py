"""Tokens as no honest issuer makes them: each part is given as it is to stand there."""

import hmac
import json

from .tokens import encoded


def part(value):
    """A part of a token: bytes as they are, anything else as JSON."""
    return encoded(value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode("utf-8"))


def forged(key, claims, header=None, algorithm="HS256", signature=None, digest="sha256"):
    """A token that is signed with `key` unless a `signature` is given."""
    text = part({"alg": algorithm, "typ": "JWT"} if header is None else header) + "." + part(claims)
    if signature is None:
        signature = encoded(hmac.digest(key.encode("utf-8"), text.encode("ascii"), digest))
    return f"{text}.{signature}"
