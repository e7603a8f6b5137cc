"""An OpenID provider over HTTPS: discovery, a key set that rotates, tokens, and every way of not answering."""

import contextlib
import json
import threading
import time
import uuid
import warnings
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

DISCOVERY = "/.well-known/openid-configuration"
KEYS = "/keys"
GENERATORS = {
    "RS256": lambda: RSAKey.generate_key(2048),
    "PS256": lambda: RSAKey.generate_key(2048),
    "ES256": lambda: ECKey.generate_key("P-256"),
    "ES384": lambda: ECKey.generate_key("P-384"),
    "EdDSA": lambda: OKPKey.generate_key("Ed25519"),
}


class SigningKey:
    """A private key for one algorithm, under a name of its own."""

    def __init__(self, algorithm, kid=None):
        self.algorithm = algorithm
        self.kid = kid or f"{algorithm}-{uuid.uuid4().hex[:8]}"
        self.key = GENERATORS[algorithm]()

    @property
    def public(self):
        return {**self.key.as_dict(private=False), "kid": self.kid, "use": "sig", "alg": self.algorithm}

    def sign(self, claims, header=None):
        header = {"alg": self.algorithm, "kid": self.kid, "typ": "JWT", **(header or {})}
        header = {name: value for name, value in header.items() if value is not None}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SecurityWarning)  # RFC 9864 calls EdDSA by another name
            registry = JWSRegistry(algorithms=[self.algorithm])
            return jwt.encode(header, claims, self.key, registry=registry)


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """Clients that trust another authority, or hang up, are part of the tests."""


class IdentityProvider:
    """Serves until the end of the `with` block. What it answers can be changed at any time."""

    def __init__(self, authority, algorithms=("RS256", "ES256", "EdDSA"), audience="flight"):
        self.authority = authority.path
        self.audience = audience
        self.keys = {algorithm: SigningKey(algorithm) for algorithm in algorithms}
        self.requests = Counter()
        self.answers = {}
        self.delay = 0.0
        self._lock = threading.Lock()
        pair = authority.issue(f"identity-provider-{uuid.uuid4().hex[:8]}")
        self.server = Server(("127.0.0.1", 0), self._handler())
        # The handshake belongs to the connection's own thread: a client that does not shake hands blocks no other.
        context = pair.server_context(alpn=("http/1.1",))
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.port = self.server.server_address[1]
        self.issuer = f"https://localhost:{self.port}"
        self.jwks = self.issuer + KEYS
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    # What it serves

    @property
    def configuration(self):
        return {"issuer": self.issuer, "jwks_uri": self.jwks, "id_token_signing_alg_values_supported": list(self.keys)}

    @property
    def key_set(self):
        return {"keys": [key.public for key in self.keys.values()]}

    def fetches(self, path=KEYS):
        """How often a document was asked for."""
        with self._lock:
            return self.requests[path]

    def rotate(self, algorithm="RS256"):
        """A new key in place of the old one, which is given back."""
        old, self.keys[algorithm] = self.keys[algorithm], SigningKey(algorithm)
        return old

    @contextlib.contextmanager
    def answering(self, status=200, body=None, headers=None, path=KEYS, delay=0.0):
        """For the length of a `with` block, another answer: a status, other bytes, a redirect, or all of it late."""
        before = self.answers.get(path), self.delay
        self.answers[path] = (status, body, headers or {})
        self.delay = delay
        try:
            yield
        finally:
            self.delay = before[1]
            if before[0] is None:
                self.answers.pop(path)
            else:
                self.answers[path] = before[0]

    def failing(self, status=500):
        return self.answering(status, b"no")

    def redirecting(self, to=None):
        return self.answering(302, b"", {"location": to or self.issuer + "/moved"})

    def oversized(self, size=100 << 20):
        """A key set with so many spaces before it. It is sent in pieces."""
        return self.answering(body=size)

    def late(self, seconds):
        return self.answering(delay=seconds)

    # Tokens

    def claims(self, subject="alice", **changes):
        """The claims of a good token with others, or without those that are None."""
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": self.audience, "sub": subject, "iat": now, "nbf": now, "exp": now + 600}
        return {name: value for name, value in {**claims, **changes}.items() if value is not None}

    def token(self, subject="alice", algorithm="RS256", header=None, **changes):
        """A token signed with the key of today."""
        return self.keys[algorithm].sign(self.claims(subject, **changes), header)

    # HTTP

    def _document(self, path):
        documents = {DISCOVERY: lambda: self.configuration, KEYS: lambda: self.key_set, "/moved": lambda: self.key_set}
        make = documents.get(path)
        return None if make is None else json.dumps(make()).encode()

    def _handler(provider):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 30

            def do_GET(self):
                with provider._lock:
                    provider.requests[self.path] += 1
                if provider.delay:
                    time.sleep(provider.delay)
                status, body, headers = provider.answers.get(self.path, (200, None, {}))
                document = provider._document(self.path)
                if document is None:
                    status, document = 404, b"not found"
                padding = body if isinstance(body, int) else 0
                document = document if body is None or padding else body
                with contextlib.suppress(OSError):
                    self._answer(status, headers, padding, document)

            def _answer(self, status, headers, padding, document):
                self.send_response(status)
                self.send_header("content-type", "application/json")
                for name, value in headers.items():
                    self.send_header(name, value)
                # Without a length the client finds out only while it reads.
                if padding:
                    self.send_header("connection", "close")
                    self.close_connection = True
                else:
                    self.send_header("content-length", str(len(document)))
                self.end_headers()
                for _ in range(padding >> 16):
                    self.wfile.write(b" " * (1 << 16))
                self.wfile.write(document)

            def log_message(self, *_):
                pass

        return Handler

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(5)
