"""Who comes back: cohorts by their first active day, week or month, and how many are active in later ones."""

from dataclasses import dataclass

from clickhouse_connect.driver.client import Client

from queries.usage.filters.tree import Filter
from queries.usage.presence import SPANS, Asked, presence
from queries.usage.spans import DayInterval, Partial, Span, intervals, read_from, span_parameters
from queries.usage.statement import Statement
from queries.usage.window import Window


@dataclass(frozen=True)
class RetentionQuestion:
    """Whose users, over which intervals; people only unless `bots`."""

    tenant: str
    window: Window
    interval: DayInterval = "week"
    bots: bool = False
    where: Filter | None = None


@dataclass(frozen=True)
class TenantsRetentionQuestion:
    """Which tenants come back: over all of them, so that only an operator may ask it."""

    window: Window
    interval: DayInterval = "week"
    bots: bool = False
    where: Filter | None = None


@dataclass(frozen=True)
class Cell:
    """How many of a cohort were active so many intervals after its first, and their share, from 0 to 1.

    `share` is None where the cohort is empty. `partial` is that of the later interval: where it has one
    the cell is not complete, and may yet be higher, or would be if more were kept.
    """

    later: int
    active: int
    share: float | None
    partial: Partial = ""


@dataclass(frozen=True)
class Cohort:
    """Who was first active in this interval, of all that the window has; the first cell is the cohort itself.

    Who was active before the window is told from nobody: the first cohort has them all.
    """

    interval: Span
    size: int
    cells: tuple[Cell, ...]


def retention(client: Client, question: RetentionQuestion) -> list[Cohort]:
    """Of one tenant's users: a cohort for each interval of the window, empty ones too; exact."""
    return _answer(client, question)


def retention_of_tenants(client: Client, question: TenantsRetentionQuestion) -> list[Cohort]:
    """Of the tenants; one is active where it has any event that is asked about."""
    return _answer(client, question)


def statement(question: RetentionQuestion | TenantsRetentionQuestion) -> Statement:
    """Its SQL: the cohort's number, the later interval's, how many were active in it."""
    spans = intervals(question.window, question.interval)
    read = read_from(spans[0].first, question.window)
    tenant = question.tenant if isinstance(question, RetentionQuestion) else None
    of = presence(Asked(tenant, read, question.bots, question.where))
    sql = f"""WITH
    {SPANS} AS spans
SELECT first_active - 1 AS cohort, number - 1 AS interval, active
FROM
(
    SELECT indexOf(activity, 1) AS first_active, sumForEach(activity) AS counts
    FROM
    (
        SELECT arrayMap(span -> bitAnd(days, span) != 0, spans) AS activity
        FROM
        (
        {of.sql}
        )
    )
    GROUP BY first_active
)
ARRAY JOIN counts AS active, arrayEnumerate(counts) AS number
WHERE first_active > 0 AND number >= first_active
ORDER BY cohort, interval"""  # noqa: S608  every piece is this package's own; what is asked travels as parameters
    return Statement(sql, {**of.parameters, **span_parameters(spans, read)})


def _answer(client: Client, question: RetentionQuestion | TenantsRetentionQuestion) -> list[Cohort]:
    spans = intervals(question.window, question.interval)
    # The engine gives only cohorts that are not empty.
    counts = {(cohort, later): active for cohort, later, active in statement(question).rows(client)}
    return [
        Cohort(span, size, tuple(_cells(number, size, counts, spans)))
        for number, span in enumerate(spans)
        for size in [counts.get((number, number), 0)]
    ]


def _cells(cohort: int, size: int, counts: dict[tuple[int, int], int], spans: list[Span]) -> list[Cell]:
    cells = []
    for number in range(cohort, len(spans)):
        active = counts.get((cohort, number), 0)
        cells.append(Cell(number - cohort, active, active / size if size else None, spans[number].partial))
    return cells
