"""Volume against a plain reading of the events: every source, interval and zone."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from jobs.roll_up import roll_up
from queries.usage.filters.tree import Comparison, Filter
from queries.usage.sources import ACTIONS, EVENTS, PAGES, SESSIONS, Source
from queries.usage.volume import UnknownDimension, UsageQuestion, usage
from queries.usage.window import Interval, Window, bucket_start
from tests.conftest import Stack
from tests.queries.databases import own_database
from tests.queries.usage.events import NOW, TENANTS, Event, insert, random_events

EVENTS_STORED = random_events(11, users=14)
ZONES = ("UTC", "Europe/Paris", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")
OF: dict[str, Callable[[Event], str]] = {
    "tenant": lambda one: one.tenant, "action": lambda one: one.name, "kind": lambda one: one.kind,
    "page": lambda one: one.page, "country": lambda one: one.country,
    "bot": lambda one: str(one.is_bot).lower(),
}  # fmt: skip
Line = tuple[float | None, tuple[str, ...], int, int, int]


@pytest.fixture(scope="module")
def client(stack: Stack) -> Iterator[Client]:
    with own_database(stack) as (_, client):
        insert(client, EVENTS_STORED)
        yield client


def plain(question: UsageQuestion, holds: Callable[[Event], bool]) -> list[Line]:
    window, groups = question.window, defaultdict(list)
    for one in EVENTS_STORED:
        kept = one.received_at >= window.floor and window.since <= one.received_at < window.until
        if (
            kept
            and one.tenant in (question.tenant or one.tenant)
            and (question.bots or not one.is_bot)
            and holds(one)
        ):
            start = (
                bucket_start(one.received_at, question.interval, window.zone).timestamp()
                if question.interval
                else None
            )
            groups[start, tuple(OF[name](one) for name in question.by)].append(one)
    return sorted((*key, *_counts(found)) for key, found in groups.items())


def _counts(found: list[Event]) -> tuple[int, int, int]:
    return (
        len(found),
        len({one.user_id for one in found} - {""}),
        len({one.session_id for one in found} - {""}),
    )


def asked(client: Client, question: UsageQuestion) -> list[Line]:
    return sorted(
        (
            row.bucket.start.timestamp() if row.bucket else None,
            row.values,
            row.events,
            row.users,
            row.sessions,
        )
        for row in usage(client, question)
    )


CASES: list[tuple[tuple[str, ...], Interval | None, Filter | None, Callable[[Event], bool], Source]] = [
    ((), None, None, lambda _: True, SESSIONS),
    ((), "hour", None, lambda _: True, SESSIONS),
    (("country",), "week", Comparison("country", "!=", "FR"), lambda one: one.country != "FR", SESSIONS),
    (("action",), "day", None, lambda _: True, ACTIONS),
    (("kind", "action"), "month", Comparison("kind", "=", "view"), lambda one: one.kind == "view", ACTIONS),
    (("page",), "week", None, lambda _: True, PAGES),
    (("action", "country"), "day", None, lambda _: True, EVENTS),
    (("action",), "hour", None, lambda _: True, EVENTS),
    (("page", "bot"), None, Comparison("action", "contains", "paid"), lambda one: "paid" in one.name, EVENTS),
]  # fmt: skip


def check(client: Client, zone: str) -> None:
    window = Window.last_days(60, zone, NOW)
    for by, interval, where, holds, source in CASES:
        for tenant, bots in ((TENANTS[0], False), (TENANTS[1], True)):
            question = UsageQuestion(tenant, window, by, interval, bots, where, limit=100_000)
            assert asked(client, question) == plain(question, holds), (zone, by, interval)
            if zone in ("UTC", "Europe/Paris"):
                assert question.source is source


@pytest.mark.parametrize("zone", ZONES)
def test_events_say_what_the_plain_reading_says(client: Client, zone: str) -> None:
    check(client, zone)


def test_so_do_days_that_are_rolled_up(client: Client) -> None:
    assert len(list(islice(roll_up(client), 40))) == 40
    for zone in ZONES:
        check(client, zone)


def test_all_tenants_are_told_apart(client: Client) -> None:
    question = UsageQuestion(None, Window.last_days(30, "UTC", NOW), ("tenant", "action"), limit=100_000)
    assert asked(client, question) == plain(question, lambda _: True)


def test_a_tenant_without_events_has_no_line(client: Client) -> None:
    assert usage(client, UsageQuestion("nobody", Window.last_days(30, "UTC", NOW))) == []


@pytest.mark.parametrize("name", ["user", "browzer", "name; DROP TABLE usage_events"])
def test_what_nothing_can_be_told_by_is_refused_with_what_can(client: Client, name: Any) -> None:
    with pytest.raises(UnknownDimension, match="none of: tenant, action"):
        usage(client, UsageQuestion("acme", Window.last_days(3), (name,)))


@pytest.mark.parametrize("by", [("action",), ("tenant", "page"), ("action", "bot")])
def test_an_answer_of_some_lines_is_the_beginning_of_the_whole(client: Client, by: tuple[str, ...]) -> None:
    whole = UsageQuestion(None, Window.last_days(30, "UTC", NOW), by, "day", bots=True, limit=100_000)
    some = replace(whole, limit=7)
    assert (some.is_cut, whole.is_cut) == (True, False)
    assert usage(client, some) == usage(client, whole)[:7]
