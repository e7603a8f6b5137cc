"""Who calls in tests of authentication: a gateway that knows every kind of credential, and one good credential of each."""

import json
import time

from .configured import basic, binary
from .identity_provider import SigningKey

ISSUER = "corp"
AUDIENCE = "flight"
PASSWORD = "correct hörse battery"


class Callers:
    """A site whose gateway takes passwords, JWTs of a key file, API keys and tokens of its own."""

    def __init__(self, site, algorithm="ES256"):
        self.site = site
        self.key = SigningKey(algorithm)
        self.other_key = SigningKey(algorithm, kid=self.key.kid)
        site.write("jwks.json", json.dumps({"keys": [self.key.public]}))
        site.users(alice=PASSWORD, bob="bob's own word")
        site.key_ring()
        self.api_key = site.api_key("nightly", "--group", "loaders")
        self.methods = [
            {"type": "basic", "users": "users.htpasswd"},
            {"type": "jwt", "name": "corp", "issuer": ISSUER, "audience": AUDIENCE, "jwks": "jwks.json",
             "algorithms": [algorithm], "claims": {"groups": "groups", "tenant": "org"}},
            {"type": "apiKey", "keys": "api-keys.json"},
        ]
        self.settings = {"tokens": {"keys": "keys.json"}, "authentication": {"tokenHeaders": ["authorization", "x-jetway-authorization"]}}

    def claims(self, subject="carol", **changes):
        now = int(time.time())
        claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": subject, "iat": now, "nbf": now - 1, "exp": now + 600, **changes}
        return {name: value for name, value in claims.items() if value is not None}

    def jwt(self, subject="carol", header=None, key=None, **changes):
        return self.site.secret((key or self.key).sign(self.claims(subject, **changes), header))

    def token(self, subject="basic:alice", *arguments):
        return self.site.mint(subject, *arguments)

    def credentials(self):
        """What to send, and who that is: a good credential of every kind."""
        token, jwt = self.token(), self.jwt()
        return {
            "password": ([("authorization", basic("alice", PASSWORD))], "basic:alice"),
            "password without padding": ([("authorization", basic("alice", PASSWORD, padded=False))], "basic:alice"),
            "password under another name": ([("x-jetway-authorization", basic("alice", PASSWORD))], "basic:alice"),
            "token": ([("authorization", f"Bearer {token}")], "basic:alice"),
            "token under another name": ([("x-jetway-authorization", f"bearer {token}")], "basic:alice"),
            "token of a handshake": ([("auth-token-bin", binary(token))], "basic:alice"),
            "token beside an empty one": ([("auth-token-bin", ""), ("authorization", f"Bearer {token}")], "basic:alice"),
            "JWT": ([("authorization", f"Bearer {jwt}")], "jwt:corp:carol"),
            "JWT of a handshake": ([("auth-token-bin", binary(jwt))], "jwt:corp:carol"),
            "API key": ([("x-api-key", self.api_key)], "apiKey:nightly"),
            "API key as a bearer": ([("authorization", f"Bearer {self.api_key}")], "apiKey:nightly"),
        }

    def configure(self, upstream, **options):
        return self.site.configure(upstream, self.methods, **{**self.settings, **options})

    def start(self, upstream, **options):
        return self.configure(upstream, **options).start()
