"""How many users are active: each day, in the 7 and 30 days that end with it, by calendar week and month."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from clickhouse_connect.driver.client import Client

from queries.usage.filters.tree import Filter
from queries.usage.presence import SPANS, Asked, presence
from queries.usage.spans import Partial, Span, intervals, is_kept, read_from, span_parameters
from queries.usage.statement import Statement
from queries.usage.window import Window

WEEK, MONTH = 7, 30
"""The days of a rolling week and month."""


@dataclass(frozen=True)
class ActiveQuestion:
    """Whose users, on which days; people only unless `bots`."""

    tenant: str
    window: Window
    bots: bool = False
    where: Filter | None = None


@dataclass(frozen=True)
class ActiveUsers:
    """Distinct users of a span of days; `partial` as in Bucket."""

    first: date
    last: date
    users: int
    partial: Partial = ""


@dataclass(frozen=True)
class ActiveDay:
    """A day, and the rolling week and month that end with it: they look back before the window."""

    day: ActiveUsers
    week: ActiveUsers
    month: ActiveUsers

    @property
    def stickiness(self) -> float | None:
        """The day's users by the month's, from 0 to 1; None where the month has none."""
        return self.day.users / self.month.users if self.month.users else None


@dataclass(frozen=True)
class Active:
    """Each day of the window, and each calendar week and month that it touches, taken whole."""

    days: tuple[ActiveDay, ...]
    weeks: tuple[ActiveUsers, ...]
    months: tuple[ActiveUsers, ...]


def active(client: Client, question: ActiveQuestion) -> Active:
    """Answer in the order of time; every figure is exact."""
    spans = _spans(question.window)
    # Of a tenant without any user the engine gives nothing at all.
    users = [users for _, users in statement(question).rows(client)] or [0] * len(spans)
    counted = [
        ActiveUsers(span.first, span.last, count, span.partial)
        for span, count in zip(spans, users, strict=True)
    ]
    days, weeks = (len(intervals(question.window, interval)) for interval in ("day", "week"))
    rolling, calendar = counted[: 3 * days], counted[3 * days :]
    return Active(
        tuple(ActiveDay(*rolling[n : n + 3]) for n in range(0, 3 * days, 3)),
        tuple(calendar[:weeks]),
        tuple(calendar[weeks:]),
    )


def statement(question: ActiveQuestion) -> Statement:
    """Its SQL: the number of a span (three for each day, then weeks, then months) and its users."""
    spans = _spans(question.window)
    read = read_from(min(span.first for span in spans), question.window)
    of = presence(Asked(question.tenant, read, question.bots, question.where))
    sql = f"""WITH
    {SPANS} AS spans
SELECT number - 1 AS span, users
FROM
(
    SELECT sumForEach(arrayMap(one -> bitAnd(days, one) != 0, spans)) AS counts
    FROM
    (
    {of.sql}
    )
)
ARRAY JOIN counts AS users, arrayEnumerate(counts) AS number
ORDER BY span"""  # noqa: S608  every piece is this package's own; what is asked travels as parameters
    return Statement(sql, {**of.parameters, **span_parameters(spans, read)})


def _spans(window: Window) -> Sequence[Span]:
    rolling = [
        span
        for day in intervals(window, "day")
        for span in (day, _ending(day, WEEK, window), _ending(day, MONTH, window))
    ]
    return [*rolling, *intervals(window, "week"), *intervals(window, "month")]


def _ending(day: Span, days: int, window: Window) -> Span:
    first = day.last - timedelta(days=days - 1)
    return Span(first, day.last, day.partial if is_kept(first, window) else "expired")
