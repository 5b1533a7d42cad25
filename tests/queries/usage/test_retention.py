"""Retention: cohorts and who of them is active later, as a plain reading of each user's days has it."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from clickhouse_connect.driver.client import Client

from queries.usage.filters.tree import Filter
from queries.usage.retention import (
    Cell,
    Cohort,
    RetentionQuestion,
    TenantsRetentionQuestion,
    retention,
    retention_of_tenants,
)  # fmt: skip
from queries.usage.spans import DayInterval, Span
from queries.usage.window import Window
from tests.conftest import Stack
from tests.queries.databases import own_database
from tests.queries.usage.events import EMPTY_TENANT, NOW, Event, insert, random_events, roll_up_days, user
from tests.queries.usage.plain import (
    ASKED,
    ZONES,
    active_in,
    asked_about,
    days_of_tenants,
    days_of_users,
    partial_of,
    spans_of,
)  # fmt: skip

LATE = [Event(NOW - timedelta(days=ago), "late", user(7)) for ago in (50, 2, 1)]
EVENTS = [*random_events(seed=3), *LATE]


@pytest.fixture(scope="module")
def client(stack: Stack) -> Iterator[Client]:
    with own_database(stack) as (_, client):
        insert(client, EVENTS)
        yield client


def plainly(days: dict[str, set[date]], window: Window, interval: str) -> list[Cohort]:
    spans = [Span(*span, partial_of(*span, window)) for span in spans_of(window, interval)]
    answer = []
    seen: set[str] = set()
    for number, span in enumerate(spans):
        cohort = active_in(days, span.first, span.last) - seen
        seen |= cohort
        cells = []
        for later, at in enumerate(spans[number:]):
            active = len(cohort & active_in(days, at.first, at.last))
            cells.append(Cell(later, active, active / len(cohort) if cohort else None, at.partial))
        answer.append(Cohort(span, len(cohort), tuple(cells)))
    return answer


@pytest.mark.parametrize(("interval", "days"), [("day", 30), ("week", 90), ("month", 90)])
@pytest.mark.parametrize(("tenant", "zone", "bots", "where"), ASKED)
def test_the_grid_is_what_a_plain_reading_gives(
    client: Client, tenant: str, zone: str, bots: bool, where: Filter | None, interval: DayInterval, days: int
) -> None:
    window = Window.last_days(days, zone, NOW)
    of_users = days_of_users(asked_about(EVENTS, tenant, window, bots, where), zone)
    grid = retention(client, RetentionQuestion(tenant, window, interval, bots, where))
    assert grid == plainly(of_users, window, interval)
    assert any(cohort.size for cohort in grid) is (tenant != EMPTY_TENANT)


@pytest.mark.parametrize("zone", ZONES)
def test_tenants_have_a_grid_of_their_own(client: Client, zone: str) -> None:
    window = Window.last_days(60, zone, NOW)
    days = days_of_tenants(asked_about(EVENTS, None, window, False, None), zone)
    assert retention_of_tenants(client, TenantsRetentionQuestion(window)) == plainly(days, window, "week")


def test_a_cell_whose_interval_has_not_ended_is_marked(client: Client) -> None:
    grid = retention(client, RetentionQuestion("acme", Window.last_days(14, "UTC", NOW), "day"))
    assert [cell.partial for cohort in grid for cell in cohort.cells[:-1]] == [""] * 91
    assert [cohort.cells[-1].partial for cohort in grid] == ["running"] * 14


def test_the_first_cell_is_the_cohort_and_nobody_is_in_two(client: Client) -> None:
    window = Window.last_days(3, "UTC", NOW)
    grid = retention(client, RetentionQuestion("late", window, "day"))
    assert [(cohort.size, [cell.share for cell in cohort.cells]) for cohort in grid] == [
        (1, [1.0, 1.0, 0.0]), (0, [None, None]), (0, [None]),
    ]  # fmt: skip


def test_rolled_up_days_give_the_same(client: Client) -> None:
    roll_up_days(client, 12)
    window = Window.last_days(20, "Europe/Paris", NOW)
    events = asked_about(EVENTS, "acme", window, False, None)
    grid = retention(client, RetentionQuestion("acme", window, "week"))
    assert grid == plainly(days_of_users(events, "Europe/Paris"), window, "week")
