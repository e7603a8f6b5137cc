"""`jetway password`, `jetway keys` and `jetway token`: what they print and write, judged by other software."""

import ctypes
import hashlib
import json
import os
import pty
import stat
import subprocess
import termios

import pytest
from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from harness.gateway import BINARY, one_line, until

PASSWORD = "correct hörse"


def jetway(*arguments, given="", code=0):
    """Standard output of the command, which must end with `code`; of a refusal its one line on standard error."""
    done = subprocess.run([str(BINARY), *map(str, arguments)], input=given, capture_output=True, text=True, timeout=30)
    assert done.returncode == code, f"{done.returncode}: {done.stderr}"
    if code == 0:
        return done.stdout
    assert done.stdout == ""
    return one_line(done.stderr)


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


# Passwords


def crypt(password, setting):
    """Through the C library, as login programs do."""
    library = ctypes.CDLL("libcrypt.so.1")
    library.crypt.restype = ctypes.c_char_p
    return library.crypt(password.encode(), setting.encode()).decode()


def openssl(password, setting):
    """OpenSSL's own implementation of the SHA-2 hashes of crypt(5)."""
    _, kind, rounds, salt, _ = setting.split("$")
    command = ["openssl", "passwd", f"-{kind}", "-salt", f"{rounds}${salt}", "-stdin"]
    return subprocess.run(command, input=password + "\n", capture_output=True, text=True, check=True).stdout.strip()


def argon2(password, encoded):
    """OpenSSL's argon2id; the hash again if it is the password's."""
    try:
        Argon2id.verify_phc_encoded(password.encode(), encoded)
    except InvalidKey:
        return None
    return encoded


@pytest.mark.parametrize(
    "scheme, start, other",
    [
        ("argon2id", "$argon2id$v=19$m=19456,t=2,p=1$", argon2),
        ("bcrypt", "$2y$11$", crypt),
        ("yescrypt", "$y$j9T$", crypt),
        ("sha512", "$6$rounds=100000$", openssl),
    ],
)
def test_a_hash_is_verified_by_other_software(scheme, start, other):
    line = jetway("password", "alice", "--scheme", scheme, given=f"{PASSWORD}\n").strip()
    user, hashed = line.split(":")
    assert user == "alice" and hashed.startswith(start)
    assert other(PASSWORD, hashed) == hashed
    assert other("another", hashed) != hashed


def test_without_a_user_and_a_scheme_an_argon2id_hash_alone_is_printed():
    assert jetway("password", given=PASSWORD).startswith("$argon2id$")
    assert argon2(PASSWORD, jetway("password", given=f"{PASSWORD}\r\n").strip())


def test_a_file_gets_the_users_line_and_keeps_all_others(tmp_path):
    users = tmp_path / "users.htpasswd"
    assert jetway("password", "alice", "--file", users, given="one\n") == ""
    assert mode(users) == 0o600
    first = users.read_text()
    users.write_text(f"# our users\n{first}")
    os.chmod(users, 0o640)
    jetway("password", "bob", "--file", users, given="two\n")
    jetway("password", "alice", "--file", users, given="three\n")
    comment, alice, bob = users.read_text().splitlines()
    assert comment == "# our users"
    assert argon2("three", alice.removeprefix("alice:")) and argon2("two", bob.removeprefix("bob:"))
    assert mode(users) == 0o640
    assert os.listdir(tmp_path) == ["users.htpasswd"]


@pytest.mark.parametrize(
    "arguments, given, code, named",
    [
        (["a:b"], "x\n", 2, "colon"),
        (["a\nb"], "x\n", 2, "control"),
        (["x" * 257], "x\n", 2, "256"),
        (["--file", "users"], "x\n", 2, "user"),
        (["alice", "--scheme", "md5"], "x\n", 2, "md5"),
        (["alice"], "", 1, "empty"),
        (["alice"], "\n", 1, "empty"),
        (["alice"], "x\ny\n", 1, "line"),
        (["alice"], "x\0y\n", 1, "NUL"),
        (["alice"], "x" * 1025, 1, "1024"),
        (["alice", "--scheme", "bcrypt"], "x" * 73, 1, "72"),
        (["alice", "--file", "/nowhere/users"], "x\n", 1, "/nowhere/users"),
    ],
)
def test_what_cannot_be_a_password_or_a_user_is_told_in_one_line(arguments, given, code, named):
    assert named in jetway("password", *arguments, given=given, code=code)


