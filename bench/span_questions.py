"""The questions about traces that are measured: as `sillage traces` asks them, and by a scan of the rows."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any

from clickhouse_connect.driver.client import Client

from queries.traces.conditions import parse_condition
from queries.traces.find import FindQuestion, find
from queries.traces.period import Period
from queries.traces.places import locate
from queries.traces.red import RedQuestion, red
from queries.traces.trace import read_trace

TENANT = "bench"
_TRACES = 100
_DAY_NS = 86_400 * 10**9
_SLOW_NS = 50_000_000
_IDS = """
    SELECT lower(hex(trace_key)) FROM span_rows
    WHERE tenant = {tenant:String} AND parent_span_id = ''
    ORDER BY sipHash64(trace_key) LIMIT {traces:UInt32}
"""
_RAW = """
    SETTINGS optimize_use_projections = 0, use_skip_indexes = 0, use_query_condition_cache = 0
"""
_OF_TENANT = "identity(tenant) = {tenant:String}"
_OF_PERIOD = f"""{_OF_TENANT}
    AND identity(started_at) >= {{since:DateTime64(6, 'UTC')}}
    AND identity(started_at) < {{until:DateTime64(6, 'UTC')}}
"""
_SCAN_OF_TRACE = f"""
    SELECT
        lower(hex(span_id)) AS id, lower(hex(parent_span_id)), service, name, kind, started_at, duration_ns,
        status, substring(status_message, 1, 300), http_status, `events.name`, `events.attributes`, session_id
    FROM span_rows
    WHERE {_OF_TENANT} AND identity(trace_key) = unhex({{trace:String}})
    ORDER BY started_at, id
    {_RAW}
"""
_SCAN_OF_SEARCH = f"""
    SELECT lower(hex(trace_key)), min(started_at), max(started_at),
        argMin((service, name), (parent_span_id != '', started_at)),
        uniqExact(span_id), countIf(status = 'error'), any(session_id), any(user_id)
    FROM span_rows
    WHERE {_OF_TENANT} AND identity(trace_key) IN
    (
        SELECT trace_key FROM span_rows
        WHERE {_OF_PERIOD} AND service = 'checkout' AND http_status >= 500 AND duration_ns >= {_SLOW_NS}
        GROUP BY trace_key ORDER BY max(started_at) DESC LIMIT 20
    )
    GROUP BY trace_key
    {_RAW}
"""
_SCAN_OF_RED = f"""
    SELECT service, name, toUInt16(log2(duration_ns + 1) * 8) AS bucket, count(), countIf(status = 'error'),
        max(duration_ns)
    FROM span_rows
    WHERE {_OF_PERIOD} AND kind IN ('server', 'consumer')
    GROUP BY service, name, bucket
    {_RAW}
"""
"""`identity` keeps the primary key and the partitions from helping: these read each row that is stored."""


@dataclass(frozen=True)
class Question:
    """Two ways to one answer, each given as what can be compared; its bars: a scan to it, and its growth.

    A number says which of several traces is asked for.
    """

    ask: Callable[[int], object]
    scan: Callable[[int], object]
    bar: float
    growth: float | None = None


def questions(client: Client) -> Mapping[str, Question]:
    """Those about the rows that are stored; the last day is that of the newest."""
    period = _last_day(client)
    traces = _traces(client)
    where = [parse_condition("http.response.status_code >= 500")]
    search = FindQuestion(TENANT, period, "checkout", min_duration_ns=_SLOW_NS, where=where)
    hours = _to_whole_hour(period)

    def scanned(sql: str, parameters: Mapping[str, Any]) -> Sequence[Sequence[Any]]:
        return client.query(sql, dict(parameters)).result_rows

    def trace(number: int) -> str:
        return traces[number % len(traces)]

    return {
        "trace by id": Question(
            lambda number: _spans(client, trace(number)),
            lambda number: _firsts(scanned(_SCAN_OF_TRACE, {"tenant": TENANT, "trace": trace(number)})),
            bar=50,
            growth=2,
        ),
        "search, three conditions, 24 h": Question(
            lambda _: {one.trace_id for one in find(client, search)},
            lambda _: _firsts(scanned(_SCAN_OF_SEARCH, {"tenant": TENANT, **period.parameters})),
            bar=10,
        ),
        "RED, 24 h": Question(
            lambda _: {
                (row.service, row.operation, row.now.spans, row.now.errors)
                for row in red(client, RedQuestion(TENANT, hours))
            },
            lambda _: _summed(scanned(_SCAN_OF_RED, {"tenant": TENANT, **hours.parameters})),
            bar=10,
        ),
    }


def _last_day(client: Client) -> Period:
    (newest,) = client.query("SELECT max(started_at) FROM span_rows").result_rows[0]
    return Period.last(_DAY_NS, newest.replace(tzinfo=UTC) + timedelta(seconds=1))


def _to_whole_hour(period: Period) -> Period:
    """A period that ends now, as it is counted: all of its last hour, as there is nothing after its end."""
    until = period.until.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    return Period(until - (period.until - period.since), until)


def _traces(client: Client) -> list[str]:
    rows = client.query(_IDS, {"tenant": TENANT, "traces": _TRACES}).result_rows
    return [trace for (trace,) in rows]


def _spans(client: Client, trace: str) -> set[str]:
    (place,) = locate(client, [trace], TENANT)
    return {one.id for one in read_trace(client, place).spans}


def _firsts(rows: Iterable[Sequence[Any]]) -> set[Any]:
    return {row[0] for row in rows}


def _summed(rows: Iterable[Sequence[Any]]) -> set[tuple[Any, ...]]:
    sums: dict[tuple[str, str], tuple[int, int]] = {}
    for service, name, _bucket, spans, errors, _longest in rows:
        counted, failed = sums.get((service, name), (0, 0))
        sums[service, name] = counted + spans, failed + errors
    return {(*key, *counts) for key, counts in sums.items()}
