"""The floor: what has expired is seen by no view, even while it is still on the disk."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from clickhouse_connect.driver.client import Client

from queries.traces.places import locate
from tests.conftest import Stack
from tests.queries.databases import own_database
from tests.queries.traces.spans import TRACE, exception, request, span, store

VIEWS = {
    "spans": 1, "otel_traces": 1, "otel_traces_trace_id_ts": 1, "red_by_minute": 1, "red_by_hour": 1,
    "latency_histogram": 1, "span_errors": 1,
}  # fmt: skip
MAP = (
    "service_map(tenant = 'demo', since = {since:DateTime64(3, 'UTC')}, until = {until:DateTime64(3, 'UTC')})"
)


@pytest.fixture
def client(stack: Stack) -> Iterator[Client]:
    with own_database(stack) as (_, client):
        client.command("ALTER TABLE trace_spans REMOVE TTL")  # what is overdue must stay for the test
        yield client


def seen(client: Client) -> dict[str, int]:
    """The rows of each view, and of the map."""
    now = datetime.now(UTC)
    period = {"since": f"{now - timedelta(hours=1):%F %T}", "until": f"{now:%F %T}"}
    return {
        source.partition("(")[0]: client.query(f"SELECT count() FROM {source}", period).result_rows[0][0]
        for source in (*VIEWS, MAP)
    }


@pytest.mark.parametrize(
    ("days_ago", "retention_days", "rows"),
    [(0, 7, 1), (6, 7, 1), (7, 7, 0), (29, 30, 1), (30, 30, 0), (89, 90, 1), (90, 90, 0)],
)
def test_a_span_is_seen_until_its_retention_has_passed(
    client: Client, days_ago: int, retention_days: int, rows: int
) -> None:
    one = span("1", kind="client", error="x", events=[exception("E", "m")])
    store(client, request(shop=[one]), days_ago=days_ago, retention_days=retention_days)
    assert client.query("SELECT count() FROM trace_spans").result_rows == [(1,)]
    assert seen(client) == dict.fromkeys([*VIEWS, "service_map"], rows)
    assert len(locate(client, [TRACE])) == rows
