"""The floor: what has expired is seen by no view, even while it is still on the disk."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from clickhouse_connect.driver.client import Client

from queries.traces.find import FindQuestion, find
from queries.traces.floor import of_table
from queries.traces.period import Period
from queries.traces.places import Place, locate
from queries.traces.red import RedQuestion, red
from queries.traces.trace import read_trace
from tests.conftest import Stack
from tests.queries.databases import own_database
from tests.queries.traces.spans import NOW, SECOND, TRACE, exception, request, span, store

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


RETENTION = pytest.mark.parametrize(
    ("days_ago", "retention_days", "rows"),
    [(0, 7, 1), (6, 7, 1), (7, 7, 0), (29, 30, 1), (30, 30, 0), (89, 90, 1), (90, 90, 0)],
)


@RETENTION
def test_a_span_is_seen_until_its_retention_has_passed(
    client: Client, days_ago: int, retention_days: int, rows: int
) -> None:
    one = span("1", kind="client", error="x", events=[exception("E", "m")])
    store(client, request(shop=[one]), days_ago=days_ago, retention_days=retention_days)
    assert client.query("SELECT count() FROM trace_spans").result_rows == [(1,)]
    assert seen(client) == dict.fromkeys([*VIEWS, "service_map"], rows)
    assert len(locate(client, [TRACE])) == rows


@RETENTION
def test_no_question_to_the_table_itself_tells_of_what_has_passed(
    client: Client, days_ago: int, retention_days: int, rows: int
) -> None:
    began = NOW - days_ago * 86_400 * SECOND
    store(client, request(shop=[span("1", now=began)]), days_ago=days_ago, retention_days=retention_days)
    until = datetime.fromtimestamp(began / 1e9, UTC)
    place = Place("demo", TRACE, (until.date(),), began - 60 * SECOND, began - 60 * SECOND, rows=1)
    for hours in (1, 22):  # counted by minutes, and by whole hours
        period = Period(until - timedelta(hours=hours), until + timedelta(hours=2))
        assert sum(row.now.spans for row in red(client, RedQuestion("demo", period))) == rows
        assert len(find(client, FindQuestion("demo", period))) == rows
    assert read_trace(client, place).total == rows
    assert read_trace(client, place, shown=0).total == rows


def test_no_question_to_the_table_itself_tells_of_who_is_hidden(client: Client) -> None:
    ada = {"user.id": "ada"}
    hers = [span("1", attributes=ada), span("2", "1", error="x", attributes=ada)]
    store(client, request(shop=hers), request(shop=[span("3", "1", ms=5)]))
    period = Period.last(86_400 * SECOND)
    (place,) = locate(client, [TRACE], "demo")

    def told() -> list[tuple[int, int]]:
        (found,) = find(client, FindQuestion("demo", period))
        whole, part = read_trace(client, place), read_trace(client, place, shown=1)
        return [(found.spans, found.errors), (whole.total, whole.errors), (part.total, part.errors)]

    assert told() == [(3, 1)] * 3
    client.command("INSERT INTO hidden (tenant, subject) VALUES ('another', '')")
    assert told() == [(3, 1)] * 3
    client.command("INSERT INTO hidden (tenant, subject) VALUES ('demo', 'ada')")
    assert told() == [(1, 0)] * 3
    client.command("INSERT INTO hidden (tenant, subject) VALUES ('demo', '')")
    assert find(client, FindQuestion("demo", period)) == []
    assert read_trace(client, place).total == 0


def test_the_table_is_asked_for_what_the_view_calls_by_other_names(client: Client) -> None:
    store(client, request(shop=[span("1", ms=-5), span("2", "1")]))
    sql = """
        SELECT lower(hex(trace_key)), duration_ns, end_minus_start_ns
        FROM span_rows WHERE tenant = {tenant:String} AND duration_ns >= 0
        ORDER BY end_minus_start_ns
    """
    ofs = [client.query(one, {"tenant": "demo"}).result_rows for one in (sql, of_table(sql))]
    assert ofs[0] == [row[:-1] for row in ofs[1]] == [(TRACE, 0, -5_000_000), (TRACE, 10_000_000, 10_000_000)]
