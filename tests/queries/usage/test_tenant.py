"""Tenants: since when each is here, how its use goes, whether it is at risk, as a plain reading has it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from clickhouse_connect.driver.client import Client

from queries.usage.adoption import AdoptionQuestion, adoption
from queries.usage.filters.tree import Filter
from queries.usage.standing import Standing, TenantQuestion, TenantsQuestion, standings
from queries.usage.tenant import TrendDay, statements, tenant_page
from queries.usage.window import Window
from tests.conftest import Stack
from tests.queries.databases import own_database
from tests.queries.usage.events import (
    EMPTY_TENANT,
    NOW,
    TENANTS,
    Event,
    insert,
    random_events,
    roll_up_days,
    user,
)
from tests.queries.usage.plain import ASKED, FILTERS, ZONES, asked_about, days_between


def came(tenant: str, who: int, *days_ago: int) -> list[Event]:
    return [Event(NOW - timedelta(days=ago, hours=1), tenant, user(who)) for ago in days_ago]


STORIES = [
    *came("growing", 1, 20, 3), *came("growing", 2, 1), *came("growing", 3, 0),
    *came("halved", 1, 20, 3), *came("halved", 2, 20), *came("halved", 3, 27),
    *came("half", 1, 20, 3), *came("half", 2, 14),
    *came("silent", 1, 20, 7),
    *came("back", 1, 40, 6),
    *came("gone", 1, 80),
]  # fmt: skip
JUST_NOW = [
    Event(NOW - timedelta(minutes=minutes), "acme", user(who), is_bot=who == 903)
    for minutes, who in ((1, 901), (1, 901), (30, 902), (2, 903), (31, 904), (0, 905))
]
EVENTS = [*random_events(seed=5), *STORIES, *JUST_NOW]


@pytest.fixture(scope="module")
def client(stack: Stack) -> Iterator[Client]:
    with own_database(stack) as (_, client):
        insert(client, EVENTS)
        yield client


def selected(tenant: str, zone: str, bots: bool, where: Filter | None) -> list[Event]:
    return asked_about(EVENTS, tenant, Window.last_days(1, zone, NOW), bots, where)


def counted(events: list[Event], zone: str, first: date, last: date) -> tuple[int, int]:
    """Events and users from one day to another."""
    there = [event for event in events if first <= event.day(zone) <= last]
    return len(there), len({event.user_id for event in there} - {""})


def standing_of(tenant: str, zone: str, bots: bool, where: Filter | None) -> Standing | None:
    events = selected(tenant, zone, bots, where)
    today = NOW.astimezone(ZoneInfo(zone)).date()
    if not events:
        return None

    def since(days: int, until: int = 0) -> tuple[int, int]:
        return counted(events, zone, today - timedelta(days=days - 1), today - timedelta(days=until))

    (now, users), (before, users_before) = since(28), since(56, 28)
    recently = [event for event in events if NOW - timedelta(minutes=30) <= event.received_at < NOW]
    return Standing(
        tenant,
        first=min(event.day(zone) for event in events),
        last=max(event.day(zone) for event in events),
        events=now,
        events_before=before,
        users=users,
        users_before=users_before,
        recent_users=since(14)[1],
        recent_users_before=since(28, 14)[1],
        users_now=len({event.user_id for event in recently} - {""}),
        today=today,
    )


@pytest.mark.parametrize(("tenant", "zone", "bots", "where"), ASKED)
def test_the_page_is_what_a_plain_reading_gives(
    client: Client, tenant: str, zone: str, bots: bool, where: Filter | None
) -> None:
    page = tenant_page(client, TenantQuestion(tenant, NOW, zone, bots, where))
    assert page.standing == standing_of(tenant, zone, bots, where)
    assert (page.standing is None) is (tenant == EMPTY_TENANT)
    today = NOW.astimezone(ZoneInfo(zone)).date()
    events = selected(tenant, zone, bots, where)
    ago = timedelta(days=28)
    assert page.trend == tuple(
        TrendDay(day, *counted(events, zone, day, day), *counted(events, zone, day - ago, day - ago))
        for day in days_between(today - timedelta(days=27), today)
    )
    window = Window.last_days(28, zone, NOW)
    assert list(page.features) == adoption(client, AdoptionQuestion(tenant, window, bots=bots, where=where))


@pytest.mark.parametrize("zone", ZONES)
def test_the_list_has_every_tenant_those_with_most_users_first(client: Client, zone: str) -> None:
    names = {event.tenant for event in EVENTS}
    expected = [one for name in names if (one := standing_of(name, zone, False, FILTERS[1]))]
    expected.sort(key=lambda one: (-one.users, one.tenant))
    assert {one.tenant for one in expected} > {*TENANTS, "gone"}
    assert standings(client, TenantsQuestion(NOW, zone, where=FILTERS[1])) == expected


def test_who_is_at_risk(client: Client) -> None:
    listed = {one.tenant: one for one in standings(client, TenantsQuestion(NOW))}
    assert {name: one.risk for name, one in listed.items() if name not in TENANTS} == {
        "growing": "", "halved": "halved", "half": "", "silent": "silent", "back": "", "gone": "silent",
    }  # fmt: skip
    assert listed["gone"].at_risk
    assert not listed["half"].at_risk


def test_who_is_active_now_came_within_half_an_hour(client: Client) -> None:
    (acme,) = standings(client, TenantQuestion("acme", NOW))
    background = {
        event.user_id for event in random_events(seed=5)
        if event.tenant == "acme" and not event.is_bot
        and NOW - timedelta(minutes=30) <= event.received_at < NOW
    }  # fmt: skip
    assert acme.users_now == len({user(901), user(902)} | background - {""})


def test_each_of_its_statements_names_the_tenant() -> None:
    for question in (TenantQuestion("acme", NOW), TenantQuestion("acme", datetime(2026, 11, 25, tzinfo=UTC))):
        for statement in statements(question):
            assert "tenant = {tenant:String}" in statement.sql
            assert statement.parameters["tenant"] == "acme"


def test_rolled_up_days_give_the_same(client: Client) -> None:
    roll_up_days(client, 12)
    for zone in ("UTC", "Europe/Paris"):
        for name in TENANTS:
            (standing,) = standings(client, TenantQuestion(name, NOW, zone))
            assert standing == standing_of(name, zone, False, None)
