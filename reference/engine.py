"""ClickHouse's engine with a database that has had every migration, for as long as its schema is read."""

import contextlib
import os
import secrets
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

from clickhouse_connect.driver.client import Client

from bench.processes import clickhouse
from local.ports import HOST, Ports
from runtime.clickhouse import connect
from runtime.settings import ClickHouseSettings
from sql import runner

DATABASE = "sillage"


@contextlib.contextmanager
def migrated() -> Iterator[Client]:
    """A client of a new database; the engine and its files are gone at the end."""
    ports, password = _free_ports(), secrets.token_urlsafe(16)
    with (
        tempfile.TemporaryDirectory(prefix="sillage-reference-") as directory,
        clickhouse(Path(directory), ports, os.environ | {"CLICKHOUSE_PASSWORD": password}),
    ):
        settings = ClickHouseSettings(
            clickhouse_url=f"http://{HOST}:{ports.clickhouse}",
            clickhouse_password=password,
            clickhouse_database=DATABASE,
        )
        runner.create_database(connect(settings, "default"), DATABASE)
        client = connect(settings)
        for migration in runner.pending(client):
            runner.apply(client, migration)
        yield client


def _free_ports() -> Ports:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return Ports(probe.getsockname()[1] - 1)
