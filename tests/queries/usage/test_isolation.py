"""A question about one tenant is answered as if there were no other, whatever the others have."""

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from jobs.roll_up import roll_up
from queries.usage import (
    active,
    adoption,
    compare,
    funnel,
    history,
    lifecycle,
    paths,
    properties,
    retention,
    standing,
    tail,
    tenant,
    top,
    volume,
)  # fmt: skip
from queries.usage.filters.tree import AnyOf, Comparison
from queries.usage.statement import Statement
from queries.usage.window import Window
from tests.conftest import Stack
from tests.queries.databases import own_database
from tests.queries.usage.events import NOW, TENANTS, insert, random_events, user

OURS, *OTHERS = TENANTS
WINDOW = Window.last_days(60, "Europe/Paris", NOW)
SENT = Comparison("action", "=", "invoice.sent")
PAID = Comparison("action", "=", "invoice.paid")
HOSTILE = ("' OR '1' = '1", "acme' --", "{tenant:String}", "acme\\", "acme%", "%", "", "*", "acme\x00")
EVENTS = random_events(5, users=12)


def _statements(asked: Any) -> tuple[Statement, ...]:
    return tuple(asked) if isinstance(asked, (list, tuple)) else (asked,)


QUESTIONS: Mapping[str, Callable[[str], tuple[Statement, ...]]] = {
    name: lambda tenant, ask=ask: _statements(ask(tenant))  # type: ignore[misc]
    for name, ask in {
        "volume": lambda t: volume.statement(volume.UsageQuestion(t, WINDOW, ("country",), "day")),
        "volume by action": lambda t: volume.statement(volume.UsageQuestion(t, WINDOW, ("action",))),
        "volume by page": lambda t: volume.statement(volume.UsageQuestion(t, WINDOW, ("page",))),
        "volume of either": lambda t: volume.statement(
            volume.UsageQuestion(t, WINDOW, where=AnyOf((SENT, PAID)))
        ),
        "active": lambda t: active.statement(active.ActiveQuestion(t, WINDOW)),
        "lifecycle": lambda t: lifecycle.statement(lifecycle.LifecycleQuestion(t, WINDOW)),
        "retention": lambda t: retention.statement(retention.RetentionQuestion(t, WINDOW)),
        "adoption": lambda t: adoption.statement(adoption.AdoptionQuestion(t, WINDOW)),
        "tenant": lambda t: tenant.statements(standing.TenantQuestion(t, NOW, "Europe/Paris")),
        "funnel": lambda t: funnel.statement(funnel.FunnelQuestion(t, WINDOW, (SENT, PAID))),
        "paths": lambda t: paths.statement(paths.PathsQuestion(t, WINDOW, SENT)),
        "top": lambda t: top.statement(top.TopQuestion(t, WINDOW, "action")),
        "compare": lambda t: compare.statements(compare.CompareQuestion(t, WINDOW)),
        "history": lambda t: history.statement(history.HistoryQuestion(t, WINDOW, users=(user(2), user(3)))),
        "tail": lambda t: tail.statement(tail.TailQuestion(t, WINDOW.since), WINDOW.since),
        "properties": lambda t: properties.statements(properties.PropertiesQuestion(t, WINDOW)),
    }.items()
}  # fmt: skip


def answers(client: Client, of: str) -> dict[str, list[Any]]:
    """In the order of the text: the questions sort as far as an answer needs."""
    return {
        name: [sorted(map(str, one.rows(client))) for one in ask(of)] for name, ask in QUESTIONS.items()
    }  # fmt: skip


@pytest.fixture(scope="module")
def client(stack: Stack) -> Iterator[Client]:
    with own_database(stack) as (_, client):
        insert(client, [event for event in EVENTS if event.tenant == OURS])
        yield client


def test_what_other_tenants_did_changes_no_answer(client: Client) -> None:
    alone = {name: answers(client, name) for name in (OURS, HOSTILE[0])}
    assert all(any(part for part in answer) for answer in alone[OURS].values())
    insert(client, [event for event in EVENTS if event.tenant in OTHERS])
    assert {name: answers(client, name) for name in alone} == alone
    list(islice(roll_up(client), 30))
    assert {name: answers(client, name) for name in alone} == alone
    assert answers(client, OTHERS[0]) != alone[OURS]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_a_tenant_without_events(client: Client, name: str) -> None:
    (count,) = _statements(volume.statement(volume.UsageQuestion(name, WINDOW, bots=True)))
    assert count.rows(client) == []


@pytest.mark.parametrize("name", QUESTIONS)
def test_each_reading_of_events_names_the_tenant(name: str) -> None:
    for one in QUESTIONS[name]("acme"):
        read = len(re.findall(r"\bFROM\s+usage\w*", one.sql))
        assert read
        assert one.sql.count("tenant = {tenant:String}") >= read
        assert one.parameters["tenant"] == "acme"
