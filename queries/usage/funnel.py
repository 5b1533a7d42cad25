"""Funnels: how many get from a first step to the next ones, in their order and within a time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from clickhouse_connect.driver.client import Client

from queries.usage.filters.matching import Parameters, compile_filter
from queries.usage.filters.tree import Filter, fields_of
from queries.usage.scope import scope
from queries.usage.sources import EVENTS, STEPS, Source
from queries.usage.statement import Statement
from queries.usage.steps import level_of, narrowed
from queries.usage.values import text_of
from queries.usage.window import Window

MAX_STEPS = 20
MAX_WITHIN = 90 * 86_400
_MILLISECONDS = {EVENTS.view: "toUnixTimestamp64Milli(occurred_at)", STEPS.view: "occurred_ms"}
_UNITS = {
    (EVENTS.view, "user"): ("sipHash64(user_id)", "user_id != ''"),
    (EVENTS.view, "session"): ("sipHash64(session_id)", "session_id != ''"),
    (STEPS.view, "user"): ("user_hash", "user_hash != 0"),
}
"""By what is read and who takes the steps: the key of each, and the condition that there is one."""


class MalformedFunnel(ValueError):
    """No funnel can be made of this; the message says why."""


@dataclass(frozen=True)
class FunnelQuestion:
    """Whose steps, and within how many seconds of the first the last must be, by `by`.

    `breakdown` is a field: each user counts under the value of their earliest first step. The `limit` values
    with most users at the first step have a row; the others are one.
    """

    tenant: str
    window: Window
    steps: Sequence[Filter]
    within: int = 86_400
    by: Literal["user", "session"] = "user"
    breakdown: str | None = None
    limit: int = 10
    bots: bool = False
    where: Filter | None = None

    def __post_init__(self) -> None:
        """Raise MalformedFunnel for what is too much or too little."""
        if not 1 <= len(self.steps) <= MAX_STEPS:
            raise MalformedFunnel(f"{len(self.steps)} steps: expected 1 to {MAX_STEPS}.")
        if not 0 <= self.within <= MAX_WITHIN:
            raise MalformedFunnel(f"Within {self.within} seconds: expected 0 to {MAX_WITHIN}.")

    @property
    def source(self) -> Source:
        """What it is read from: users' steps where they tell all that is asked, else every event."""
        filters = (*self.steps, *([self.where] if self.where else []))
        asked = {name for one in filters for name in fields_of(one)} | {self.breakdown or "bot"}
        is_of_steps = self.by == "user" and STEPS.has(asked) and self.window.fits_slices()
        return STEPS if is_of_steps else EVENTS


@dataclass(frozen=True)
class Step:
    """How many reached it, and what share that is of the first step and of the one before; None of nobody."""

    count: int
    of_first: float | None
    of_previous: float | None


@dataclass(frozen=True)
class Funnel:
    """The steps of those with one value; `value` is None for everybody and for the others."""

    value: str | None
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class FunnelAnswer:
    """Everybody's; where asked for, by value, the most first; `other` are the values beyond the limit."""

    total: Funnel
    values: tuple[Funnel, ...] = ()
    other: Funnel | None = None


def funnel(client: Client, question: FunnelQuestion) -> FunnelAnswer:
    """Answer."""
    (total, *rows) = statement(question).rows(client)
    counts = [(value, tuple(reached)) for value, _, *reached in rows]
    shown = counts[: question.limit] if question.breakdown else []
    rest = [all_ - sum(one) for all_, *one in zip(total[2:], *(counts for _, counts in shown), strict=True)]
    return FunnelAnswer(
        _funnel(None, total[2:]),
        tuple(_funnel(value, reached) for value, reached in shown),
        _funnel(None, rest) if shown and rest[0] else None,
    )


def statement(question: FunnelQuestion) -> Statement:
    """One row for all, then one a value: the value, whether it is the row for all, users by step."""
    source = question.source
    scoped = scope(question, source)
    steps = [compile_filter(step, prefix=f"s{number}_") for number, step in enumerate(question.steps)]
    narrow = narrowed(question.steps)
    value = text_of(question.breakdown) if question.breakdown else None
    parameters: Parameters = {**scoped.parameters, **narrow.parameters, "limit": question.limit}
    for one in [*steps, *([value] if value else [])]:
        parameters |= one.parameters
    at = f"toUInt64({_MILLISECONDS[source.view]})"
    unit, is_unit = _UNITS[source.view, question.by]
    level = level_of(question.steps, [one.sql for one in steps], at, question.within * 1_000)
    of_first = f", argMinIf({value.sql}, ({at}, {value.sql}), {steps[0].sql}) AS value" if value else ""
    reached = ", ".join(f"countIf(level >= {number}) AS step_{number}" for number in range(1, len(steps) + 1))
    sql = f"""
SELECT {"value, grouping(value)" if value else "'' AS value, 1"} AS is_total, {reached}
FROM (
    SELECT {level} AS level{of_first}
    FROM {source.view}
    WHERE {scoped.sql} AND {is_unit}
      AND {narrow.sql}
    GROUP BY {unit}
    HAVING level > 0
)
{"GROUP BY GROUPING SETS ((value), ())" if value else ""}
ORDER BY is_total DESC, step_1 DESC, value
LIMIT {{limit:UInt32}} + 1
"""  # noqa: S608  the pieces stand in this package; what is asked travels as parameters
    return Statement(sql.strip(), parameters)


def _funnel(value: str | None, counts: Sequence[Any]) -> Funnel:
    previous = [None, *counts]
    return Funnel(
        value,
        tuple(
            Step(count, _share(count, counts[0]), _share(count, previous[number]))
            for number, count in enumerate(counts)
        ),
    )


def _share(count: int, of: int | None) -> float | None:
    return count / of if of else None
