"""T33: pyarrow's own Flight tests, from its wheel, pass through the gateway wherever they pass direct."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.certs import Authority
from harness.gateway import BINARY

FOLDER = Path(__file__).parent
SUITES = ["pyarrow.tests.test_flight", "pyarrow.tests.test_flight_async"]
GROUPS = ["flight", "slow", "pandas", "numpy"]

# Cases that cannot pass through a gateway, with the reason.
SKIPPED = {
    "test_mtls": "the client's certificate ends at the gateway, which ends TLS; the upstream sees the gateway's",
}

# Cases whose server judges callers by credentials, which end at a gateway that judges them itself. This one has no users: to it
# a name, a password or a token that it did not give is wrong, not missing, and so is no anonymous call.
KNOWS_NOBODY = "the gateway answers the login itself, and has no such user"
ENDS_AT_THE_GATEWAY = {
    "test_http_basic_auth": KNOWS_NOBODY,
    "test_token_auth": KNOWS_NOBODY,
    "test_authenticate_basic_token": KNOWS_NOBODY,
    "test_authenticate_basic_token_and_action": KNOWS_NOBODY,
    "test_authenticate_basic_token_with_client_middleware": KNOWS_NOBODY,
    "test_arbitrary_headers_in_flight_call_options": KNOWS_NOBODY,
    "test_http_basic_auth_invalid_password": "refused as it should be, but with the gateway's text, not the server's",
}


@pytest.fixture(scope="module")
def testing_data(tmp_path_factory):
    """The files that pyarrow's TLS tests look for in ARROW_TEST_DATA/flight, made here."""
    folder = tmp_path_factory.mktemp("arrow-testing") / "flight"
    authority = Authority(folder)
    authority.path.rename(folder / "root-ca.pem")
    for name in ("cert0", "cert1"):
        authority.issue(name, use_rsa=True)
    return folder.parent


def run(mode, testing_data, folder):
    """One run of the suites; outcome by case name."""
    results = folder / f"{mode}.txt"
    results.touch()
    environment = {
        **os.environ, "WIRE_SUITE": mode, "WIRE_SUITE_RESULTS": str(results), "ARROW_TEST_DATA": str(testing_data),
        "PYTHONPATH": str(FOLDER), "JETWAY_BINARY": str(BINARY), **{f"PYARROW_TEST_{g.upper()}": "1" for g in GROUPS},
    }
    command = [sys.executable, "-m", "pytest", "-q", "-p", "harness.suite_plugin", "-p", "no:cacheprovider"]
    command += ["--timeout=120", "--tb=short", "--pyargs", *SUITES]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=400)
    lines = [line.split("\t") for line in results.read_text().splitlines()]
    assert lines, f"the suite did not run:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    figures = {key: value for key, value in lines if key in ("dialled", "died")}
    return {name: outcome for outcome, name in lines if name.startswith("test_")}, figures, done.stdout


@pytest.fixture(scope="module")
def passing(testing_data, tmp_path_factory):
    """What passes without a gateway."""
    direct, _, output = run("direct", testing_data, tmp_path_factory.mktemp("direct"))
    passing = {name for name, outcome in direct.items() if outcome == "passed"}
    assert len(passing) >= 85, f"only {len(passing)} cases pass direct; the comparison is worth nothing:\n{output[-3000:]}"
    return passing


@pytest.mark.timeout(600)
@pytest.mark.parametrize("mode", ["gateway", "passthrough", "anonymous"])
def test_T33_every_pyarrow_flight_test_that_passes_direct_passes_through_the_gateway(mode, passing, testing_data, tmp_path):
    through, figures, output = run(mode, testing_data, tmp_path)
    assert int(figures["dialled"]) >= 70, f"clients bypass the gateway: {figures}"
    assert "died" not in figures, f"a gateway died: {figures}"
    expected = passing - set(SKIPPED) - set(ENDS_AT_THE_GATEWAY if mode == "anonymous" else ())
    failed = sorted(name for name in expected if through.get(name) != "passed")
    assert not failed, f"{len(failed)} of {len(expected)} cases fail only through the gateway: {failed}\n{output[-12_000:]}"
    if mode == "anonymous":
        needless = sorted(name for name in ENDS_AT_THE_GATEWAY if through.get(name) == "passed")
        assert not needless, f"these pass after all: {needless}"
