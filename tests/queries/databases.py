"""A migrated database of a test's own, in the running stack's ClickHouse."""

import contextlib
import uuid
from collections.abc import Iterator

from clickhouse_connect.driver.client import Client

from runtime.clickhouse import connect
from runtime.settings import QuerySettings, load
from sql import runner
from tests.conftest import Stack


@contextlib.contextmanager
def own_database(stack: Stack, last: int | None = None) -> Iterator[tuple[str, Client]]:
    """Its name, and a client bound to it; dropped at the end. It has the migrations up to number `last`."""
    name = f"test_{uuid.uuid4().hex}"
    settings = load(QuerySettings, stack.environ)
    server = connect(settings, "default")
    runner.create_database(server, name)
    try:
        client = connect(settings, name)
        for migration in runner.pending(client)[:last]:
            runner.apply(client, migration)
        yield name, client
    finally:
        server.command(f"DROP DATABASE {name}")


def insert_event(client: Client, days_ago: int, retention_days: int) -> None:
    """One row that arrived so many calendar days ago."""
    client.command(
        "INSERT INTO usage_events (received_at, tenant, retention_days)"
        f" SELECT now64(3, 'UTC') - toIntervalDay({days_ago}), 'demo', {retention_days}"
    )
