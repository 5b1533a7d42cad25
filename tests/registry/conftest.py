"""A schema registry, a Kafka node and a database that no other test's consumers read from."""

import contextlib
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client

from runtime.schema_registry import SchemaRegistry
from runtime.settings import KafkaSettings, SchemaRegistrySettings, load
from tests.apicurio import Apicurio, running_registry
from tests.brokers import RunningBroker, running_broker
from tests.client import awaited
from tests.conftest import Stack, free_port_base
from tests.queries.databases import own_database


@pytest.fixture(scope="session")
def apicurio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Apicurio]:
    with running_registry(tmp_path_factory.mktemp("apicurio")) as running:
        yield running


@pytest.fixture
def own(apicurio: Apicurio) -> Iterator[Apicurio]:
    """One of the test's own, which is not started yet, to be killed at will."""
    registry = Apicurio(apicurio.directory)
    yield registry
    registry.kill()


@pytest.fixture(scope="session")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBroker]:
    with running_broker(tmp_path_factory.mktemp("kafka")) as running:
        yield running


@dataclass
class Site:
    """An installation of Sillage with a registry: its settings, its database, what its processes log."""

    environ: dict[str, str]
    client: Client
    directory: Path

    def use(self, registry: Apicurio) -> None:
        """Have the settings name it from now on."""
        self.environ["SILLAGE_SCHEMA_REGISTRY_URL"] = registry.url

    @property
    def address(self) -> str:
        return self.environ["SILLAGE_KAFKA_BOOTSTRAP_SERVERS"]

    @property
    def kafka(self) -> KafkaSettings:
        return load(KafkaSettings, self.environ)

    @property
    def registry(self) -> SchemaRegistry:
        return SchemaRegistry(load(SchemaRegistrySettings, self.environ))

    @property
    def collector_url(self) -> str:
        return f"http://127.0.0.1:{self.environ['SILLAGE_COLLECTOR_PORT']}"

    def sillage(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end."""
        command = [sys.executable, "-m", "cli", *arguments]
        return subprocess.run(
            command, env=self.environ, capture_output=True, text=True, timeout=120, check=False
        )

    @contextlib.contextmanager
    def running(self, name: str) -> Iterator[Path]:
        """The collector or the consumer, and the file of its log, until the block ends."""
        log = self.directory / f"{name}.log"
        with log.open("ab") as out:
            command = [sys.executable, "-m", "cli", name]
            process = subprocess.Popen(command, env=self.environ, stdout=out, stderr=out)
        try:
            yield log
        finally:
            process.terminate()
            process.wait(60)


@pytest.fixture
def site(stack: Stack, broker: RunningBroker, tmp_path: Path) -> Iterator[Site]:
    with own_database(stack) as (database, client):
        own = {
            "SILLAGE_KAFKA_BOOTSTRAP_SERVERS": broker.address,
            "SILLAGE_CLICKHOUSE_DATABASE": database,
            "SILLAGE_COLLECTOR_PORT": str(free_port_base()),
            "SILLAGE_CONSUMER_GROUP": uuid.uuid4().hex,
            "SILLAGE_ACK_TIMEOUT_MS": "30000",  # a broker's first answers are slow on a busy machine
        }
        yield Site(stack.environ | own, client, tmp_path)


def says(log: Path, text: str) -> None:
    """Wait until the log has it."""
    awaited(lambda: text in log.read_text())
