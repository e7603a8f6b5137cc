"""The samples of the articles on configuration, logins and middleware: files pass `jetway check`, commands and programs run."""

import json
import os
import re
import shlex
import subprocess
import sys
import textwrap

import pytest

from harness.configured import ConfiguredGateway, command
from harness.gateway import BINARY
from harness.witness import Witness
from test_documentation import ARTICLES, ROOT, blocks, free_port, listed_limits, told_server

PASSWORD = "correct horse"
PAGES = {name: (ARTICLES / f"{name}.md").read_text()
         for name in ("Configuration", "Authentication", "UpstreamCredentials", "Middleware")}
SCHEMA = json.loads((ROOT / "policies/jetway.schema.json").read_text())
# Keys of tables whose default is not what the file below has.
OTHERS = {"credentials", "limits"}
# What a part of a configuration stands in.
REST = {
    "listeners": [{"address": "127.0.0.1:8815"}],
    "authentication": {"methods": [{"type": "basic", "users": "users.htpasswd"}]},
    "upstreams": {"sales": {"servers": ["grpc://127.0.0.1:9000"], "locations": "keep", "tickets": "keep"}},
    "policies": "allowAll",
}


@pytest.fixture
def folder(tmp_path, authority, pair):
    """A folder with all files that the samples name."""
    (tmp_path / "tls").mkdir()
    gateway = authority.issue(f"gateway-of-{tmp_path.name}")
    for name, source in [("cert.pem", pair.certificate), ("key.pem", pair.key), ("ca.pem", authority.path),
                         ("clients.pem", authority.path), ("gateway.pem", gateway.certificate), ("gateway.key", gateway.key)]:
        (tmp_path / "tls" / name).write_bytes(source.read_bytes())
        (tmp_path / "tls" / name).chmod(0o600)
    (tmp_path / "users.htpasswd").write_text(command("password", "alice", "--scheme", "bcrypt", given=PASSWORD + "\n"))
    command("keys", "new", tmp_path / "keys.json")
    command("keys", "api", tmp_path / "api-keys.json", "--id", "nightly", "--subject", "nightly")
    (tmp_path / "revoked.txt").touch()
    (tmp_path / "secret.txt").write_text("the gateway's own word\n")
    command("keys", "identity", tmp_path / "identity.pem")
    return tmp_path


def samples(language, *names):
    found = [(name, text) for name in names or PAGES for text in blocks(PAGES[name], language)]
    assert found
    return pytest.mark.parametrize(
        "page, text", found, ids=[f"{name}-{number}" for number, (name, _) in enumerate(found)])


def merged(base, part):
    """Objects are joined key by key; everything else is replaced."""
    if isinstance(base, dict) and isinstance(part, dict):
        return base | {key: merged(base.get(key), value) for key, value in part.items()}
    return part


def write(folder, part, **changes):
    file = folder / "jetway.json"
    file.write_text(json.dumps(merged(merged(REST, part), changes)))
    return file


# Files


@samples("json")
def test_every_file_of_the_articles_is_one_that_serve_takes(folder, page, text):
    file = write(folder, json.loads(text))
    done = subprocess.run([BINARY, "check", "--config", file], capture_output=True, text=True, timeout=20)
    assert (done.returncode, done.stdout, done.stderr) == (0, "ok\n", "")


def test_the_first_file_is_a_whole_one(folder):
    first = blocks(PAGES["Configuration"], "json")[0]
    (folder / "jetway.json").write_text(first)
    assert command("check", "--config", folder / "jetway.json") == "ok\n"


def keys_of(schema):
    """Each key that a configuration can have."""
    if isinstance(schema, list):
        return set().union(*map(keys_of, schema))
    if not isinstance(schema, dict):
        return set()
    return set(schema.get("properties", ())) | keys_of(list(schema.values()))


def test_every_key_of_the_schema_is_explained():
    """Those of connections' limits are in `--list-limits`."""
    definitions = {name: part for name, part in SCHEMA["$defs"].items() if name != "connectionLimits"}
    keys = keys_of([SCHEMA["properties"], definitions]) | set(SCHEMA["properties"])
    told = "".join(PAGES.values())
    assert not {key for key in keys - listed_limits() if not re.search(rf"[`\"]{re.escape(key)}[`\"]", told)}


