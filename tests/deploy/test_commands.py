"""Each command of docker-compose.yml runs on the embedded stack as it would in its container.

It has the settings that Compose gives it, moved from the containers' network to this machine, and its health
check, moved likewise, is what tells that it runs.
"""

import asyncio
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from local.ports import HOST
from local.probes import POLL_SECONDS, until_http_ok
from runtime.settings import PREFIX
from tests.conftest import ROOT, Stack, free_port_base
from tests.containers import compose_services
from tests.deploy.services import environ_of
from tests.queries.databases import own_database

pytestmark = pytest.mark.long

SERVICES = compose_services()
READY_WITHIN_S = 60
HEALTH_PATH = {"8080": "/readyz", "8085": "/metrics"}
OWN_GROUP = "SILLAGE_CONSUMER_GROUP"
"""The stack's consumers keep their partitions: what is started here has a group and a database of its own."""


@pytest.fixture
def moved_ports() -> dict[str, int]:
    base = free_port_base()
    return {"8080": base, "8085": base + 1}


def moved(text: str, stack: Stack, ports: dict[str, int], directory: Path) -> str:
    """From the container's network and files to this machine's."""
    places = {
        "kafka:9092": stack.kafka_bootstrap_servers,
        "http://clickhouse:8123": stack.clickhouse_url,
        "http://collector:8085/metrics": stack.metrics_url,
        "0.0.0.0": HOST,
        "/var/lib/sillage": str(directory),
    } | {port: str(free) for port, free in ports.items()}
    return re.sub("|".join(map(re.escape, places)), lambda found: places[found[0]], text)


def environ_on(
    stack: Stack, name: str, database: str, ports: dict[str, int], directory: Path
) -> dict[str, str]:
    secrets = directory / "secrets"
    secrets.mkdir()
    (secrets / "clickhouse_password").write_text(f"{stack.clickhouse_password}\n")
    for file, setting in (("tenants.toml", "TENANTS_FILE"), ("pseudonym_keys.toml", "PSEUDONYM_KEYS_FILE")):
        (secrets / file).write_text(Path(stack.environ[PREFIX + setting]).read_text())
    given = environ_of(name, secrets)
    mine = {OWN_GROUP: "compose", "SILLAGE_CLICKHOUSE_DATABASE": database, "SILLAGE_GEO_DATABASES": ""}
    inherited = {name: text for name, text in os.environ.items() if not name.startswith(PREFIX)}
    return inherited | mine | {name: moved(text, stack, ports, directory) for name, text in given.items()}


@contextmanager
def started(arguments: list[str], environ: dict[str, str], log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    with log.open("wb") as out:
        command = [sys.executable, "-m", "cli", *arguments]
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=out, stderr=out)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(READY_WITHIN_S)
        finally:
            process.kill()


async def answers(process: "subprocess.Popen[bytes]", port: str, path: str) -> bool:
    """Whether it answers before it ends."""
    async with asyncio.timeout(READY_WITHIN_S):
        asked = asyncio.create_task(until_http_ok(HOST, int(port), path))
        while not asked.done() and process.poll() is None:
            await asyncio.wait({asked}, timeout=POLL_SECONDS)
        return asked.done() or not asked.cancel()


def health_check(name: str, stack: Stack, ports: dict[str, int], directory: Path) -> list[str]:
    _, _, *arguments = SERVICES[name]["healthcheck"]["test"]
    return [moved(argument, stack, ports, directory) for argument in arguments]


@pytest.mark.parametrize(
    ("name", "port"),
    [("collector", "8080"), ("consumer", "8085"), ("span-consumer", "8085"), ("jobs", "8085")],
)
def test_a_command_runs_and_is_healthy(
    name: str, port: str, stack: Stack, moved_ports: dict[str, int], tmp_path: Path
) -> None:
    with own_database(stack) as (database, _):
        environ = environ_on(stack, name, database, moved_ports, tmp_path)
        log = tmp_path / "log"
        with started(SERVICES[name]["command"], environ, log) as process:
            is_there = asyncio.run(answers(process, str(moved_ports[port]), HEALTH_PATH[port]))
            assert is_there, log.read_text()
            check = health_check(name, stack, moved_ports, tmp_path)
            assert subprocess.run([sys.executable, *check], capture_output=True, check=False).returncode == 0
        assert process.returncode in (0, -signal.SIGTERM), log.read_text()  # uvicorn ends by the signal


def test_the_command_that_makes_topics_and_tables_ends_well(
    stack: Stack, moved_ports: dict[str, int], tmp_path: Path
) -> None:
    with own_database(stack) as (database, _):
        environ = environ_on(stack, "migrate", database, moved_ports, tmp_path)
        with started(SERVICES["migrate"]["command"], environ, tmp_path / "log") as process:
            assert process.wait(READY_WITHIN_S) == 0, (tmp_path / "log").read_text()
        assert "migrations applied" in (tmp_path / "log").read_text()


def test_a_command_with_another_password_never_gets_healthy(
    stack: Stack, moved_ports: dict[str, int], tmp_path: Path
) -> None:
    environ = environ_on(stack, "consumer", "default", moved_ports, tmp_path)
    (tmp_path / "secrets" / "clickhouse_password").write_text("another")
    with started(SERVICES["consumer"]["command"], environ, tmp_path / "log") as process:
        assert not asyncio.run(answers(process, str(moved_ports["8085"]), "/metrics"))
    assert process.returncode == 1
