"""The samples of the documentation do what it says they do."""

import re
import shlex
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from harness.gateway import BINARY, READY
from harness.process import Child

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
ARTICLES = ROOT / "Sources/Jetway/Jetway.docc"
LIMITS = (ARTICLES / "Limits.md").read_text()
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "deploy/README.md", ROOT / "policies/README.md",
         ROOT / "Benchmarks/README.md", *sorted(ARTICLES.glob("*.md"))]


def blocks(text, language=""):
    found = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [body for kind, body in found if kind == language]


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


def told_server(text):
    """A server that says when it listens: the sample itself has no reason to."""
    told = r"server = \1\nprint('ready', flush=True)\nserver.serve()"
    ready, count = re.subn(r"^(Server\(.*\))\.serve\(\)$", told, text, flags=re.MULTILINE)
    assert count == 1
    return Child([sys.executable, "-c", ready], ready="ready")


class Session:
    """Lines with `$ ` are commands, the others are what they say; the last one serves. Ports are moved to free ones."""

    def __init__(self, text, folder, given=""):
        self.folder, self.given = folder, given
        self.ports = {"9000": str(free_port()), "8815": str(free_port())}
        lines = self.moved(text).splitlines()
        starts = [number for number, line in enumerate(lines) if line.startswith("$ ")]
        ends = [*starts[1:], len(lines)]
        self.commands = [(lines[start], lines[start + 1 : end]) for start, end in zip(starts, ends)]

    def moved(self, text):
        return re.sub("|".join(self.ports), lambda port: self.ports[port[0]], text)

    def serve(self):
        """Runs all commands; the last one is left running."""
        *before, last = [(shlex.split(line.removeprefix("$ .build/release/jetway ")), said) for line, said in self.commands]
        for words, said in before:
            done = subprocess.run([BINARY, *words], cwd=self.folder, input=self.given, capture_output=True, text=True, timeout=30)
            assert (done.returncode, done.stdout.splitlines()) == (0, said), done.stderr
        words, said = last
        assert words[0] == "serve"
        gateway = Child([BINARY, *(self.folder / word if word == "jetway.json" else word for word in words)], ready=READY)
        assert [gateway.first_line.strip()] == said
        return gateway

    def assert_client(self, client):
        """A client prints what its comments promise."""
        done = subprocess.run([sys.executable, "-c", self.moved(client)], capture_output=True, text=True, timeout=30)
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines() == [line.removeprefix("# ") for line in client.splitlines() if line.startswith("# ")]


SERVER, CLIENT, CLIENT_WITH_A_NAME = blocks(README, "python")
TRANSPARENT, WITH_USERS = [block for block in blocks(README) if "jetway serve" in block]


def test_the_readme_puts_the_gateway_in_front_of_a_pyarrow_server(tmp_path):
    session = Session(TRANSPARENT, tmp_path)
    with told_server(session.moved(SERVER)), session.serve():
        session.assert_client(CLIENT)


def test_the_readmes_gateway_with_users_lets_its_client_in_and_others_not(tmp_path):
    [configuration] = blocks(README, "json")
    session = Session(WITH_USERS, tmp_path, given="correct horse\n")
    (tmp_path / "jetway.json").write_text(session.moved(configuration))
    with told_server(session.moved(SERVER)), session.serve():
        session.assert_client(CLIENT_WITH_A_NAME)
        with pytest.raises(AssertionError, match="authentication failed"):
            session.assert_client(CLIENT)


def test_the_commands_of_the_article_on_limits_are_taken():
    commands = [line for block in blocks(LIMITS) for line in block.splitlines() if line.startswith("jetway ")]
    assert commands
    for command in commands:
        arguments = shlex.split(command.removeprefix("jetway ")) + ["--list-limits"]
        done = subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=20)
        assert done.returncode == 0, done.stderr
        for limit in (word for word in arguments if "=" in word):
            assert limit in done.stdout.splitlines()


def listed_limits():
    done = subprocess.run(
        [BINARY, "serve", "--listen", "127.0.0.1:0", "--upstream", "grpc://127.0.0.1:9", "--list-limits"],
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert done.returncode == 0, done.stderr
    return {line.split("=")[0].split(".")[-1] for line in done.stdout.splitlines()}


@pytest.mark.parametrize("document", ["README.md", "deploy/README.md", "Sources/Jetway/Jetway.docc/Limits.md"])
def test_every_limit_that_the_documentation_names_is_there(document):
    text = (ROOT / document).read_text()
    named = set(re.findall(r"`(?:downstream\.|upstream\.)?([a-z]+[A-Z]\w+)`", text))
    known = listed_limits()
    assert named <= known, f"{document} names what is not there: {sorted(named - known)}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_make_command_that_a_page_names_is_a_target(page):
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"(?:^|`)make ([a-z-]+)", page.read_text(), re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"make {target} is no target"


def test_the_readme_has_its_two_commands():
    assert re.findall(r"^make ([a-z-]+) ", README, re.MULTILINE) == ["demo", "test"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page):
    text = page.read_text()
    for link in re.findall(r"\]\(([^)#]+)\)", text):
        assert "://" in link or (page.parent / link).exists(), f"{link} leads nowhere"
    for article in re.findall(r"<doc:(\w+)>", text):
        assert (ARTICLES / f"{article}.md").exists(), f"{article} leads nowhere"


def test_the_command_of_the_article_on_the_embedded_server_serves_a_folder(tmp_path):
    [command] = [line for block in blocks((ARTICLES / "EmbeddedServer.md").read_text()) for line in block.splitlines()]
    moved = command.replace(" DIR ", f" {tmp_path} ").replace("8815", str(free_port()))
    with Child([BINARY, *shlex.split(moved.removeprefix("jetway "))], ready=READY):
        pass


def test_the_benchmarks_take_the_options_that_their_page_names():
    usage = subprocess.run([sys.executable, ROOT / "Benchmarks/bench.py", "--help"], capture_output=True, text=True,
                           timeout=60)
    assert usage.returncode == 0, usage.stderr
    page = (ROOT / "Benchmarks/README.md").read_text()
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", page)) <= set(re.findall(r"--[a-z-]+", usage.stdout))
