"""Rate, errors and duration of services and their operations, also beside the period before."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from clickhouse_connect.driver.client import Client

from queries.traces.buckets import Buckets, apdex, percentile_ns
from queries.traces.period import Period

By = Literal["service", "operation"]
Order = Literal["total", "slowest", "failing"]
KINDS = ("server", "consumer", "client", "producer", "internal", "unspecified")
ASKED_FROM_OUTSIDE = ("server", "consumer")

INTERVALS = {"minute": 60, "hour": 3_600}
"""How time may be cut (UTC), and the seconds of each."""

_STARTS = {"minute": "toStartOfMinute(started_at)", "hour": "toStartOfHour(toStartOfMinute(started_at))"}
_SQL = """
    SELECT
        {keys}
        count(), countIf(status = 'error'), sum(duration_ns), max(duration_ns),
        sumMap(map(toUInt16(log2(duration_ns + 1) * 8), 1))
    FROM spans
    WHERE tenant = {{tenant:String}} AND kind IN {{kinds:Array(String)}}
      AND ({{service:String}} = '' OR service = {{service:String}})
      AND toStartOfMinute(started_at) >= toStartOfMinute({{since:DateTime64(6, 'UTC')}})
      AND toStartOfMinute(started_at) < {{until:DateTime64(6, 'UTC')}}
      AND toDate(received_at, 'UTC') >= toDate({{since:DateTime64(6, 'UTC')}}, 'UTC') - 1
    GROUP BY {names}
"""
"""The expressions of the projection by_minute, all of them and no other: else the table is read."""


@dataclass(frozen=True)
class RedQuestion:
    """Whose operations, when (from a whole minute on), by what, of which spans; what satisfies."""

    tenant: str
    period: Period
    by: By = "operation"
    interval: str | None = None
    service: str = ""
    kinds: Sequence[str] = ASKED_FROM_OUTSIDE
    order: Order = "total"
    satisfying_ns: int = 500_000_000
    limit: int = 100


@dataclass(frozen=True)
class Red:
    """What was measured of one operation: the rate is a second's, `error_share` from 0 to 1."""

    spans: int
    rate: float
    errors: int
    error_share: float
    p50_ns: float
    p95_ns: float
    p99_ns: float
    max_ns: int
    apdex: float


@dataclass(frozen=True)
class RedRow:
    """One line: of a bucket of time, if it was cut; `operation` is empty where services were asked for."""

    bucket: datetime | None
    service: str
    operation: str
    now: Red
    before: Red | None = None


def red(client: Client, question: RedQuestion) -> list[RedRow]:
    """Answer, in the order of time and then of the question."""
    period = question.period.from_whole_minute
    seconds = INTERVALS[question.interval] if question.interval else period.seconds
    rows = [
        RedRow(*key, _figures(figures, seconds, question.satisfying_ns))
        for key, figures in _ask(client, question, period).items()
    ]
    rows.sort(key=lambda row: (_ORDERS[question.order](row.now), row.service, row.operation))
    rows.sort(key=lambda row: (row.bucket is not None, row.bucket))
    return rows[: question.limit]


def compared(client: Client, question: RedQuestion) -> list[RedRow]:
    """Answer without buckets, each row beside the equally long period before; None where that is empty."""
    period = question.period.from_whole_minute.before.from_whole_minute
    before, satisfying_ns = _ask(client, question, period), question.satisfying_ns
    return [
        RedRow(
            row.bucket, row.service, row.operation, row.now, _figures(found, period.seconds, satisfying_ns)
        )
        if (found := before.get((None, row.service, row.operation)))
        else row
        for row in red(client, question)
    ]


_ORDERS: dict[Order, Callable[[Red], Any]] = {
    "total": lambda figures: -figures.spans,
    "slowest": lambda figures: -figures.p95_ns,
    "failing": lambda figures: (-figures.errors, -figures.error_share),
}

_Key = tuple[datetime | None, str, str]


def _ask(client: Client, question: RedQuestion, period: Period) -> dict[_Key, Sequence[Any]]:
    keys = {"bucket": _STARTS[question.interval]} if question.interval else {}
    keys["service"] = "service"
    if question.by == "operation":
        keys["name"] = "name"
    sql = _SQL.format(
        keys="".join(f"{sql} AS {name}, " if name != sql else f"{sql}, " for name, sql in keys.items()),
        names=", ".join(keys),
    )
    parameters = period.parameters | {
        "tenant": question.tenant, "kinds": list(question.kinds), "service": question.service,
    }  # fmt: skip
    found: dict[_Key, Sequence[Any]] = {}
    for row in client.query(sql, parameters).result_rows:
        named = dict(zip(keys, row[: len(keys)], strict=True))
        found[named.get("bucket"), named["service"], named.get("name", "")] = row[len(keys) :]
    return found


def _figures(row: Sequence[Any], seconds: float, satisfying_ns: int) -> Red:
    spans, errors, _, longest_ns, counts = row
    buckets: Buckets = dict(counts)
    p50, p95, p99 = (percentile_ns(buckets, share) for share in (0.5, 0.95, 0.99))
    return Red(
        spans,
        spans / seconds,
        errors,
        errors / spans,
        p50,
        p95,
        p99,
        longest_ns,
        apdex(buckets, satisfying_ns),
    )