def rows(page, heading):
    """Key and default of each row of the table that begins with a text, or follows it."""
    table = re.search(r"^\|.*?(?=\n\n)", PAGES[page][PAGES[page].index(heading):], re.MULTILINE | re.DOTALL)[0]
    cells = [[cell.strip() for cell in row.strip("|").split(" | ")] for row in table.splitlines()[2:]]
    return {row[0].strip("`"): row[1] for row in cells}


def written(value):
    """How a table writes a default."""
    return f"`{value}`" if isinstance(value, str) else f"`{json.dumps(value)}`"


@pytest.mark.parametrize("page, heading, path", [
    ("Configuration", "### A listener", ["listeners", 0]),
    ("Configuration", "`tls` of a listener", ["listeners", 0, "tls"]),
    ("Configuration", "### An upstream", ["upstreams", "main"]),
    ("Configuration", "### A route", ["routes", 0]),
    ("Configuration", "### Telemetry", ["telemetry"]),
    ("Authentication", "## Overview", ["authentication"]),
    ("Authentication", "| key of `tokens`", ["authentication", "tokens"]),
    ("Authentication", "| key of `jwt`", ["authentication", "methods", 0]),
    ("Authentication", "| key of `apiKey`", ["authentication", "methods", 1]),
    ("UpstreamCredentials", "## The gateway's own account", ["upstreams", "main", "credentials"]),
])
def test_the_defaults_in_the_tables_are_the_gateways(tmp_path, page, heading, path):
    """`--effective` of a file that says as little as it can; checked where a table's default is a value."""
    (tmp_path / "jetway.json").write_text(json.dumps({
        "listeners": [{"address": "127.0.0.1:0", "tls": {"certificates": [{"certificate": "c.pem", "key": "k.pem"}]}}],
        "authentication": {
            "methods": [{"type": "jwt", "issuer": "https://idp.example.com", "audience": "flight"},
                        {"type": "apiKey", "keys": "api-keys.json"}],
            "tokens": {"keys": "keys.json"}},
        "upstreams": {"main": {
            "servers": ["grpc://127.0.0.1:1"],
            "credentials": {"type": "handshake", "username": "gateway", "password": "env:WORD"}}},
        "routes": [{"match": {}, "to": "main"}],
        "policies": "allowAll",
    }))
    done = subprocess.run([BINARY, "check", "--config", tmp_path / "jetway.json", "--effective"], capture_output=True,
                          text=True, timeout=20)
    settings = json.loads(done.stdout)
    for step in path:
        settings = settings[step]
    told = {key: default for key, default in rows(page, heading).items() if default.startswith("`") and key not in OTHERS}
    assert told == {key: written(settings[key]) for key in told}


# Commands


@samples("", "Configuration", "Authentication", "UpstreamCredentials")
def test_every_command_of_the_articles_does_what_it_says(folder, page, text):
    if page == "Configuration":
        (folder / "jetway.json").write_text(blocks(PAGES[page], "json")[0])
        # The commands make it.
        (folder / "keys.json").unlink()
    else:
        write(folder, json.loads(blocks(PAGES["Authentication"], "json")[0]))
    (folder / "typo.json").write_text(json.dumps(REST).replace('"policies"', '"polices"'))
    if "keys identity" in text:
        (folder / "identity.pem").unlink()
    expected, run = [], []
    for line in text.splitlines():
        (run if not text.startswith("$ ") or line.startswith("$ ") else expected).append(line.removeprefix("$ "))
    bin_folder = folder / "bin"
    bin_folder.mkdir()
    (bin_folder / "jetway").symlink_to(BINARY)
    environment = os.environ | {"PATH": f"{bin_folder}:{os.environ['PATH']}"}
    for line in run:
        done = subprocess.run(["bash", "-c", line], cwd=folder, env=environment, input="a new password\n",
                              capture_output=True, text=True, timeout=30)
        assert done.returncode == (1 if expected else 0), f"{line}: {done.stderr}"
    if expected:
        assert (done.stdout + done.stderr).splitlines() == expected


