"""Top and rising values of a field, beside those of the window before."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from clickhouse_connect.driver.client import Client

from queries.usage.beside import beside, is_whole
from queries.usage.filters.tree import Filter, fields_of
from queries.usage.scope import scope
from queries.usage.sources import EVENTS, CountedSource, source_for
from queries.usage.statement import Statement
from queries.usage.values import text_of
from queries.usage.window import Window

Measure = Literal["events", "users", "sessions"]
Order = Literal["top", "rising", "falling"]
_ORDERS: dict[Order, str] = {
    "top": "now_count DESC, before_count DESC, value",
    "rising": "score DESC, now_count DESC, value",
    "falling": "score, before_count DESC, value",
}


@dataclass(frozen=True)
class TopQuestion:
    """Which values of the field `by` are most frequent, or rise or fall most, counted by `of`."""

    tenant: str
    window: Window
    by: str
    of: Measure = "events"
    order: Order = "top"
    limit: int = 10
    bots: bool = False
    where: Filter | None = None


@dataclass(frozen=True)
class TopValue:
    """A value, how often it is found in the window and in that before, and its share of all of it.

    `change` is the count's in relation to the one before, None where there was none; `score` says by how many
    times its root the count differs from what the value's former share would have given. All three are None
    where nothing of the window before is compared with.
    """

    value: str
    count: int
    share: float
    before: int | None
    change: float | None
    score: float | None


@dataclass(frozen=True)
class TopAnswer:
    """The values in the order that was asked for, and what all values together come to.

    `compared` is the window before: None where it is no longer kept as a whole, and nothing is compared.
    Users and sessions are estimates where not `is_exact`.
    """

    values: tuple[TopValue, ...]
    total: int
    total_before: int | None
    compared: Window | None
    is_exact: bool


def top(client: Client, question: TopQuestion) -> TopAnswer:
    """Answer; raises UnknownField."""
    before = _compared(question)
    total, *rows = statement(question).rows(client)
    return TopAnswer(
        tuple(_value(row, before is not None) for row in rows),
        total[2],
        total[3] if before else None,
        before,
        question.of == "events" or _counts_exactly(question, before, total),
    )


def statement(question: TopQuestion) -> Statement:
    """A row for all, then one a value: the value, whether it is all, both counts, the score."""
    before = _compared(question)
    source = _source(question, before)
    scoped, value = scope(question, source), text_of(question.by, source.fields)
    parameters = {**scoped.parameters, **value.parameters, "limit": question.limit}
    halves = [_half(scoped.sql, value.sql, source, question.of, True)]
    if before:
        halves.append(_half(_earlier(scoped.sql, source), value.sql, source, question.of, False))
        parameters |= {f"before_{name}": before.parameters[name] for name in ("since", "until")}
    sql = f"""
SELECT
    value, is_total, now_count, before_count,
    max(now_count * is_total) OVER () AS all_now,
    max(before_count * is_total) OVER () AS all_before,
    if(all_before = 0, 0, before_count * all_now / all_before) AS expected,
    if(now_count + expected = 0, 0, (now_count - expected) / sqrt(now_count + expected)) AS score
FROM (
    SELECT value, is_total, sumIf(counted, is_now) AS now_count, sumIf(counted, NOT is_now) AS before_count
    FROM ({" UNION ALL ".join(halves)}
    )
    GROUP BY value, is_total
)
WHERE is_total OR now_count > 0 OR before_count > 0
ORDER BY is_total DESC, {_ORDERS[question.order]}
LIMIT {{limit:UInt32}} + 1
"""  # noqa: S608  the pieces stand in this package; what is asked travels as parameters
    return Statement(sql.strip(), parameters)


def _half(condition: str, value: str, source: CountedSource, of: Measure, is_now: bool) -> str:
    return f"""
        SELECT
            {value} AS value, grouping(value) AS is_total,
            {getattr(source, of)} AS counted, {is_now} AS is_now
        FROM {source.view}
        WHERE {condition}
        GROUP BY GROUPING SETS ((value), ())"""  # noqa: S608  the pieces stand in this package


def _earlier(condition: str, source: CountedSource) -> str:
    """The same condition for the window before."""
    return condition.replace(source.arrived, source.arrived_in("before_"))


def _compared(question: TopQuestion) -> Window | None:
    before = beside(question.window)
    return before if before and is_whole(before) else None


def _source(question: TopQuestion, before: Window | None) -> CountedSource:
    """One that fits both windows."""
    fields = {question.by, *(fields_of(question.where) if question.where else ())}
    sources = [source_for(fields, window) for window in (question.window, before) if window]
    return sources[0] if all(source is sources[0] for source in sources) else EVENTS


def _counts_exactly(question: TopQuestion, before: Window | None, total: Sequence[Any]) -> bool:
    sessions = max(total[2:4]) if question.of == "sessions" else 0
    return _source(question, before).counts_exactly(sessions)


def _value(row: Sequence[Any], compared: bool) -> TopValue:
    value, _, count, before, all_now, _, _, score = row
    share = count / all_now if all_now else 0.0
    if not compared:
        return TopValue(value, count, share, None, None, None)
    return TopValue(value, count, share, before, count / before - 1 if before else None, score)
