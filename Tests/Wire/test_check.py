"""What `jetway check` says of configuration files, and returns."""

import json

import pytest

from harness.gateway import refused

FILE = "jetway.json"


@pytest.fixture
def configuration(tmp_path, pair, authority):
    """A configuration that is right, with the files that it names."""
    for name, source in [("cert.pem", pair.certificate), ("key.pem", pair.key), ("ca.pem", authority.path)]:
        (tmp_path / name).write_bytes(source.read_bytes())
    (tmp_path / "key.pem").chmod(0o600)
    (tmp_path / "users.htpasswd").write_text("alice:$6$0123456789abcdef$" + "a" * 86 + "\n")
    return {
        "listeners": [{"address": "0.0.0.0:8815", "tls": {"certificates": [{"certificate": "cert.pem", "key": "key.pem"}]}}],
        "authentication": {"methods": [{"type": "basic", "users": "users.htpasswd"}]},
        "upstreams": {"sales": {"servers": ["grpc://127.0.0.1:9000"], "locations": "keep", "tickets": "keep"}},
        "policies": "allowAll",
    }


@pytest.fixture
def check(tmp_path):
    """Runs the command over a configuration; (exit code, standard output, lines of standard error)."""

    def run(value, *arguments):
        file = tmp_path / FILE
        file.write_text(value if isinstance(value, str) else json.dumps(value))
        code, output, errors = refused("check", "--config", file, *arguments)
        return code, output, [line.removeprefix(f"{tmp_path}/") for line in errors.splitlines()]

    return run


def test_a_configuration_without_problems_is_ok(check, configuration):
    assert check(configuration) == (0, "ok\n", [])
    assert check(configuration, "--json") == (0, "[]\n", [])


def test_a_key_that_others_may_read_is_a_warning_and_no_failure(check, configuration, tmp_path):
    key = tmp_path / "key.pem"
    key.chmod(0o644)
    code, output, errors = check(configuration)
    assert (code, output) == (0, "ok\n")
    assert errors == [
        f"jetway.json: /listeners/0/tls/certificates/0/key: warning: {key}: every user of this machine may read or write it "
        f"(chmod o= {key})"
    ]
    (problem,) = json.loads(check(configuration, "--json")[1])
    assert problem["warning"] is True


def test_every_problem_is_a_line_with_file_place_and_hint(check, configuration):
    configuration["listeners"][0]["adress"] = 1
    configuration["upstreams"]["sales"]["servers"] = []
    configuration["routes"] = [{"match": {}, "to": "sale"}]
    code, output, errors = check(configuration)
    assert (code, output) == (1, "")
    assert errors == [
        'jetway.json: /listeners/0/adress: unknown key (did you mean "address"?)',
        "jetway.json: /upstreams/sales/servers: must not be empty",
        'jetway.json: /routes/0/to: there is no upstream "sale" (did you mean "sales"?)',
    ]


def test_the_same_problems_are_there_for_a_program(check, configuration, tmp_path):
    configuration["polices"] = configuration.pop("policies")
    code, output, errors = check(configuration, "--json")
    assert (code, errors) == (1, [])
    assert json.loads(output) == [
        {"file": str(tmp_path / FILE), "pointer": "", "problem": 'needs "policies"',
         "hint": 'to allow everything to every caller, write "allowAll"'},
        {"file": str(tmp_path / FILE), "pointer": "/polices", "problem": "unknown key", "hint": 'did you mean "policies"?'},
    ]


def test_what_is_no_json_is_told_with_its_line(check):
    code, output, errors = check('{\n  "listeners": [],\n  "listeners": []\n}\n')
    assert (code, output) == (1, "") and len(errors) == 1
    assert errors[0].startswith("jetway.json:3:") and "duplicate object key" in errors[0]


def test_a_file_that_is_not_there_is_one_line(tmp_path):
    code, output, errors = refused("check", "--config", tmp_path / "absent.json")
    assert (code, output, errors) == (1, "", f"{tmp_path}/absent.json: cannot be read: No such file or directory\n")


def test_the_effective_settings_are_a_configuration_with_all_defaults(check, configuration, tmp_path):
    configuration["limits"] = {"downstream": {"maxConcurrentStreams": 7}}
    code, output, errors = check(configuration, "--effective")
    assert (code, errors) == (0, [])
    effective = json.loads(output)
    assert effective["limits"]["downstream"]["maxConcurrentStreams"] == "7"
    assert effective["limits"]["upstream"]["quietInterval"] == "5s"
    assert effective["authentication"]["tokenHeaders"] == ["authorization"]
    assert effective["authentication"]["methods"][0]["users"] == str(tmp_path / "users.htpasswd")
    assert effective["upstreams"]["sales"]["credentials"] == {"type": "none"}
    assert check(effective, "--effective") == (0, output, [])


def test_secrets_are_never_shown(check, configuration, tmp_path, monkeypatch):
    monkeypatch.setenv("SALES_PASSWORD", "hunter2")
    (tmp_path / "token").write_text("hunter2\n")
    for credentials in [{"type": "basic", "username": "a", "password": "env:SALES_PASSWORD"},
                        {"type": "bearer", "token": {"file": "token"}}]:
        configuration["upstreams"]["sales"]["credentials"] = credentials
        code, output, errors = check(configuration, "--effective")
        assert (code, errors) == (0, []) and "hunter2" not in output
    configuration["upstreams"]["sales"]["credentials"] = {"type": "bearer", "token": "hunter2"}
    for arguments in ([], ["--json"], ["--effective"]):
        code, output, errors = check(configuration, *arguments)
        assert code == 1 and "hunter2" not in output + "".join(errors)


def test_files_that_cannot_be_used_are_named(check, configuration, authority, tmp_path):
    (tmp_path / "other.pem").write_bytes(authority.issue("unrelated").key.read_bytes())
    (tmp_path / "broken.pem").write_text("-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----\n")
    tls = configuration["listeners"][0]["tls"]
    tls["certificates"][0]["key"] = "other.pem"
    tls |= {"clientCA": "broken.pem", "clientCertificate": "optional"}
    configuration["authentication"]["methods"][0]["users"] = "absent.htpasswd"
    configuration["upstreams"]["sales"]["credentials"] = {"type": "bearer", "token": "env:JETWAY_TEST_UNSET"}
    code, output, errors = check(configuration)
    assert (code, output) == (1, "")
    for place in ["/listeners/0/tls", "/authentication/methods/0/users", "/upstreams/sales/credentials/token"]:
        assert any(f": {place}" in line for line in errors), errors
    for name in ["other.pem", "broken.pem", "absent.htpasswd", "JETWAY_TEST_UNSET"]:
        assert any(name in line for line in errors), f"{name}: {errors}"


def test_what_is_not_supported_yet_is_a_problem(check, configuration):
    configuration["upstreams"]["sales"].pop("tickets")
    code, output, errors = check(configuration)
    assert (code, output) == (1, "")
    assert errors == ['jetway.json: /upstreams/sales/tickets: "seal" is not supported yet (write "tickets": "keep")']


@pytest.mark.parametrize("arguments", [[], ["--config", "a.json", "--effective", "--json"], ["--config", "a.json", "b"]])
def test_wrong_use_has_exit_code_2(arguments):
    code, output, errors = refused("check", *arguments)
    assert (code, output) == (2, "") and errors
