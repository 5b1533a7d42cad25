"""A tenant's page: how it stands, each day of the last four weeks beside the four before, what it uses."""

from dataclasses import dataclass
from datetime import date, timedelta

from clickhouse_connect.driver.client import Client

from queries.usage import adoption
from queries.usage.adoption import Adoption, AdoptionQuestion
from queries.usage.standing import TREND, Standing, TenantQuestion, asked, standings
from queries.usage.standing import statements as statements_of_standing
from queries.usage.statement import Statement
from queries.usage.window import Window


@dataclass(frozen=True)
class TrendDay:
    """A day of the last 28, and the day four weeks before it, the same of the week."""

    day: date
    events: int
    users: int
    events_before: int
    users_before: int


@dataclass(frozen=True)
class TenantPage:
    """One tenant: its facts, None where nothing is kept of it; the trend by day; its features of 28 days."""

    standing: Standing | None
    trend: tuple[TrendDay, ...]
    features: tuple[Adoption, ...]


def tenant_page(client: Client, question: TenantQuestion) -> TenantPage:
    """Answer, in four statements; features may be estimates and say so, all else is exact."""
    standing = next(iter(standings(client, question)), None)
    counts = {day: (events, users) for day, events, users in _trend(question).rows(client)}
    features = adoption.adoption(client, _features(question))
    return TenantPage(standing, tuple(_trend_days(question, counts)), tuple(features))


def statements(question: TenantQuestion) -> tuple[Statement, ...]:
    """Its SQL: the facts, who is active now, the trend (day, events, users), the features."""
    return *statements_of_standing(question), _trend(question), adoption.statement(_features(question))


def _trend(question: TenantQuestion) -> Statement:
    of = asked(question, Window.last_days(2 * TREND, question.zone, question.now))
    counts = f"{of.source.events} AS events", f"{of.source.users} AS users"
    pieces = of.pieces([f"{of.date} AS date", *counts])
    return Statement(f"{pieces.sql}\nGROUP BY date\nORDER BY date", pieces.parameters)


def _trend_days(question: TenantQuestion, counts: dict[date, tuple[int, int]]) -> list[TrendDay]:
    first = Window.last_days(TREND, question.zone, question.now).since.date()
    days = [first + timedelta(days=number) for number in range(TREND)]
    return [
        TrendDay(day, *counts.get(day, (0, 0)), *counts.get(day - timedelta(days=TREND), (0, 0)))
        for day in days
    ]


def _features(question: TenantQuestion) -> AdoptionQuestion:
    window = Window.last_days(TREND, question.zone, question.now)
    return AdoptionQuestion(question.tenant, window, bots=question.bots, where=question.where)
