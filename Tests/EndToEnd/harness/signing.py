"""Key pairs made by the `openssl` command, and the key sets (RFC 7517) that an issuer would publish."""

import base64
import json
import os
import subprocess

from .certificates import openssl
from .tokens import encoded

RSA = ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
P256 = ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
ED25519 = ("-algorithm", "ED25519")
KINDS = {"RS256": RSA, "PS256": RSA, "ES256": P256, "EdDSA": ED25519}


class KeyPair:
    """A key for one algorithm; `private` and `public` are the paths of its halves, `id` its name in a key set."""

    def __init__(self, folder, algorithm, id):
        self.algorithm = algorithm
        self.id = id
        self.private = os.path.join(folder, f"{id}-private.pem")
        self.public = os.path.join(folder, f"{id}-public.pem")
        openssl("genpkey", *KINDS[algorithm], "-out", self.private)
        openssl("pkey", "-in", self.private, "-pubout", "-out", self.public)

    def jwk(self):
        with open(self.public) as file:
            lines = file.read().splitlines()
        # The key is the last part of a SubjectPublicKeyInfo.
        der = base64.b64decode("".join(line for line in lines if not line.startswith("-")))
        common = {"kid": self.id, "alg": self.algorithm, "use": "sig"}
        if self.algorithm == "ES256":
            return {"kty": "EC", "crv": "P-256", "x": encoded(der[-64:-32]), "y": encoded(der[-32:]), **common}
        if self.algorithm == "EdDSA":
            return {"kty": "OKP", "crv": "Ed25519", "x": encoded(der[-32:]), **common}
        command = ["openssl", "rsa", "-pubin", "-in", self.public, "-modulus", "-noout"]
        modulus = subprocess.run(command, capture_output=True, text=True, timeout=30).stdout.partition("=")[2]
        return {"kty": "RSA", "n": encoded(bytes.fromhex(modulus.strip())), "e": "AQAB", **common}


def key_set(*keys):
    """The JSON of a key set."""
    return json.dumps({"keys": [key.jwk() for key in keys]})
