"""The live tail: each event once, late ones too."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta

import pytest
from clickhouse_connect.driver.client import Client

from queries.usage import tail as module
from queries.usage.entries import Entry
from queries.usage.filters.reading import parse_filter
from queries.usage.filters.tree import Filter
from queries.usage.tail import TailQuestion, tail, wait_a_second
from tests.conftest import Stack
from tests.queries.usage.raw_events import (
    HOSTILE,
    NOW,
    OTHER_TENANT,
    TENANT,
    RawEvent,
    generated,
    store,
    stored,
    user,
)  # fmt: skip

SINCE = NOW - timedelta(minutes=10)


@pytest.fixture(scope="module")
def database(stack: Stack) -> Iterator[Client]:
    with stored(stack, []) as client:
        yield client


@pytest.fixture
def client(database: Client) -> Client:
    """With no events yet."""
    database.command("TRUNCATE TABLE usage_events")
    return database


def came(number: int, seconds: float, **told: object) -> RawEvent:
    """One that arrived so long after the tail's beginning."""
    moment = SINCE + timedelta(seconds=seconds)
    return RawEvent(moment, moment, user_id=user(1), number=number, **told)  # type: ignore[arg-type]


def storing(client: Client, batches: Sequence[Sequence[RawEvent]]) -> Callable[[], bool]:
    """A wait in which one batch after the other becomes visible; it ends after the last."""
    left = [*batches]

    def wait() -> bool:
        if not left:
            return False
        store(client, left.pop(0))
        return True

    return wait


def shown(
    client: Client, batches: Sequence[Sequence[RawEvent]], *, bots: bool = False, where: Filter | None = None
) -> list[Entry]:
    question = TailQuestion(TENANT, SINCE, timedelta(seconds=30), bots, where)
    return list(tail(client, question, storing(client, batches)))


def test_events_come_as_they_arrive(client: Client) -> None:
    batches = [[came(2, 5), came(1, 4)], [], [came(3, 6), came(4, 6)], [came(5, 100)]]
    found = shown(client, batches)
    assert [one.received_at for one in found] == sorted(one.received_at for one in found)
    expected = sorted(
        (one for batch in batches for one in batch), key=lambda one: (one.received_at, str(one.event_id))
    )
    assert [one.event_id for one in found] == [one.event_id for one in expected]


def test_one_that_becomes_visible_late_is_shown_once(client: Client) -> None:
    batches = [[came(1, 60)], [came(2, 31)], [came(3, 61)], [came(4, 60)], []]
    assert [one.event_id for one in shown(client, batches)] == [
        came(number, 0).event_id for number in (1, 2, 3, 4)
    ]


def test_one_that_is_later_than_the_overlap_is_not_shown(client: Client) -> None:
    assert [one.event_id for one in shown(client, [[came(1, 60)], [came(2, 29)]])] == [came(1, 0).event_id]


def test_events_of_others_move_the_tail_on_but_are_not_shown(client: Client) -> None:
    batches = [
        [came(1, 1), came(2, 60, is_bot=True), came(3, 2, tenant=OTHER_TENANT), came(4, 2, name="b")],
        [came(5, 29), came(6, 31)],
    ]
    where = parse_filter("action = a")
    assert [one.event_id for one in shown(client, batches, where=where)] == [
        came(number, 0).event_id for number in (1, 6)
    ]


def test_what_another_tenant_does_does_not_move_it_on(client: Client) -> None:
    batches = [[came(1, 1), came(2, 500, tenant=OTHER_TENANT)], [came(3, 2)]]
    assert [one.event_id for one in shown(client, batches)] == [came(number, 0).event_id for number in (1, 3)]


def test_what_came_before_it_began_is_not_shown(client: Client) -> None:
    assert [one.event_id for one in shown(client, [[came(1, -1), came(2, 0)]])] == [came(2, 0).event_id]


def test_many_of_one_millisecond_are_read_in_pieces(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "EVENTS_A_READ", 3)
    batches = [[came(number, 1) for number in range(1, 8)], [came(number, 1) for number in range(8, 12)]]
    found = [one.event_id for one in shown(client, batches)]
    assert sorted(found) == sorted(came(number, 0).event_id for number in range(1, 12))


def test_it_agrees_with_a_plain_reading(client: Client) -> None:
    events = [one for one in generated(6) if one.received_at > NOW - timedelta(days=4)]
    question = TailQuestion(TENANT, NOW - timedelta(days=4), timedelta(days=5))
    found = tail(client, question, storing(client, [events[number::4] for number in range(4)]))
    expected = {one.event_id for one in events if one.tenant == TENANT and not one.is_bot}
    ids = [one.event_id for one in found]
    assert len(ids) == len(set(ids))
    assert set(ids) == expected


def test_hostile_filters_show_nothing(client: Client) -> None:
    where = parse_filter('action = "\'; DROP TABLE usage_events --"')
    assert [
        one.action for one in shown(client, [[came(1, 1, name=HOSTILE[0]), came(2, 1)]], where=where)
    ] == [HOSTILE[0]]


def test_its_own_wait_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SECONDS_BETWEEN", 0)
    assert wait_a_second()
