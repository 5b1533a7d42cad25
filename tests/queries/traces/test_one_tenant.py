"""Questions by a user who sees the rows of one tenant alone, as `sillage access sql --tenant` makes one."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from clickhouse_connect.driver.client import Client

from queries.traces.find import FindQuestion, find
from queries.traces.period import Period
from queries.traces.places import locate
from queries.traces.red import RedQuestion, red
from queries.traces.trace import read_trace
from runtime.clickhouse import connect
from runtime.settings import QuerySettings, load
from sql import runner
from tests.conftest import free_port_base
from tests.local.clickhouse.conftest import PASSWORD, answers, environment
from tests.local.clickhouse.http import Server
from tests.queries.traces.one_tenants_engine import DATABASE, TENANT
from tests.queries.traces.spans import SECOND, TRACE, request, span, store

DAY = Period.last(86_400 * SECOND)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QuerySettings]:
    port = free_port_base()
    url = f"http://127.0.0.1:{port}"
    engine = [sys.executable, "-m", "tests.queries.traces.one_tenants_engine"]
    with subprocess.Popen(
        [*engine, str(tmp_path_factory.mktemp("one_tenant")), "--port", str(port)], env=environment()
    ) as process:
        try:
            while not answers(Server(url, PASSWORD)):  # pytest's time-out bounds it
                assert process.poll() is None
            settings = load(
                QuerySettings, {"SILLAGE_CLICKHOUSE_URL": url, "SILLAGE_CLICKHOUSE_PASSWORD": PASSWORD}
            )
            _fill(settings)
            yield settings
        finally:
            process.kill()


def _fill(settings: QuerySettings) -> None:
    runner.create_database(connect(settings, "default"), DATABASE)
    client = connect(settings)
    for migration in runner.pending(client):
        runner.apply(client, migration)
    for tenant in (TENANT, "other"):
        store(client, request(shop=[span("1"), span("2", "1")]), tenant=tenant)


@pytest.fixture
def client(database: QuerySettings) -> Client:
    """One that was not refused yet."""
    return connect(database)


def test_a_trace_is_looked_up_and_read(client: Client) -> None:
    (place,) = locate(client, [TRACE])
    assert (place.tenant, place.rows) == (TENANT, 2)
    assert len(read_trace(client, place).spans) == 2


def test_traces_are_found(client: Client) -> None:
    assert [one.trace_id for one in find(client, FindQuestion(TENANT, DAY))] == [TRACE]


def test_operations_are_counted(client: Client) -> None:
    (row,) = red(client, RedQuestion(TENANT, DAY))
    assert row.now.spans == 2


def test_nothing_is_seen_of_another_tenant(client: Client) -> None:
    assert locate(client, [TRACE], "other") == []
    assert find(client, FindQuestion("other", DAY)) == []
    assert red(client, RedQuestion("other", DAY)) == []