def test_the_commands_inside_of_sentences_are_commands(folder):
    """`jetway …` with options is taken; what it says of a file is true of the files here."""
    for name, text in PAGES.items():
        for line in re.findall(r"`(jetway (?:password|keys|token) [^`]+)`", text):
            words = shlex.split(line)[1:]
            if "new" in words:
                (folder / words[-1]).unlink()
            given = command("token", "--keys", folder / "keys.json", "--subject", "basic:alice") if "--inspect" in words else "word\n"
            done = subprocess.run([BINARY, *words], cwd=folder, input=given, capture_output=True, text=True, timeout=30)
            assert done.returncode == 0, f"{name}: {line}: {done.stderr}"


# Programs


class Places:
    """The ports of the samples, each with a free one in its place."""

    def __init__(self):
        self.ports = {port: str(free_port()) for port in ("8815", "9000", "9901")}

    def moved(self, text):
        return re.sub(r"(?<=:)(?:8815|9000|9901)\b", lambda found: self.ports[found[0]], text)


def run_python(text):
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


@samples("python", "Authentication")
def test_the_clients_of_the_article_log_in(folder, page, text):
    places = Places()
    with Witness() as server:
        part = {"upstreams": {"sales": {"servers": [server.location]}}}
        with ConfiguredGateway(write(folder, part, listeners=[{"address": f"127.0.0.1:{places.ports['8815']}"}])):
            assert run_python(places.moved(text)) == "3\n"
        given = [fields for _, fields in server.calls]
    assert given and not any("authorization" in fields for fields in given)


def test_a_client_of_the_article_keeps_the_newest_token(folder):
    """With tokens that live for a minute the last third begins after 40 seconds: here a call's answer stands for that."""
    text = blocks(PAGES["Authentication"], "python")[1]
    program = text[: text.index("keeper = KeepToken()")] + textwrap.dedent("""
        keeper = KeepToken()
        call = keeper.start_call(None)
        assert call.sending_headers() == {}
        call.received_headers({"authorization": ["Bearer a"]})
        assert keeper.start_call(None).sending_headers() == {"authorization": "Bearer a"}
        call.received_headers({"x-other": ["b"]})
        assert keeper.token == "Bearer a"
    """)
    run_python(program)


def test_the_server_of_the_article_knows_callers_by_their_signed_identity(folder):
    places = Places()
    [server] = blocks(PAGES["UpstreamCredentials"], "python")
    part = json.loads(next(text for text in blocks(PAGES["UpstreamCredentials"], "json") if '"signed"' in text))
    listeners = [{"address": f"127.0.0.1:{places.ports['8815']}"}]
    part = json.loads(places.moved(json.dumps(part)))
    client = textwrap.dedent(f"""
        import pyarrow.flight as flight
        with flight.connect("LOCATION") as client:
            options = flight.FlightCallOptions(headers=[client.authenticate_basic_token("alice", "{PASSWORD}")] if LOGIN else [])
            try:
                print(client.do_get(flight.Ticket(b""), options).read_all().to_pydict())
            except flight.FlightUnauthenticatedError as error:
                print("no identity" in str(error))
    """)
    with told_server(places.moved(server)):
        with ConfiguredGateway(write(folder, part, listeners=listeners)) as gateway:
            through = client.replace("LOCATION", gateway.location).replace("LOGIN", "True")
            assert run_python(through) == "{'caller': ['basic:alice']}\n"
            direct = client.replace("LOCATION", f"grpc://127.0.0.1:{places.ports['9000']}").replace("LOGIN", "False")
            assert run_python(direct) == "True\n"


# Swift


def compiled():
    folder = ROOT / "Tests/JetwayTestingTests"
    return "".join((folder / name).read_text() for name in ("MiddlewareTests.swift", "MiddlewareSamples.swift"))


@samples("swift", "Middleware")
def test_the_swift_of_the_article_is_compiled_and_run_by_the_tests(page, text):
    assert "\n" + text in compiled()


def test_the_example_in_the_code_is_the_same():
    sample = blocks(PAGES["Middleware"], "swift")[0]
    lines = (ROOT / "Sources/Jetway/Gateway.swift").read_text().splitlines()
    assert sample in "".join(line.removeprefix("///").removeprefix(" ") + "\n" for line in lines if line.startswith("///"))