class Typist:
    """A command on a terminal of its own."""

    def __init__(self, *arguments):
        self.terminal, other = pty.openpty()
        command = [str(BINARY), *map(str, arguments)]
        self.child = subprocess.Popen(command, stdin=other, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.other = other

    def is_mute(self):
        return not termios.tcgetattr(self.other)[3] & termios.ECHO

    def type(self, text):
        """Types a line once the terminal shows nothing any more."""
        assert until(self.is_mute), "the terminal shows what is typed"
        prompt = b""
        while not prompt.endswith(b": "):
            prompt += os.read(self.child.stderr.fileno(), 1)
        os.write(self.terminal, text.encode())

    def end(self):
        output, errors = self.child.communicate(timeout=30)
        assert not self.is_mute(), "the terminal is left mute"
        os.set_blocking(self.terminal, False)
        try:
            shown = os.read(self.terminal, 10_000).decode()
        except BlockingIOError:
            shown = ""
        os.close(self.terminal)
        os.close(self.other)
        return self.child.returncode, output, errors, shown


def test_on_a_terminal_the_password_is_typed_twice_and_never_shown():
    typist = Typist("password", "alice")
    typist.type(f"{PASSWORD}\n")
    typist.type(f"{PASSWORD}\n")
    code, output, _, shown = typist.end()
    assert code == 0 and argon2(PASSWORD, output.strip().removeprefix("alice:"))
    assert PASSWORD not in shown


def test_two_passwords_that_differ_set_none(tmp_path):
    typist = Typist("password", "alice", "--file", tmp_path / "users")
    typist.type("one\n")
    typist.type("two\n")
    code, output, errors, _ = typist.end()
    assert (code, output) == (1, "") and "differ" in errors
    assert not os.listdir(tmp_path)


def test_control_c_ends_the_question_and_the_terminal_shows_again():
    typist = Typist("password", "alice")
    typist.type("half\x03\n")
    code, output, errors, _ = typist.end()
    assert (code, output) == (1, "") and "interrupted" in errors


# Key rings and tokens


@pytest.fixture
def ring(tmp_path):
    path = tmp_path / "keys.json"
    jetway("keys", "new", path)
    return path


def uses(ring):
    return {key["id"]: key["use"] for key in json.loads(jetway("keys", "list", ring, "--json"))}


def mint(ring, *arguments):
    return jetway("token", "--keys", ring, "--subject", "basic:alice", *arguments).strip()


def inspect(ring, token, code=0):
    text = jetway("token", "--keys", ring, "--inspect", given=token, code=code)
    return json.loads(text) if code == 0 else text


def test_a_key_ring_is_its_owners_alone_and_not_written_over(ring):
    assert mode(ring) == 0o600
    assert uses(ring) == {"k1": "sign"}
    before = ring.read_text()
    assert "there already" in jetway("keys", "new", ring, code=1)
    assert ring.read_text() == before
    assert json.loads(before)["keys"][0]["secret"] not in jetway("keys", "list", ring)


def test_a_rotated_ring_opens_old_tokens_and_signs_new_ones_with_the_new_key(ring, tmp_path):
    old = mint(ring)
    stale = tmp_path / "stale.json"
    stale.write_bytes(ring.read_bytes())
    stale.chmod(0o600)
    jetway("keys", "rotate", ring)
    assert uses(ring) == {"k1": "open", "k2": "sign"}
    assert inspect(ring, old)["state"] == "valid"
    assert "key that is not known" in inspect(stale, mint(ring), code=1)


def test_a_prepared_key_opens_before_it_signs(ring, tmp_path):
    jetway("keys", "rotate", ring, "--prepare")
    assert uses(ring) == {"k1": "sign", "k2": "open"}
    replica = tmp_path / "replica.json"
    replica.write_bytes(ring.read_bytes())
    replica.chmod(0o600)
    jetway("keys", "rotate", ring)
    assert uses(ring) == {"k1": "open", "k2": "sign"}
    assert inspect(replica, mint(ring))["subject"] == "basic:alice"


def test_old_keys_are_dropped_by_age_and_a_full_ring_says_so(ring):
    for _ in range(15):
        jetway("keys", "rotate", ring)
    assert len(uses(ring)) == 16
    assert "--drop-older-than" in jetway("keys", "rotate", ring, code=1)
    content = json.loads(ring.read_text())
    for key in content["keys"][:-1]:
        key["created"] = "2020-01-01T00:00:00Z"
    ring.write_text(json.dumps(content))
    jetway("keys", "rotate", ring, "--drop-older-than", "30d")
    assert uses(ring) == {"k16": "open", "k17": "sign"}


def test_a_ring_that_others_can_read_is_refused(ring):
    ring.chmod(0o644)
    assert "chmod 600" in jetway("keys", "list", ring, code=1)


def test_a_token_says_who_and_for_how_long(ring):
    token = mint(ring, "--group", "a", "--group", "b", "--tenant", "acme", "--lifetime", "90s")
    assert token.startswith("jwy_") and "alice" not in token
    said = inspect(ring, f"Bearer {token}\n")
    assert (said["subject"], said["method"], said["tenant"]) == ("basic:alice", "basic", "acme")
    assert said["groups"] == ["a", "b"] and said["state"] == "valid"
    assert said["issued"] == said["loggedIn"] < said["expires"]
    issuer = jetway("token", "--keys", ring, "--subject", "jwt:corp:alice:b").strip()
    assert (inspect(ring, issuer)["subject"], inspect(ring, issuer)["source"]) == ("jwt:corp:alice:b", "corp")


def test_a_forged_token_is_told_so_without_its_text(ring):
    token = mint(ring)
    changed = token[:20] + ("A" if token[20] != "A" else "B") + token[21:]
    for forged in (token[:-1], token + "A", changed, "hunter2"):
        refusal = inspect(ring, forged, code=1)
        assert refusal.startswith("jetway: the token is ") and forged not in refusal


@pytest.mark.parametrize(
    "arguments, named",
    [
        (["--subject", "alice"], "basic:"),
        (["--subject", "jwt:alice"], "jwt:ISSUER:"),
        (["--subject", "basic:"], "basic:"),
        (["--subject", "passthrough:x"], "passthrough"),
        (["--subject", "basic:a", "--lifetime", "soon"], "soon"),
        (["--subject", "basic:a", "--lifetime", "0s"], "0s"),
        (["--subject", "basic:a", "--lifetime", "9999999999999999999d"], "d"),
        (["--subject", "basic:a", "--inspect"], "--inspect"),
        ([], "--subject"),
    ],
)
def test_wrong_use_of_token_is_one_line_and_exit_code_2(ring, arguments, named):
    assert named in jetway("token", "--keys", ring, *arguments, code=2)


# Other keys


def test_an_api_key_is_printed_once_and_kept_as_its_hash(tmp_path):
    path = tmp_path / "api-keys.json"
    first = jetway("keys", "api", path, "--id", "loader", "--subject", "nightly", "--group", "a", "--tenant", "t").strip()
    second = jetway("keys", "api", path, "--id", "b_2", "--subject", "b", "--expires", "2099-01-01T00:00:00Z").strip()
    assert first.startswith("jak_loader_") and second.startswith("jak_b_2_")
    assert mode(path) == 0o600
    assert json.loads(path.read_text()) == {
        "version": 1,
        "keys": [
            {"id": "loader", "sha256": hashlib.sha256(first.encode()).hexdigest(), "subject": "nightly",
             "groups": ["a"], "tenant": "t"},
            {"id": "b_2", "sha256": hashlib.sha256(second.encode()).hexdigest(), "subject": "b",
             "expires": "2099-01-01T00:00:00Z"},
        ],
    }
    assert "already" in jetway("keys", "api", path, "--id", "loader", "--subject", "x", code=1)
    assert "--expires" in jetway("keys", "api", path, "--id", "c", "--subject", "x", "--expires", "later", code=2)
    assert "id" in jetway("keys", "api", path, "--id", "a b", "--subject", "x", code=2)
    path.write_text('{"version": 1, "keys": {}}')
    assert "/keys" in jetway("keys", "api", path, "--id", "c", "--subject", "x", code=1)


def test_an_identity_key_is_one_for_es256_and_its_owners_alone(tmp_path):
    path = tmp_path / "identity.pem"
    jetway("keys", "identity", path)
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name == "secp256r1"
    assert mode(path) == 0o600
    assert "there already" in jetway("keys", "identity", path, code=1)
