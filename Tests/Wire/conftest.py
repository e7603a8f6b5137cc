"""What the tests share. A missing tool is an error here, never a skip."""

import contextlib
import time

import adbc_driver_flightsql
import hpack
import pyarrow.flight as flight
import pytest

from harness.badserver import BadServer
from harness.certs import Authority
from harness.configured import Site
from harness.embedded import EmbeddedServer
from harness.flightserver import FlightServer
from harness.gateway import BINARY, Gateway
from harness.process import MIB
from harness.samples import write_samples
from harness.victim import Victim

# Imported here so that a missing one stops every test.
TOOLS = (adbc_driver_flightsql, hpack, flight)

# What a 2-core machine's scheduler alone adds to a call beside a client that keeps a core busy.
SCHEDULER_NOISE = 0.1
# What the allocator keeps for later after thousands of streams; that repetition adds nothing to it is T28's to show.
ALLOCATOR_SLACK = 4 * MIB
# How each part of a test ended, for what looks at its remains.
OUTCOMES = pytest.StashKey()


def pytest_configure(config):
    if not BINARY.exists():
        pytest.exit(f"{BINARY} is not there: run `make build` first", returncode=3)


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    """A certificate authority of this run."""
    return Authority(tmp_path_factory.mktemp("certs"))


@pytest.fixture(scope="session")
def pair(authority):
    """A certificate and key for localhost."""
    return authority.issue("localhost")


@pytest.fixture(scope="session")
def flight_server():
    """A pyarrow Flight server, shared by all tests that do not harm it."""
    with FlightServer() as server:
        yield server


@pytest.fixture
def start(request):
    """Starts gateways that are stopped, cleanly, at the end of the test."""
    with contextlib.ExitStack() as stack:

        def start_gateway(upstream, **options):
            location = upstream if isinstance(upstream, str) else upstream.location
            return stack.enter_context(Gateway(location, **options))

        yield start_gateway


@pytest.fixture
def upstream():
    """Makes scripted upstreams."""
    with contextlib.ExitStack() as stack:
        yield lambda *args, **options: stack.enter_context(BadServer(*args, **options))


@pytest.fixture
def gateway(start, flight_server):
    """A gateway of its own in front of the shared Flight server."""
    return start(flight_server)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    item.stash.setdefault(OUTCOMES, {})[report.when] = report
    return report


@pytest.fixture
def sites(request, tmp_path_factory):
    """Makes folders for configured gateways. After every test nothing that they wrote may have a secret in it."""
    made = []

    def make():
        made.append(Site(tmp_path_factory.mktemp("site")))
        return made[-1]

    yield make
    outcome = request.node.stash.get(OUTCOMES, {}).get("call")
    for one in made:
        one.close(failed=outcome is None or not outcome.passed)


@pytest.fixture
def site(sites):
    """The folder of a configured gateway."""
    return sites()


@pytest.fixture
def serve():
    """Starts embedded servers that are stopped, cleanly, at the end of the test."""
    with contextlib.ExitStack() as stack:
        yield lambda folder, *arguments, **options: stack.enter_context(EmbeddedServer(folder, *arguments, **options))


@pytest.fixture
def folder(tmp_path):
    """A folder of sample flights that a test may change."""
    return write_samples(tmp_path / "flights")


@pytest.fixture(scope="session")
def sample_server(tmp_path_factory):
    """An embedded server over the sample flights, shared by all tests that change nothing."""
    with EmbeddedServer(write_samples(tmp_path_factory.mktemp("samples")), threads=2) as server:
        yield server


@pytest.fixture(params=["directly", "through a gateway"])
def reach(request, start):
    """What a client dials to reach a server: the server, or a gateway in front of it."""
    return (lambda server: server) if request.param == "directly" else start


@pytest.fixture
def dial(reach):
    """Makes pyarrow clients of a server."""
    with contextlib.ExitStack() as stack:
        yield lambda server: stack.enter_context(flight.connect(reach(server).location))


@pytest.fixture
def client(dial, sample_server):
    """A pyarrow client of the sample flights."""
    return dial(sample_server)


class Siege:
    """Holds an abuse test to what every such test promises: alive, memory back, a good client undisturbed."""

    def __init__(self, gateway):
        self.gateway = gateway
        self.victim = Victim(gateway.port)
        self.victim.mark()
        time.sleep(1.5)  # the measurement itself: thirty calls at rest
        self.idle = self.victim.report()
        assert not self.idle["errors"], f"the well-behaved client fails before the attack: {self.idle}"
        self.base = gateway.rss

    def finish(self):
        report = self.victim.report()
        self.victim.close()
        self.gateway.assert_alive()
        assert not report["errors"], f"a well-behaved client had errors: {report}"
        allowed = max(3 * self.idle["p99"], SCHEDULER_NOISE)
        assert report["p99"] <= allowed, f"a well-behaved client was slowed: idle {self.idle}, then {report}"
        ceiling = max(self.base * 1.05, self.base + ALLOCATOR_SLACK)
        rss = self.gateway.settled_rss(ceiling)
        assert rss <= ceiling, f"RSS stays at {rss / MIB:.1f} MiB, it was {self.base / MIB:.1f} MiB"


@pytest.fixture
def siege():
    """`with siege(gateway):` around an attack."""

    @contextlib.contextmanager
    def run(gateway):
        watch = Siege(gateway)
        try:
            yield watch
        except BaseException:
            watch.victim.close()
            raise
        watch.finish()

    return run
