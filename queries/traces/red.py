"""Rate, errors and duration of services and their operations, also beside the period before."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from clickhouse_connect.driver.client import Client

from queries.traces.buckets import apdex, percentile_ns
from queries.traces.counts import Counts, Key, count
from queries.traces.period import Period

By = Literal["service", "operation"]
Order = Literal["total", "slowest", "failing"]
KINDS = ("server", "consumer", "client", "producer", "internal", "unspecified")
ASKED_FROM_OUTSIDE = ("server", "consumer")

INTERVALS = {"minute": 60, "hour": 3_600}
"""How time may be cut (UTC), and the seconds of each."""

_COUNTED_BY_MINUTES = 6 * 3_600
"""Seconds of a period up to which its minutes are exact; a longer one begins with its first whole hour."""


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
    period = _counted(question, question.period)
    seconds = INTERVALS[question.interval] if question.interval else period.seconds
    rows = [
        RedRow(*key, _figures(figures, seconds, question.satisfying_ns))
        for key, figures in _ask(client, question, period).items()
    ]
    rows.sort(key=lambda row: (_ORDERS[question.order](row.now), row.service, row.operation))
    rows.sort(key=lambda row: (row.bucket is not None, row.bucket))
    return rows[: question.limit]


def compared(client: Client, question: RedQuestion) -> list[RedRow]:
    """Answer without buckets, each row beside the same period before, None where that is empty."""
    period = _counted(question, _counted(question, question.period).before)
    before = _ask(client, question, period)
    return [
        RedRow(
            row.bucket,
            row.service,
            row.operation,
            row.now,
            _figures(found, period.seconds, question.satisfying_ns),
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


def _is_by_hours(question: RedQuestion, period: Period) -> bool:
    return question.interval != "minute" and period.seconds > _COUNTED_BY_MINUTES


def _counted(question: RedQuestion, period: Period) -> Period:
    return period.from_whole_hour if _is_by_hours(question, period) else period.from_whole_minute


def _ask(client: Client, question: RedQuestion, period: Period) -> dict[Key, Counts]:
    """Count hours from their summary; minutes, and the hour in which the period has ended, from the rows."""
    keys = [question.interval] if question.interval else []
    keys += ["service", "name"] if question.by == "operation" else ["service"]
    parameters = {"tenant": question.tenant, "kinds": list(question.kinds), "service": question.service}
    found: defaultdict[Key, Counts] = defaultdict(Counts)
    if not _is_by_hours(question, period):
        count(client, found, keys, "minute", parameters | period.parameters)
        return found
    hours, rest = period.whole_hours
    count(client, found, keys, "hour", parameters | hours.parameters)
    if rest:
        count(client, found, keys, "minute", parameters | rest.parameters)
    return found


def _figures(counts: Counts, seconds: float, satisfying_ns: int) -> Red:
    p50, p95, p99 = (percentile_ns(counts.buckets, share) for share in (0.5, 0.95, 0.99))
    return Red(
        spans=counts.spans,
        rate=counts.spans / seconds,
        errors=counts.errors,
        error_share=counts.errors / counts.spans,
        p50_ns=p50,
        p95_ns=p95,
        p99_ns=p99,
        max_ns=counts.longest_ns,
        apdex=apdex(counts.buckets, satisfying_ns),
    )
