"""A cluster of one server, migrated by the runner as a user's is."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from runtime.cluster.client import ClusterClient, consistency
from sql import runner
from sql.ddl import LAYOUT
from tests.conftest import free_port_base
from tests.local.clickhouse.conftest import PASSWORD, Embedded, answers, environment
from tests.local.clickhouse.http import Server


class OneServer(ClusterClient):
    """A cluster's client, but for what the embedded engine has not: `ON CLUSTER` and replicas."""

    def _run(self, statement: str, *args: Any, **kwargs: Any) -> Any:
        statement = statement.replace(f" {LAYOUT.on_cluster}", "")
        if statement.startswith("SYSTEM SYNC REPLICA"):
            return ""
        plain = re.sub(r"\bReplicatedMergeTree\('[^']*', '[^']*'\)", "MergeTree", statement)
        plain = plain.replace(" replicated_deduplication_window", " non_replicated_deduplication_window")
        return super()._run(plain, *args, **kwargs)


@pytest.fixture(scope="session")
def one_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    port = free_port_base()
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.cluster.engine",
            str(tmp_path_factory.mktemp("cluster")),
            "--port",
            str(port),
        ],
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
    )
    embedded = Embedded(Server(f"http://127.0.0.1:{port}", PASSWORD), process)
    while not answers(embedded.server):  # pytest's time-out bounds it
        assert process.poll() is None, embedded.errors()
    runner.create_database(opened(embedded.server, "default"), "sillage")
    client = opened(embedded.server, "sillage")
    for migration in runner.pending(client):
        runner.apply(client, migration)
    yield embedded.server
    embedded.stop(signal.SIGKILL)
    assert process.stderr
    process.stderr.close()


def opened(server: Server, database: str) -> OneServer:
    return OneServer(
        LAYOUT,
        interface="http",
        host=server.host,
        port=server.port,
        username="default",
        password=PASSWORD,
        database=database,
        autogenerate_session_id=False,
        compress=False,
        query_retries=0,
        settings=consistency("auto"),
    )


@pytest.fixture
def client(one_server: Server) -> Client:
    """Bound to the migrated tables, from which each test takes its own rows away."""
    client = opened(one_server, "sillage")
    for table in ("usage_events", "fence", "suppressions", "hidden"):
        client.command(f"ALTER TABLE {table} DELETE WHERE true", settings={"mutations_sync": 2})
    return client
