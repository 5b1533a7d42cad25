"""Who came, stayed, came back and left, from one day, week or month to the next: users, or tenants."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise

from clickhouse_connect.driver.client import Client

from queries.usage.filters.tree import Filter
from queries.usage.presence import SPANS, Asked, presence
from queries.usage.spans import DayInterval, Partial, Span, intervals, is_kept, read_from, span_parameters
from queries.usage.statement import Statement
from queries.usage.window import Window, bucket_start


@dataclass(frozen=True)
class LifecycleQuestion:
    """Whose users, over which intervals; people only unless `bots`."""

    tenant: str
    window: Window
    interval: DayInterval = "week"
    bots: bool = False
    where: Filter | None = None


@dataclass(frozen=True)
class TenantsLifecycleQuestion:
    """Which tenants came and left: over all of them, so that only an operator may ask it."""

    window: Window
    interval: DayInterval = "week"
    bots: bool = False
    where: Filter | None = None


@dataclass(frozen=True)
class Lifecycle:
    """An interval's users, or tenants, by what they did before; each has one part in it.

    `new` is first seen within what is kept: of who was last here longer ago than 90 days nothing is known.
    `returning` was active in the interval before too, `resurrected` before that one but not in it, `dormant`
    in the interval before but not in this one. Where the interval before is not wholly kept, `has_before` is
    false: who was active in the lost part of it counts as new. `partial` as in Bucket.
    """

    first: date
    last: date
    new: int = 0
    returning: int = 0
    resurrected: int = 0
    dormant: int = 0
    partial: Partial = ""
    has_before: bool = True

    @property
    def active(self) -> int:
        """All who were active in the interval."""
        return self.new + self.returning + self.resurrected


def lifecycle(client: Client, question: LifecycleQuestion) -> list[Lifecycle]:
    """Of one tenant's users, in the order of time; every figure is exact."""
    return _answer(client, question)


def lifecycle_of_tenants(client: Client, question: TenantsLifecycleQuestion) -> list[Lifecycle]:
    """Of the tenants; one is active where it has any event that is asked about."""
    return _answer(client, question)


def statement(question: LifecycleQuestion | TenantsLifecycleQuestion) -> Statement:
    """Its SQL: the interval's number, new, returning, resurrected, dormant."""
    window = question.window
    spans = [_before(question), *intervals(window, question.interval)]
    read = read_from(window.floor.date() - timedelta(days=1), window)
    tenant = question.tenant if isinstance(question, LifecycleQuestion) else None
    of = presence(Asked(tenant, read, question.bots, question.where))
    # The days before an interval are the bits below its first: that one bit, less 1.
    # Parts are 1 new, 2 returning, 3 resurrected, 4 dormant.
    sql = f"""WITH
    {SPANS} AS spans,
    arrayMap(
        (span, before, first) -> multiIf(
            bitAnd(days, span) = 0, if(bitAnd(days, before) = 0, 0, 4),
            bitAnd(days, bitShiftLeft(toUInt128(1), toUInt8(first - {{first_day:Date}})) - 1) = 0, 1,
            bitAnd(days, before) = 0, 3, 2
        ),
        arrayPopFront(spans), arrayPopBack(spans), arrayPopFront({{firsts:Array(Date)}})
    ) AS parts
SELECT
    number - 1 AS interval,
    counts.1 AS new, counts.2 AS returning, counts.3 AS resurrected, counts.4 AS dormant
FROM
(
    SELECT
        sumForEach(arrayMap(part -> part = 1, parts)) AS new_ones,
        sumForEach(arrayMap(part -> part = 2, parts)) AS returning_ones,
        sumForEach(arrayMap(part -> part = 3, parts)) AS resurrected_ones,
        sumForEach(arrayMap(part -> part = 4, parts)) AS dormant_ones
    FROM
    (
    {of.sql}
    )
)
ARRAY JOIN
    arrayZip(new_ones, returning_ones, resurrected_ones, dormant_ones) AS counts,
    arrayEnumerate(new_ones) AS number
ORDER BY interval"""  # noqa: S608  every piece is this package's own; what is asked travels as parameters
    return Statement(sql, {**of.parameters, **span_parameters(spans, read)})


def _answer(client: Client, question: LifecycleQuestion | TenantsLifecycleQuestion) -> list[Lifecycle]:
    spans = [_before(question), *intervals(question.window, question.interval)]
    answer = [
        Lifecycle(
            span.first, span.last, partial=span.partial, has_before=is_kept(before.first, question.window)
        )
        for before, span in pairwise(spans)
    ]
    for number, new, returning, resurrected, dormant in statement(question).rows(client):
        answer[number] = replace(
            answer[number], new=new, returning=returning, resurrected=resurrected, dormant=dormant
        )
    return answer


def _before(question: LifecycleQuestion | TenantsLifecycleQuestion) -> Span:
    """The interval before the first of the answer."""
    window, interval = question.window, question.interval
    start = bucket_start(window.since, interval, window.zone)
    last = start.date() - timedelta(days=1)
    noon = start - timedelta(hours=12)  # of the day before, or near it
    return Span(bucket_start(noon, interval, window.zone).date(), last)
