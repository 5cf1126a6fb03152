"""A certificate authority of the test's own, and what its clients trust."""

import hashlib
import itertools
import os
import shutil
import ssl
import subprocess

from .outcome import Failure

LOOPBACK = "DNS:localhost,IP:127.0.0.1,IP:::1"


class Authority:
    """Issues certificates for this machine into a folder, with the `openssl` command."""

    def __init__(self, folder, name="authority"):
        self.folder = folder
        self.name = name
        self.certificate = self.path(f"{name}.pem")
        self.key = self.path(f"{name}-key.pem")
        self.numbers = itertools.count(1)
        self.make_key(self.key)
        self.request(self.key, name)
        self.sign(name, self.certificate, "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n")

    def path(self, name):
        return os.path.join(self.folder, name)

    def issue(self, name, names=LOOPBACK):
        """A certificate with its key: their paths."""
        certificate, key = self.path(f"{name}.pem"), self.path(f"{name}-key.pem")
        self.make_key(key)
        self.request(key, name)
        extensions = f"basicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth\nsubjectAltName={names}\n"
        self.sign(name, certificate, extensions, issuer=["-CA", self.certificate, "-CAkey", self.key])
        return certificate, key

    def make_key(self, key):
        openssl("ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", self.path("parameters.pem"))
        # What `ecparam` writes is of an older form; servers are given the one that `openssl req` writes.
        openssl("pkcs8", "-topk8", "-nocrypt", "-in", self.path("parameters.pem"), "-out", key)

    def request(self, key, name):
        configuration = self.path("request.cnf")
        with open(configuration, "w") as file:
            # Of its own, so that the machine's openssl.cnf changes nothing.
            file.write(f"[req]\nprompt=no\ndistinguished_name=subject\n[subject]\nCN=Martlet test {name}\n")
        openssl("req", "-new", "-config", configuration, "-key", key, "-out", self.path(f"{name}.csr"))

    def sign(self, name, certificate, extensions, issuer=None):
        with open(self.path("extensions.cnf"), "w") as file:
            file.write(extensions)
        openssl(
            "x509", "-req", "-sha256", "-days", "2", "-in", self.path(f"{name}.csr"), "-out", certificate,
            "-set_serial", str(next(self.numbers)), "-extfile", self.path("extensions.cnf"),
            *(issuer or ["-signkey", self.key]),
        )

    def trust(self, *protocols):
        """What a client needs that trusts this authority and offers `protocols` by ALPN."""
        context = ssl.create_default_context(cafile=self.certificate)
        if protocols:
            context.set_alpn_protocols(list(protocols))
        return context


def openssl(*arguments):
    if not shutil.which("openssl"):
        raise Failure("the openssl command is not installed")
    done = subprocess.run(["openssl", *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
    if done.returncode:
        raise Failure(f"openssl {arguments[0]}: {done.stderr.strip()}")


def fingerprint(path):
    """SHA-256 of the certificate in a PEM file."""
    with open(path) as file:
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(file.read())).hexdigest()


def peer_fingerprint(socket):
    """SHA-256 of the certificate that the other end of a TLS socket has shown."""
    return hashlib.sha256(socket.getpeercert(binary_form=True)).hexdigest()
