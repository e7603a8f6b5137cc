"""`jetway serve --config`: a folder with a configuration and the files that it names, and the gateways that run by it."""

import base64
import json
import os
import re
import signal
import subprocess
import urllib.error
import urllib.request

from .gateway import BINARY, READY, Listener, until
from .process import Child

ADMIN = "admin on "
LIMITS = {"downstream": {"drainGrace": "1s", "drainHardStop": "2s"}}
REFUSAL = "authentication failed"


def command(*arguments, given=""):
    """Standard output of a `jetway` command that has to succeed."""
    done = subprocess.run([str(BINARY), *map(str, arguments)], input=given, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, f"{arguments} ended with {done.returncode}: {done.stderr}"
    return done.stdout


def basic(user, password, padded=True):
    """The value of an `authorization` field with a name and a password."""
    encoded = base64.b64encode(f"{user}:{password}".encode()).decode()
    return "Basic " + (encoded if padded else encoded.rstrip("="))


def binary(raw):
    """The value of a `-bin` field."""
    return base64.b64encode(raw if isinstance(raw, bytes) else raw.encode()).decode().rstrip("=")


class ConfiguredGateway(Listener):
    """A gateway by a configuration file. `port` and `location` are those of its first listener."""

    def __init__(self, file, *, tls=None, authority=None, threads=1, log_level="info", access_log=None, env=None):
        self.file, self.tls, self.authority, self.access_log = file, tls, authority, access_log
        arguments = [BINARY, "serve", "--config", file, "--threads", threads, "--log-level", log_level]
        Child.__init__(self, arguments, ready=READY, env=env)
        self.locations = [self.first_line[len(READY) :].strip()]
        self.configuration = json.loads(file.read_text())
        for _ in self.configuration["listeners"][1:]:
            line = self.line(5)
            assert line and line.startswith(READY), f"not as many listeners as configured: {line!r}"
            self.locations.append(line[len(READY) :].strip())
        self.admin = None
        if "admin" in self.configuration:
            line = self.line(5)
            assert line and line.startswith(ADMIN), f"no admin listener: {line!r}"
            self.admin = line[len(ADMIN) :].strip()
        self.location = self.locations[0]
        self.ports = [int(found[1]) if (found := re.search(r":(\d+)$", text)) else None for text in self.locations]
        self.port = self.ports[0]

    def calls(self):
        """The access log: a dictionary for each call that has ended."""
        if not self.access_log or not self.access_log.exists():
            return []
        return [json.loads(line) for line in self.access_log.read_bytes().split(b"\n") if line]

    def call_logged(self, **expected):
        """The last call of the access log with these values; waits for it."""
        expected = {name.replace("_", "-"): value for name, value in expected.items()}

        def find():
            lines = [line for line in self.calls() if expected.items() <= line.items()]
            return lines[-1] if lines else None

        found = until(find)
        assert found, f"no call with {expected} in the access log: {self.calls()[-3:]}"
        return found

    def logged(self, text, timeout=5):
        """Waits for a text in the log."""
        found = until(lambda: text in self.log(1 << 24), timeout)
        assert found, f"{text!r} is not in the log:\n{self.log()}"

    # Reload

    def outcomes(self):
        """How many reloads there were: taken, and not taken."""
        log = self.log(1 << 24)
        return log.count("configuration reloaded"), len(re.findall("configuration not reloaded", log))

    def reload(self, taken=True):
        """SIGHUP; waits until the configuration was taken, or refused."""
        before = self.outcomes()
        self.signal(signal.SIGHUP)
        self.wait_reload(before, taken)

    def wait_reload(self, before, taken=True, timeout=10):
        """Waits for a further outcome than those."""
        now = lambda: self.outcomes() != before and self.outcomes()  # noqa: E731
        after = until(now, timeout)
        assert after, f"there was no reload; its log:\n{self.log()}"
        assert (after[0] > before[0]) == taken, f"reloads before {before}, after {after}; its log:\n{self.log()}"

    # Admin

    def get_admin(self, path):
        with urllib.request.urlopen(self.admin + path, timeout=5) as answer:
            return answer.read().decode()

    def metric(self, name, **labels):
        """The sum of a metric's values over all series with these labels."""
        total = 0.0
        for line in self.get_admin("/metrics").splitlines():
            if not line.startswith(name) or line[len(name)] not in "{ ":
                continue
            if all(f'{key}="{value}"' in line for key, value in labels.items()):
                total += float(line.rpartition(" ")[2])
        return total


class Site:
    """A folder with a configuration, its files, and the secrets that must never be seen in any output."""

    def __init__(self, folder):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.gateways, self.secrets = folder, [], set()
        self.file = folder / "jetway.json"
        self.configuration = None

    # Files

    def write(self, name, content, mode=0o600):
        """Puts a file in place in one step."""
        path, new = self.folder / name, self.folder / f".{name}.new"
        new.touch(mode=mode)
        new.write_bytes(content if isinstance(content, bytes) else content.encode())
        os.replace(new, path)
        return path

    def secret(self, text):
        """Notes a secret; `close` looks for it, and for its base64, wherever a gateway writes."""
        self.secrets.add(text)
        return text

    def users(self, name="users.htpasswd", scheme="bcrypt", **passwords):
        """A file of users. bcrypt: the hash whose cost is the lowest."""
        lines = [command("password", user, "--scheme", scheme, given=self.secret(word) + "\n") for user, word in passwords.items()]
        return self.write(name, "".join(lines))

    def key_ring(self, name="keys.json"):
        command("keys", "new", self.folder / name)
        for key in json.loads((self.folder / name).read_text())["keys"]:
            self.secret(key["secret"])
        return self.folder / name

    def mint(self, subject, *arguments, ring="keys.json"):
        """A token of the gateway's own."""
        token = command("token", "--keys", self.folder / ring, "--subject", subject, *arguments).strip()
        return self.secret(token)

    def api_key(self, subject, *arguments, identifier="loader", name="api-keys.json"):
        key = command("keys", "api", self.folder / name, "--id", identifier, "--subject", subject, *arguments).strip()
        return self.secret(key)

    # Configuration

    def configure(self, upstream, methods, *, listeners=None, limits=None, tokens=None, credentials=None,
                  upstream_options=None, authentication=None, **rest):
        """Writes jetway.json; what is not given is as simple as it can be."""
        location = upstream if isinstance(upstream, str) else upstream.location
        limits = limits or {}
        downstream = {**LIMITS["downstream"], **limits.get("downstream", {})}
        self.configuration = {
            "listeners": listeners or [{"address": "127.0.0.1:0"}],
            "authentication": {"methods": methods, **({"tokens": tokens} if tokens else {}), **(authentication or {})},
            "upstreams": {
                "main": {"servers": [location], "locations": "keep", "tickets": "keep",
                         **({"credentials": credentials} if credentials else {}), **(upstream_options or {})},
            },
            "policies": "allowAll",
            "limits": {**limits, "downstream": downstream},
            "telemetry": {"accessLog": "access.log"},
            **rest,
        }
        self.save()
        return self

    def save(self):
        """Writes the configuration as it is now."""
        self.write("jetway.json", json.dumps(self.configuration))

    def start(self, **options):
        gateway = ConfiguredGateway(self.file, access_log=self.folder / "access.log", **options)
        self.gateways.append(gateway)
        return gateway

    # The end

    def outputs(self):
        """Everything that gateways of this folder wrote: name and bytes."""
        found = [(gateway.errors.name, gateway.log(1 << 26).encode()) for gateway in self.gateways]
        for gateway in self.gateways:
            lines = [line for line in list(gateway.lines.queue) if line]
            found.append((f"standard output of {gateway.pid}", "\n".join(lines).encode()))
            if gateway.admin and gateway.alive:
                for path in ("/metrics", "/api/config", "/.well-known/jwks.json"):
                    try:
                        found.append((path, gateway.get_admin(path).encode()))
                    except urllib.error.HTTPError:
                        pass
        log = self.folder / "access.log"
        return found + ([("access.log", log.read_bytes())] if log.exists() else [])

    def assert_no_secret_is_told(self):
        for name, content in self.outputs():
            for secret in self.secrets:
                for form in (secret.encode(), base64.b64encode(secret.encode()).rstrip(b"=")):
                    assert form not in content, f"the secret {secret!r} is in {name}"

    def close(self, failed=False):
        """Stops all gateways, cleanly, and looks for secrets in all that they wrote."""
        try:
            if not failed:
                self.assert_no_secret_is_told()
                for gateway in self.gateways:
                    if gateway.process.poll() is None:
                        gateway.stop()
                self.assert_no_secret_is_told()
        finally:
            for gateway in self.gateways:
                gateway.kill()
                gateway.remove_log()
