"""JWTs as no library would make them: any bytes as header and payload, any signature."""

import base64
import hashlib
import hmac
import json

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding


def b64(raw):
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def encoded(part):
    """A part of a token: bytes as they are, anything else as JSON."""
    return b64(part if isinstance(part, bytes) else json.dumps(part).encode())


def rs(key, digest=hashes.SHA256()):
    """Signs with RSA, PKCS #1 v1.5."""
    private = serialization.load_pem_private_key(key.key.as_pem(private=True), None)
    return lambda data: private.sign(data, padding.PKCS1v15(), digest)


def hs(secret):
    return lambda data: hmac.new(secret, data, hashlib.sha256).digest()


def public_pem(key):
    return key.key.as_pem(private=False)


def make(header, payload, sign):
    text = f"{encoded(header)}.{encoded(payload)}"
    return f"{text}.{b64(sign(text.encode()))}"
