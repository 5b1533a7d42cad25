"""A window beside the one before, with the same days of the week, bucket by bucket."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from clickhouse_connect.driver.client import Client

from queries.usage.beside import beside, is_whole, kept_before
from queries.usage.filters.tree import Filter, fields_of
from queries.usage.scope import scope
from queries.usage.sources import CountedSource, source_for
from queries.usage.statement import Statement
from queries.usage.window import Bucket, Interval, Window, bucket_of, bucket_sql


@dataclass(frozen=True)
class CompareQuestion:
    """Whose usage; the days of the week meet, so that months cannot be compared."""

    tenant: str
    window: Window
    interval: Literal["hour", "day", "week"] = "day"
    bots: bool = False
    where: Filter | None = None


@dataclass(frozen=True)
class Counts:
    """What was counted: users and sessions are distinct ones, those of nobody aside."""

    events: int
    users: int
    sessions: int


@dataclass(frozen=True)
class Change:
    """By how much each count differs, in relation to the one before: 0.5 is half more; None after 0."""

    events: float | None
    users: float | None
    sessions: float | None


@dataclass(frozen=True)
class Pair:
    """A bucket and the one it is compared with, each with its counts; `before` is None where there is none.

    A bucket says itself whether it is partial. Only where neither is `is_compared` true and `change` told.
    """

    bucket: Bucket
    counts: Counts
    before: Bucket | None
    counts_before: Counts | None
    is_compared: bool
    change: Change | None


@dataclass(frozen=True)
class CompareAnswer:
    """The buckets in the order of time, and the whole of both windows.

    While the window runs, the whole before ends where the running one stands, to the hour: its bucket tells.
    Users and sessions are estimates where not `is_exact`.
    """

    pairs: tuple[Pair, ...]
    total: Pair
    is_exact: bool


def compare(client: Client, question: CompareQuestion) -> CompareAnswer:
    """Answer."""
    window, before = question.window, kept_before(question.window)
    buckets, total, *of_before = (_counts(client, one, question) for one in statements(question))
    buckets_before, total_before = of_before or ({}, {})
    earlier = {_wall(one.start): one for one in before.buckets(question.interval)} if before else {}
    weeks = _weeks(window, before) if before else timedelta()
    pairs = [
        _pair(bucket, buckets, earlier.get((start - weeks, fold)), buckets_before)
        for bucket in window.buckets(question.interval)
        for start, fold in [_wall(bucket.start)]
    ]
    whole = _pair_of_all(window, total, total_before)
    sessions = max(one.sessions for one in (whole.counts, whole.counts_before or whole.counts))
    return CompareAnswer(tuple(pairs), whole, _source(question, window, None).counts_exactly(sessions))


def statements(question: CompareQuestion) -> list[Statement]:
    """That of the buckets and that of the whole; then, where it is kept, those of the window before."""
    asked: list[tuple[Window, Interval | None]] = [
        (question.window, question.interval),
        (question.window, None),
    ]
    if (before := kept_before(question.window)) and (whole := beside(question.window)):
        asked += [(before, question.interval), (whole, None)]
    return [_statement(question, window, interval) for window, interval in asked]


def _statement(question: CompareQuestion, window: Window, interval: Interval | None) -> Statement:
    source = _source(question, window, interval)
    scoped = scope(replace(question, window=window), source)
    key = bucket_sql(source.time, interval) if interval else "0"
    sql = f"""
SELECT {key} AS bucket, {source.events} AS counted, {source.users} AS visitors, {source.sessions} AS visits
FROM {source.view}
WHERE {scoped.sql}
GROUP BY bucket
"""  # noqa: S608  the pieces stand in this package; what is asked travels as parameters
    return Statement(sql.strip(), scoped.parameters)


def _source(question: CompareQuestion, window: Window, interval: Interval | None) -> CountedSource:
    return source_for(fields_of(question.where) if question.where else (), window, interval)


def _counts(client: Client, statement: Statement, question: CompareQuestion) -> dict[float | None, Counts]:
    """By the start as a timestamp, for an hour that comes twice equals itself; None is the whole."""
    return {
        None if key == 0 else bucket_of(key, question.interval, question.window.zone).timestamp(): Counts(
            *counts
        )
        for key, *counts in statement.rows(client)
    }


def _pair(
    bucket: Bucket,
    counts: Mapping[float | None, Counts],
    before: Bucket | None,
    counts_before: Mapping[float | None, Counts],
) -> Pair:
    was = counts_before.get(before.start.timestamp(), _NOTHING) if before else None
    whole = not bucket.partial and before is not None and not before.partial
    return _paired(bucket, counts.get(bucket.start.timestamp(), _NOTHING), before, was, whole)


def _pair_of_all(
    window: Window, counts: Mapping[float | None, Counts], counts_before: Mapping[float | None, Counts]
) -> Pair:
    before = beside(window)
    return _paired(
        _whole(window),
        counts.get(None, _NOTHING),
        _whole(before) if before else None,
        counts_before.get(None, _NOTHING) if before else None,
        is_whole(window) and before is not None and is_whole(before),
    )


def _paired(
    bucket: Bucket, counts: Counts, before: Bucket | None, was: Counts | None, is_compared: bool
) -> Pair:
    if not is_compared or was is None:
        return Pair(bucket, counts, before, was, False, None)
    change = Change(*(_change(getattr(counts, name), getattr(was, name)) for name in _NAMES))
    return Pair(bucket, counts, before, was, True, change)


def _change(count: int, before: int) -> float | None:
    return count / before - 1 if before else None


def _whole(window: Window) -> Bucket:
    partial: Partial = "expired" if not is_whole(window) else "running" if window.until > window.now else ""
    return Bucket(window.since, window.until, partial)


def _wall(moment: datetime) -> tuple[datetime, int]:
    """What the clock of the zone shows; the second number tells an hour that comes twice."""
    return moment.replace(tzinfo=None, fold=0), moment.fold


def _weeks(window: Window, before: Window) -> timedelta:
    zone = window.zone
    return timedelta(days=(window.since.astimezone(zone).date() - before.since.astimezone(zone).date()).days)


_NOTHING = Counts(0, 0, 0)
_NAMES = ("events", "users", "sessions")
Partial = Literal["", "running", "expired", "cut"]
