"""Adoption: each tenant's actions with their users, as a plain count of the events has them."""

from collections import defaultdict
from collections.abc import Iterator

import pytest
from clickhouse_connect.driver.client import Client

from queries.usage.adoption import (
    Adoption,
    AdoptionQuestion,
    TenantsAdoptionQuestion,
    adoption,
    adoption_of_tenants,
    statement,
)
from queries.usage.filters.reading import parse_filter
from queries.usage.filters.tree import Filter
from queries.usage.window import Window
from tests.conftest import Stack
from tests.queries.databases import own_database
from tests.queries.usage.events import EMPTY_TENANT, NOW, Event, insert, random_events, roll_up_days
from tests.queries.usage.plain import ASKED, ZONES, asked_about

EVENTS = random_events(seed=4)


@pytest.fixture(scope="module")
def client(stack: Stack) -> Iterator[Client]:
    with own_database(stack) as (_, client):
        insert(client, EVENTS)
        yield client


def plainly(
    tenant: str | None, window: Window, bots: bool, where: Filter | None, is_exact: bool
) -> list[Adoption]:
    zone = window.zone.key
    of: dict[tuple[str, str, str], list[Event]] = defaultdict(list)
    everyone: dict[str, set[str]] = defaultdict(set)
    for event in asked_about(EVENTS, tenant, window, bots, where):
        if event.received_at >= window.since:
            of[event.tenant, event.kind, event.name].append(event)
            everyone[event.tenant] |= {event.user_id} - {""}
    answer = [
        Adoption(
            *key,
            events=len(events),
            users=len({event.user_id for event in events} - {""}),
            active=len(everyone[key[0]]),
            first=min(event.day(zone) for event in events),
            last=max(event.day(zone) for event in events),
            is_exact=is_exact,
        )
        for key, events in of.items()
    ]
    return sorted(answer, key=lambda one: (one.tenant, -one.users, -one.events, one.action, one.kind))


@pytest.mark.parametrize("days", [1, 90])
@pytest.mark.parametrize(("tenant", "zone", "bots", "where"), ASKED)
def test_it_is_what_a_plain_count_gives(
    client: Client, tenant: str, zone: str, bots: bool, where: Filter | None, days: int
) -> None:
    question = AdoptionQuestion(tenant, Window.last_days(days, zone, NOW), bots=bots, where=where)
    is_exact = "usage_actions" not in statement(question).sql
    answer = adoption(client, question)
    assert answer == plainly(tenant, question.window, bots, where, is_exact)
    assert bool(answer) is (tenant != EMPTY_TENANT) or days == 1


@pytest.mark.parametrize("zone", ZONES)
def test_every_tenant_has_its_own_users(client: Client, zone: str) -> None:
    question = TenantsAdoptionQuestion(Window.last_days(30, zone, NOW))
    is_exact = "usage_actions" not in statement(question).sql
    assert adoption_of_tenants(client, question) == plainly(None, question.window, False, None, is_exact)


def test_sketches_serve_where_their_slices_fit_and_the_answer_says_so(client: Client) -> None:
    def exact(zone: str, where: Filter | None = None) -> bool:
        question = AdoptionQuestion("acme", Window.last_days(30, zone, NOW), where=where)
        (is_exact,) = {one.is_exact for one in adoption(client, question)}
        return is_exact

    assert [exact(zone) for zone in ZONES] == [False, False, True, False]
    assert not exact("UTC", parse_filter("action = invoice.paid"))
    assert exact("UTC", parse_filter("country = FR"))


def test_choosing_actions_leaves_the_share_as_it_is(client: Client) -> None:
    window = Window.last_days(90, "UTC", NOW)
    everything = adoption(client, AdoptionQuestion("acme", window))
    chosen = adoption(client, AdoptionQuestion("acme", window, ("invoice.paid", "no.such")))
    assert chosen == [one for one in everything if one.action == "invoice.paid"]
    assert adoption(client, AdoptionQuestion("acme", window, limit=1)) == everything[:1]
    assert all(one.share and 0 < one.share <= 1 for one in everything)


def test_without_any_known_user_there_is_no_share(client: Client) -> None:
    nobody = adoption(
        client, AdoptionQuestion("acme", Window.last_days(90, "UTC", NOW), where=parse_filter('user = ""'))
    )
    assert nobody
    assert {(one.users, one.active, one.share) for one in nobody} == {(0, 0, None)}


def test_rolled_up_days_give_the_same(client: Client) -> None:
    roll_up_days(client, 12)
    for zone in ("UTC", "Europe/Paris"):
        question = TenantsAdoptionQuestion(Window.last_days(60, zone, NOW))
        assert "usage_actions" in statement(question).sql
        assert adoption_of_tenants(client, question) == plainly(None, question.window, False, None, False)
