"""Active users by day, rolling week and month, calendar week and month: as a plain count has them."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from clickhouse_connect.driver.client import Client

from queries.usage.active import Active, ActiveDay, ActiveQuestion, ActiveUsers, active, statement
from queries.usage.filters.tree import Filter
from queries.usage.window import Window
from tests.conftest import Stack
from tests.queries.databases import own_database
from tests.queries.usage.events import EMPTY_TENANT, NOW, insert, random_events, roll_up_days
from tests.queries.usage.plain import (
    ASKED,
    FILTERS,
    active_in,
    asked_about,
    days_of_users,
    partial_of,
    spans_of,
)

EVENTS = random_events(seed=1)


@pytest.fixture(scope="module")
def client(stack: Stack) -> Iterator[Client]:
    with own_database(stack) as (_, client):
        insert(client, EVENTS)
        yield client


def plainly(question: ActiveQuestion) -> Active:
    window = question.window
    events = asked_about(EVENTS, question.tenant, window, question.bots, question.where)
    days = days_of_users(events, window.zone.key)

    def counted(first: date, last: date) -> ActiveUsers:
        return ActiveUsers(first, last, len(active_in(days, first, last)), partial_of(first, last, window))

    def ending(day: date, length: int) -> ActiveUsers:
        return counted(day - timedelta(days=length - 1), day)

    return Active(
        tuple(
            ActiveDay(ending(day, 1), ending(day, 7), ending(day, 30)) for day, _ in spans_of(window, "day")
        ),
        tuple(counted(*span) for span in spans_of(window, "week")),
        tuple(counted(*span) for span in spans_of(window, "month")),
    )


@pytest.mark.parametrize("days", [1, 90])
@pytest.mark.parametrize(("tenant", "zone", "bots", "where"), ASKED)
def test_it_is_what_a_plain_count_gives(
    client: Client, tenant: str, zone: str, bots: bool, where: Filter | None, days: int
) -> None:
    question = ActiveQuestion(tenant, Window.last_days(days, zone, NOW), bots, where)
    answer = active(client, question)
    assert answer == plainly(question)
    assert any(day.month.users for day in answer.days) is (tenant != EMPTY_TENANT)


def test_a_window_that_ends_within_a_past_day_has_that_day_cut(client: Client) -> None:
    window = Window(NOW - timedelta(days=20, hours=3), NOW - timedelta(days=5), Window.last_days(1).zone, NOW)
    question = ActiveQuestion("acme", window)
    answer = active(client, question)
    assert answer == plainly(question)
    assert (answer.days[0].day.partial, answer.days[-1].day.partial) == ("", "cut")


def test_rolling_windows_look_back_before_the_window_and_say_where_nothing_is_kept(client: Client) -> None:
    ninety = active(client, ActiveQuestion("acme", Window.last_days(90, "UTC", NOW))).days
    assert [day.month.partial for day in ninety] == ["expired"] * 29 + [""] * 60 + ["running"]
    (today,) = active(client, ActiveQuestion("acme", Window.last_days(1, "UTC", NOW))).days
    assert today == ninety[-1]


def test_stickiness_is_the_day_by_the_month() -> None:
    few, many, none = (ActiveUsers(date(2026, 11, 1), date(2026, 11, 1), users) for users in (3, 12, 0))
    assert ActiveDay(few, many, many).stickiness == 0.25
    assert ActiveDay(none, none, none).stickiness is None


def test_closed_days_are_asked_where_they_know_the_filter_and_hours_fit() -> None:
    texts = {
        (zone, where): statement(ActiveQuestion("acme", Window.last_days(7, zone, NOW), where=where)).sql
        for _, zone, _, where in ASKED
    }
    assert {("usage_sessions" in text) for (zone, _), text in texts.items() if zone == "Asia/Kolkata"} == {
        False
    }
    assert {zone for (zone, _), text in texts.items() if "usage_sessions" in text} == {
        "UTC",
        "Europe/Paris",
        "America/New_York",
    }
    assert not any("usage_sessions" in text for (_, where), text in texts.items() if where == FILTERS[2])


def test_rolled_up_days_give_the_same(client: Client) -> None:
    roll_up_days(client, 12)
    for zone in ("UTC", "Europe/Paris"):
        question = ActiveQuestion("acme", Window.last_days(60, zone, NOW))
        assert "usage_sessions" in statement(question).sql
        assert active(client, question) == plainly(question)
