"""JSON Web Tokens, made with nothing but the standard library."""

import base64
import hmac
import json

NAMESPACE = "https://mercure.rocks/"


def encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def signed(header, claims, key):
    """A token of these very claims; its signature is that of the header's `alg`, if that is HS256, HS384 or HS512."""
    parts = [encoded(json.dumps(part, separators=(",", ":")).encode("utf-8")) for part in (header, claims)]
    text = ".".join(parts)
    digest = header.get("alg", "").replace("HS", "sha")
    signature = hmac.digest(key.encode("utf-8"), text.encode("ascii"), digest) if digest.startswith("sha") else b""
    return f"{text}.{encoded(signature)}"


def token(
    key, publish=None, subscribe=None, payload=None, exp=None, nbf=None, namespaced=False, algorithm="HS256", **claims
):
    """A token for a hub. What is None is left out; `claims` are further top-level ones."""
    parts = {"publish": publish, "subscribe": subscribe, "payload": payload}
    claims[NAMESPACE if namespaced else "mercure"] = {name: value for name, value in parts.items() if value is not None}
    claims.update({name: value for name, value in (("exp", exp), ("nbf", nbf)) if value is not None})
    return signed({"alg": algorithm, "typ": "JWT"}, claims, key)


def bearer(text):
    """The header field that carries a token."""
    return ("Authorization", f"Bearer {text}")


def cookie(text):
    return ("Cookie", f"mercureAuthorization={text}")
