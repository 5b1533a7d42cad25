"""Lifecycle: who is new, returning, resurrected, dormant, as a plain reading of each user's days has it."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from clickhouse_connect.driver.client import Client

from queries.usage.filters.tree import Filter
from queries.usage.lifecycle import (
    Lifecycle,
    LifecycleQuestion,
    TenantsLifecycleQuestion,
    lifecycle,
    lifecycle_of_tenants,
)  # fmt: skip
from queries.usage.spans import DayInterval
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
    is_whole,
    partial_of,
    span_before,
    spans_of,
)  # fmt: skip

EVENTS = random_events(seed=2)
STORY = "story"
ANNA, BOB, CARL = map(user, (101, 102, 103))
WEEKS = {ANNA: (5, 4, 3, 2, 1, 0), BOB: (4, 1), CARL: (3,)}
"""Weeks ago in which each was active."""


@pytest.fixture(scope="module")
def client(stack: Stack) -> Iterator[Client]:
    with own_database(stack) as (_, client):
        insert(client, EVENTS)
        insert(
            client,
            [Event(NOW - timedelta(weeks=ago), STORY, who) for who, weeks in WEEKS.items() for ago in weeks],
        )
        yield client


def plainly(days: dict[str, set[date]], window: Window, interval: str) -> list[Lifecycle]:
    answer = []
    for first, last in spans_of(window, interval):
        before_first, before_last = span_before(first, interval)
        here, before = active_in(days, first, last), active_in(days, before_first, before_last)
        ever = active_in(days, date.min, before_last)
        answer.append(
            Lifecycle(
                first,
                last,
                new=len(here - ever),
                returning=len(here & before),
                resurrected=len((here & ever) - before),
                dormant=len(before - here),
                partial=partial_of(first, last, window),
                has_before=is_whole(before_first, window),
            )
        )
    return answer


@pytest.mark.parametrize(("interval", "days"), [("day", 90), ("week", 40), ("month", 90)])
@pytest.mark.parametrize(("tenant", "zone", "bots", "where"), ASKED)
def test_users_are_told_as_a_plain_reading_tells_them(
    client: Client, tenant: str, zone: str, bots: bool, where: Filter | None, interval: DayInterval, days: int
) -> None:
    window = Window.last_days(days, zone, NOW)
    of_users = days_of_users(asked_about(EVENTS, tenant, window, bots, where), zone)
    answer = lifecycle(client, LifecycleQuestion(tenant, window, interval, bots, where))
    assert answer == plainly(of_users, window, interval)
    assert any(one.active for one in answer) is (tenant != EMPTY_TENANT)


@pytest.mark.parametrize("zone", ZONES)
def test_tenants_are_told_the_same_way_over_all_of_them(client: Client, zone: str) -> None:
    window = Window.last_days(60, zone, NOW)
    where = ASKED[1][3]
    events = asked_about(EVENTS, None, window, True, where)
    days = days_of_tenants(events, zone)
    days[STORY] = {(NOW - timedelta(weeks=ago)).date() for weeks in WEEKS.values() for ago in weeks}
    answer = lifecycle_of_tenants(client, TenantsLifecycleQuestion(window, "week", True, where))
    assert answer == plainly(days, window, "week")


def test_a_story_of_three_users(client: Client) -> None:
    told = lifecycle(client, LifecycleQuestion(STORY, Window.last_days(29, "UTC", NOW), "week"))
    assert [(one.new, one.returning, one.resurrected, one.dormant, one.active) for one in told] == [
        (1, 1, 0, 0, 2), (1, 1, 0, 1, 2), (0, 1, 0, 1, 1), (0, 1, 1, 0, 2), (0, 1, 0, 1, 1),
    ]  # fmt: skip
    assert [one.partial for one in told] == ["", "", "", "", "running"]


def test_where_what_is_kept_begins_nobody_is_known_to_be_new(client: Client) -> None:
    weeks = lifecycle(client, LifecycleQuestion("acme", Window.last_days(90, "UTC", NOW), "week"))
    assert [one.has_before for one in weeks[:2]] == [False, False]
    assert all(one.has_before for one in weeks[2:])


def test_rolled_up_days_give_the_same(client: Client) -> None:
    roll_up_days(client, 12)
    window = Window.last_days(20, "Europe/Paris", NOW)
    events = asked_about(EVENTS, "acme", window, False, None)
    answer = lifecycle(client, LifecycleQuestion("acme", window, "day"))
    assert answer == plainly(days_of_users(events, "Europe/Paris"), window, "day")
