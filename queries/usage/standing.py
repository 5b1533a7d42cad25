"""How tenants stand: since when each is here, whether its use grows, whether it is about to leave."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from clickhouse_connect.driver.client import Client

from queries.usage.filters.tree import Filter
from queries.usage.presence import SPANS, Asked
from queries.usage.spans import Span, read_from, span_parameters
from queries.usage.statement import Statement
from queries.usage.window import Window, zone_named

TREND, RISK, SILENCE = 28, 14, 7
"""Days of the trend, and of what is set beside; the same of the risk; days without any event."""
ACTIVE_NOW = timedelta(minutes=30)


@dataclass(frozen=True)
class TenantQuestion:
    """Which tenant, in the days of which zone, today's being that of `now`; people only unless `bots`."""

    tenant: str
    now: datetime
    zone: str = "UTC"
    bots: bool = False
    where: Filter | None = None


@dataclass(frozen=True)
class TenantsQuestion:
    """The same of every tenant: only an operator may ask it."""

    now: datetime
    zone: str = "UTC"
    bots: bool = False
    where: Filter | None = None


@dataclass(frozen=True)
class Standing:
    """A tenant's facts, all exact; `first` and `last` are days of use, within what is kept.

    `events` and `users` are of the last 28 days, today included, beside the 28 before; the recent users of
    the last 14 beside the 14 before; `users_now` of the last 30 minutes.
    """

    tenant: str
    first: date
    last: date
    events: int
    events_before: int
    users: int
    users_before: int
    recent_users: int
    recent_users_before: int
    users_now: int
    today: date

    @property
    def risk(self) -> Literal["", "silent", "halved"]:
        """No event on 7 days, today included; or less than half the recent users before; else nothing."""
        if self.last <= self.today - timedelta(days=SILENCE):
            return "silent"
        return "halved" if 2 * self.recent_users < self.recent_users_before else ""

    @property
    def at_risk(self) -> bool:
        """Whether it looks as if the tenant were leaving."""
        return self.risk != ""


def standings(client: Client, question: TenantQuestion | TenantsQuestion) -> list[Standing]:
    """The tenant, nothing where nothing is kept of it; or each, those with the most users first."""
    facts, now = statements(question)
    users_now: dict[str, int] = {row[0]: row[1] for row in now.rows(client)}
    today = Window.last_days(1, question.zone, question.now).since.date()
    return [Standing(*(*row, users_now.get(row[0], 0), today)) for row in facts.rows(client)]


def statements(question: TenantQuestion | TenantsQuestion) -> tuple[Statement, Statement]:
    """Its SQL: the facts in the order of Standing, and who is active now."""
    return _facts(question), _now(question)


def asked(question: TenantQuestion | TenantsQuestion, window: Window) -> Asked:
    """The same question's events in another window."""
    tenant = question.tenant if isinstance(question, TenantQuestion) else None
    return Asked(tenant, window, question.bots, question.where)


def _facts(question: TenantQuestion | TenantsQuestion) -> Statement:
    window = Window.last_days(1, question.zone, question.now)
    read = read_from(window.floor.date() - timedelta(days=1), window)
    of = asked(question, read)
    day, (first, last) = of.date, ("{{firsts:Array(Date)}}[{0}]", "{{lasts:Array(Date)}}[{0}]")
    columns = ["tenant", of.user, f"{of.days} AS days", f"min({day}) AS first_day", f"max({day}) AS last_day"]
    for number, name in ((1, "events_now"), (2, "events_then")):
        span = f"{first.format(number)} AND {last.format(number)}"
        columns.append(f"sumIf({of.events}, {day} BETWEEN {span}) AS {name}")
    pieces = of.pieces(columns)
    sql = f"""WITH
    {SPANS} AS spans,
    sumForEach(arrayMap(one -> {of.is_user} AND bitAnd(days, one) != 0, spans)) AS counts
SELECT
    tenant, min(first_day) AS first, max(last_day) AS last,
    sum(events_now) AS events, sum(events_then) AS events_before,
    counts[1] AS users, counts[2] AS users_before, counts[3] AS recent_users, counts[4] AS recent_users_before
FROM
(
    {pieces.sql}
    GROUP BY tenant, {of.user}
)
GROUP BY tenant
ORDER BY users DESC, tenant"""  # noqa: S608  every piece is this package's own; what is asked travels as parameters
    return Statement(sql, {**pieces.parameters, **span_parameters(_spans(window), read)})


def _now(question: TenantQuestion | TenantsQuestion) -> Statement:
    # Half an hour never lies between whole hours: it is read from the events.
    window = Window(question.now - ACTIVE_NOW, question.now, zone_named(question.zone), question.now)
    of = asked(question, window)
    pieces = of.pieces(["tenant", f"{of.source.users} AS users"])
    return Statement(f"{pieces.sql}\nGROUP BY tenant", pieces.parameters)


def _spans(window: Window) -> list[Span]:
    """The trend, what it is set beside, and the same of the risk."""
    today = window.since.date()
    return [
        Span(today - timedelta(days=ago + days - 1), today - timedelta(days=ago))
        for days in (TREND, RISK)
        for ago in (0, days)
    ]
