"""The server under test, started once a run; each test has a database of its own in it."""

import http.client
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import clickhouse_connect
import pytest
from clickhouse_connect.driver.client import Client

from tests.conftest import free_port_base
from tests.local.clickhouse.http import Server

PASSWORD = "correct horse"
READER_PASSWORD = "battery staple"


@dataclass
class Embedded:
    """An embedded server's process."""

    server: Server
    process: "subprocess.Popen[str]"

    def stop(self, signal_number: int = signal.SIGTERM, timeout: float = 30) -> int:
        self.process.send_signal(signal_number)
        return self.process.wait(timeout)

    def errors(self) -> str:
        assert self.process.stderr
        return self.process.stderr.read()


def command(data_dir: Path, port: int, *more: str) -> list[str]:
    return [sys.executable, "-m", "local.clickhouse", str(data_dir), "--port", str(port), *more]


def environment(**more: str) -> dict[str, str]:
    root = Path(__file__).parents[3]
    passwords = {"CLICKHOUSE_PASSWORD": PASSWORD, "CLICKHOUSE_READER_PASSWORD": READER_PASSWORD}
    return os.environ | {"PYTHONPATH": str(root)} | passwords | more


def answers(server: Server) -> bool:
    with suppress(OSError, http.client.HTTPException), closing(server.connect()) as connection:
        connection.request("GET", "/ping")
        return connection.getresponse().read() == b"Ok.\n"
    return False


Start = Callable[..., Embedded]


@pytest.fixture(scope="session")
def start() -> Iterator[Start]:
    """Start an embedded server on a directory; what still runs at the end is killed."""
    started: list[Embedded] = []

    def starter(data_dir: Path, cwd: Path | None = None, **variables: str) -> Embedded:
        port = free_port_base()
        process = subprocess.Popen(
            command(data_dir, port), env=environment(**variables), cwd=cwd, stderr=subprocess.PIPE, text=True
        )
        embedded = Embedded(Server(f"http://127.0.0.1:{port}", PASSWORD), process)
        started.append(embedded)
        while not answers(embedded.server):  # pytest's time-out bounds it
            assert process.poll() is None, embedded.errors()
        return embedded

    yield starter
    for embedded in started:
        if embedded.process.poll() is None:
            embedded.stop(signal.SIGKILL)
        assert embedded.process.stderr
        embedded.process.stderr.close()


@pytest.fixture(scope="session")
def clickhouse(start: Start, tmp_path_factory: pytest.TempPathFactory) -> Server:
    """The server that the conformance suite asks: a URL and a password."""
    return start(tmp_path_factory.mktemp("clickhouse")).server


@pytest.fixture
def server(clickhouse: Server) -> Iterator[Server]:
    """The same, in a database of the test's own."""
    database = f"test_{uuid.uuid4().hex}"
    clickhouse.do(f"CREATE DATABASE {database} ENGINE = Atomic")
    yield Server(clickhouse.url, clickhouse.password, database)
    clickhouse.do(f"DROP DATABASE {database} SYNC")


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    """clickhouse-connect, as the other rooms use it."""
    opened = clickhouse_connect.get_client(
        host=server.host,
        port=server.port,
        username="default",
        password=server.password,
        database=server.database,
    )
    yield opened
    opened.close()
