"""What callers show to gateways that ask who they are: bearers of Jetway's own, and JWTs of an issuer made up here."""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from .processes import ProgramError, run

ISSUER, AUDIENCE = "https://idp.example.com", "flight"
# As many tokens as are verified anew for each call: a cache holds 8,192 verdicts of an issuer, so that a token's is
# gone when its turn comes again. The calls of a load in a full run are a multiple of this; in a quick one they are
# fewer, but still many more than verdicts.
TOKENS = 25_000
_GROUPS = ("analysts", "engineers")
_HOURS = 12


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _number(value: int, size: int) -> str:
    return _text(value.to_bytes(size, "big"))


class _ES256:
    name = "ES256"

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())

    def sign(self, data: bytes) -> bytes:
        r, s = decode_dss_signature(self._key.sign(data, ec.ECDSA(SHA256())))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    @property
    def public(self) -> dict[str, str]:
        point = self._key.public_key().public_numbers()
        return {"kty": "EC", "crv": "P-256", "x": _number(point.x, 32), "y": _number(point.y, 32)}


class _RS256:
    name = "RS256"

    def __init__(self) -> None:
        self._key = rsa.generate_private_key(65537, 2048)

    def sign(self, data: bytes) -> bytes:
        return self._key.sign(data, padding.PKCS1v15(), SHA256())

    @property
    def public(self) -> dict[str, str]:
        numbers = self._key.public_key().public_numbers()
        return {"kty": "RSA", "n": _number(numbers.n, 256), "e": _number(numbers.e, 3)}


@dataclass(frozen=True)
class Credentials:
    """Files in `folder`, each made when it is first asked for. Files of credentials have a value of `authorization` on
    each line."""

    folder: Path
    jetway: Path | None

    @cached_property
    def key_ring(self) -> Path:
        """What bearers of our own are sealed with."""
        path = self.folder / "keys.json"
        self._jetway("keys", "new", str(path))
        return path

    @cached_property
    def users(self) -> Path:
        """Users with passwords: a bearer is good only for a user who is still there."""
        path = self.folder / "users.htpasswd"
        path.write_text(self._jetway("password", "alice", given="not used\n"))
        return path

    @cached_property
    def key_set(self) -> Path:
        """The issuer's public keys."""
        keys = [{**key.public, "kid": key.name, "use": "sig", "alg": key.name} for key in (self._es256, self._rs256)]
        path = self.folder / "jwks.json"
        path.write_text(json.dumps({"keys": keys}))
        return path

    @cached_property
    def own_bearer(self) -> Path:
        words = ["token", "--keys", str(self.key_ring), "--subject", "basic:alice", "--lifetime", f"{_HOURS}h"]
        words += [word for group in _GROUPS for word in ("--group", group)]
        return self._file("own", iter([self._jetway(*words).strip()]))

    @cached_property
    def one_jwt(self) -> Path:
        return self._file("jwt", self._tokens(self._es256, 1))

    @cached_property
    def es256_tokens(self) -> Path:
        return self._file("es256", self._tokens(self._es256, TOKENS))

    @cached_property
    def rs256_tokens(self) -> Path:
        return self._file("rs256", self._tokens(self._rs256, TOKENS))

    @cached_property
    def _es256(self) -> _ES256:
        return _ES256()

    @cached_property
    def _rs256(self) -> _RS256:
        return _RS256()

    def _jetway(self, *words: str, given: str = "") -> str:
        if self.jetway is None:
            raise ProgramError("there is no jetway program to make keys with")
        return run("jetway", [str(self.jetway.resolve()), *words], self.folder, 20, given)

    def _file(self, name: str, tokens: Iterator[str]) -> Path:
        path = self.folder / f"{name}.credentials"
        path.write_text("".join(f"Bearer {token}\n" for token in tokens))
        return path

    def _tokens(self, key: _ES256 | _RS256, count: int) -> Iterator[str]:
        """JWTs that differ in their `jti`."""
        now = int(time.time())
        head = _text(json.dumps({"alg": key.name, "kid": key.name, "typ": "JWT"}).encode())
        claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "groups": _GROUPS, "iat": now, "nbf": now}
        claims["exp"] = now + _HOURS * 3600
        for number in range(count):
            signed = f"{head}.{_text(json.dumps({**claims, 'jti': f'{number:08}'}).encode())}"
            yield f"{signed}.{_text(key.sign(signed.encode()))}"
