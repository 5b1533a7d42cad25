"""The real stack, started once a run by the command that users run."""

import atexit
import contextlib
import os
import random
import socket
import subprocess
import sys
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import hypothesis
import pytest

from local.ports import HOST, Ports
from runtime.settings import KafkaSettings, load, with_stack
from tests.engines import AUTO, SWITCH, Choice, Engine, EngineRefused, choose, fault_of_docker
from tests.names import refuse_equal_names
from tests.order import in_order_of_length

ROOT = Path(__file__).parents[1]
COMMANDS = {Engine.EMBEDDED: ["cli", "up", "--no-demo"], Engine.CONTAINERS: ["tests.containers"]}
CHOICE = pytest.StashKey[Choice]()
SHARED_OUT = "PYTEST_XDIST_WORKER"
PORTS_A_STACK, PORTS_A_BASE = 8, 10
GUARDS: list[socket.socket] = []
STOPPED_WITHIN_S = 15
SHOWN_LOG_LINES = 30


# The same examples each time: a change is judged by what it changed. `make explore` looks for new ones.
hypothesis.settings.register_profile("suite", derandomize=True, database=None, deadline=None)
hypothesis.settings.register_profile("explore", max_examples=1_000, deadline=None)
hypothesis.settings.load_profile("suite")


def pytest_configure(config: pytest.Config) -> None:
    try:
        config.stash[CHOICE] = choose(os.environ.get(SWITCH, AUTO), fault_of_docker)
    except EngineRefused as error:
        raise pytest.UsageError(str(error)) from error


def pytest_report_header(config: pytest.Config) -> str:
    return f"engine: {config.stash[CHOICE].engine} ({config.stash[CHOICE].reason})"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    refuse_equal_names(items)
    if SHARED_OUT in os.environ:
        items[:] = in_order_of_length(items)


def free_port_base() -> int:
    """A base whose ports nobody uses, below those that the system gives to outgoing connections.

    It stays this process's own until its end: whoever else looks for ports, another worker or another run of
    the tests, takes the guard's port to be in use.
    """
    while True:
        base = random.randrange(20_000, 30_000, PORTS_A_BASE)
        guard = socket.socket()
        with contextlib.suppress(OSError):
            guard.bind((HOST, base + PORTS_A_BASE - 1))
            if all(_is_free(port) for port in range(base, base + PORTS_A_STACK)):
                GUARDS.append(guard)
                atexit.register(guard.close)
                return base
        guard.close()


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) != 0


@dataclass(frozen=True)
class Stack:
    """A running stack: where its parts are, and what commands need to find it."""

    data_dir: Path
    ports: Ports
    environ: dict[str, str]
    secret_key: str
    process: "subprocess.Popen[str]"

    @property
    def collector_url(self) -> str:
        return f"http://{HOST}:{self.ports.collector}"

    @property
    def metrics_url(self) -> str:
        return f"http://{HOST}:{self.ports.admin}/metrics"

    @property
    def clickhouse_url(self) -> str:
        return self.environ["SILLAGE_CLICKHOUSE_URL"]

    @property
    def clickhouse_password(self) -> str:
        return self.environ["SILLAGE_CLICKHOUSE_PASSWORD"]

    @property
    def kafka(self) -> KafkaSettings:
        return load(KafkaSettings, self.environ)

    @property
    def kafka_bootstrap_servers(self) -> str:
        return self.environ["SILLAGE_KAFKA_BOOTSTRAP_SERVERS"]

    @property
    def demo_port(self) -> int:
        return self.ports.demo


def start_stack(
    data_dir: Path, port_base: int, environ: dict[str, str], engine: Engine = Engine.EMBEDDED
) -> Stack:
    """Run the engine's command until it says `ready`; fails with its output and the logs if it ends."""
    options = ["--data-dir", str(data_dir), "--port-base", str(port_base)]
    process = subprocess.Popen(
        [sys.executable, "-m", *COMMANDS[engine], *options],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        lines = _until_ready(process, data_dir)
    except BaseException:  # the test's time limit too: nothing may be left running
        process.kill()
        process.communicate()
        raise
    secret_key = next((line.split()[2] for line in lines if line.startswith("  secret key")), "")
    return Stack(data_dir, Ports(port_base), with_stack(environ, data_dir), secret_key, process)


def _until_ready(process: "subprocess.Popen[str]", data_dir: Path) -> list[str]:
    """Read what it says up to its last line."""
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if line.startswith("Ctrl-C"):
            assert any(line.startswith("ready") for line in lines)
            return lines
    said = "".join(lines)
    pytest.fail(f"the stack ended with {process.wait()}:\n{said}\n{log_tails(data_dir)}")


def stop_stack(stack: Stack) -> int:
    """Stop it as Ctrl-C does; gives its exit code."""
    stack.process.terminate()
    try:
        return stack.process.wait(STOPPED_WITHIN_S)
    finally:
        stack.process.kill()
        assert stack.process.stdout is not None
        stack.process.stdout.close()


def log_tails(data_dir: Path) -> str:
    """The last lines of each part's log."""
    tails = {file.name: file.read_text().splitlines() for file in sorted(data_dir.glob("logs/*.log"))}
    return "\n".join(
        f"--- {name}\n" + "\n".join(lines[-SHOWN_LOG_LINES:]) for name, lines in tails.items() if lines
    )


@pytest.fixture(scope="session")
def embedded_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The stack of `sillage up`."""
    running = start_stack(tmp_path_factory.mktemp("stack"), free_port_base(), dict(os.environ))
    yield running
    stop_stack(running)


@pytest.fixture(scope="session")
def container_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The same with Kafka and ClickHouse in containers."""
    directory = tmp_path_factory.mktemp("stack")
    running = start_stack(directory, free_port_base(), dict(os.environ), Engine.CONTAINERS)
    yield running
    stop_stack(running)


@pytest.fixture(scope="session")
def stack(request: pytest.FixtureRequest) -> Stack:
    """The stack that tests share, on the chosen engine; a test that uses it and fails shows its logs."""
    embedded = request.config.stash[CHOICE].engine is Engine.EMBEDDED
    chosen: Stack = request.getfixturevalue("embedded_stack" if embedded else "container_stack")
    return chosen


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    running = getattr(item, "funcargs", {}).get("stack")
    if report.failed and isinstance(running, Stack):
        report.sections.append(("the stack's logs", log_tails(running.data_dir)))
    return report
