"""Top and rising values: counts, shares and scores are those of a plain reading."""

import math
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from clickhouse_connect.driver.client import Client

from queries.usage.beside import beside
from queries.usage.fields import UnknownField
from queries.usage.filters.reading import parse_filter
from queries.usage.top import Measure, TopQuestion, TopValue, statement, top
from queries.usage.window import Window
from tests.conftest import Stack
from tests.queries.usage.raw_events import (
    EMPTY_TENANT,
    NOW,
    TENANT,
    WINDOW_IDS,
    RawEvent,
    arrived,
    generated,
    stored,
    text_of,
    windows,
)  # fmt: skip

EVENTS = generated(3)
WINDOWS = windows()


@pytest.fixture(scope="module")
def client(stack: Stack) -> Iterator[Client]:
    with stored(stack, EVENTS) as client:
        yield client


def measured(events: list[RawEvent], of: Measure) -> int:
    if of == "events":
        return len(events)
    return len({one.user_id if of == "users" else one.session_id for one in events} - {""})


def expected(question: TopQuestion) -> list[TopValue]:
    before = beside(question.window)
    assert before
    now_and_then = [
        arrived(EVENTS, window, question.bots, question.where) for window in (question.window, before)
    ]
    all_now, all_before = (measured(events, question.of) for events in now_and_then)
    values = {text_of(one.as_filtered.get(question.by, "")) for events in now_and_then for one in events}
    found = []
    for value in values:
        count, was = (
            measured(
                [one for one in events if text_of(one.as_filtered.get(question.by, "")) == value], question.of
            )
            for events in now_and_then
        )
        due = was * all_now / all_before if all_before else 0.0
        score = (count - due) / math.sqrt(count + due) if count + due else 0.0
        if count or was:
            change = count / was - 1 if was else None
            found.append(TopValue(value, count, count / all_now if all_now else 0.0, was, change, score))
    orders = {
        "top": lambda one: (-one.count, -one.before, one.value.encode()),
        "rising": lambda one: (-one.score, -one.count, one.value.encode()),
        "falling": lambda one: (one.score, -one.before, one.value.encode()),
    }
    return sorted(found, key=orders[question.order])[: question.limit]


@pytest.mark.parametrize("window", WINDOWS, ids=WINDOW_IDS)
@pytest.mark.parametrize("by", ["action", "page", "country", "property.plan", "property.seats", "bot"])
def test_values_are_those_of_a_plain_reading(client: Client, window: Window, by: str) -> None:
    for question in (
        TopQuestion(TENANT, window, by),
        TopQuestion(TENANT, window, by, "users", "rising", 5, bots=True),
        TopQuestion(TENANT, window, by, "sessions", "falling", 3, where=parse_filter("action in (a, b)")),
    ):
        answer = top(client, question)
        assert list(answer.values) == expected(question)
        assert answer.total == measured(arrived(EVENTS, window, question.bots, question.where), question.of)


def test_a_few_more_of_little_rise_less_than_many_more_of_much() -> None:
    def score(count: int, due: float) -> float:
        return (count - due) / math.sqrt(count + due)

    assert score(3, 1) < score(1_200, 1_000)
    assert score(2, 0) < score(130, 100)


def test_what_is_no_longer_kept_is_not_compared_with(client: Client) -> None:
    answer = top(client, TopQuestion(TENANT, Window.last_days(80, now=NOW), "action"))
    assert (answer.compared, answer.total_before) == (None, None)
    assert answer.values
    assert {(one.before, one.change, one.score) for one in answer.values} == {(None, None, None)}


def test_a_running_window_is_set_beside_as_much_of_the_one_before() -> None:
    for zone in ("UTC", "Europe/Paris", "Asia/Kolkata"):
        window = Window.last_days(7, zone, NOW)
        before = beside(window)
        assert before
        assert before.since == window.before.since
        behind = _wall(NOW, window) - _wall(before.until, window)
        assert timedelta(days=7) - timedelta(hours=1) < behind <= timedelta(days=7)


def _wall(moment: datetime, window: Window) -> datetime:
    return moment.astimezone(window.zone).replace(tzinfo=None)


def test_an_empty_tenant_has_no_values(client: Client) -> None:
    answer = top(client, TopQuestion(EMPTY_TENANT, WINDOWS[0], "action"))
    assert (answer.values, answer.total, answer.total_before) == ((), 0, 0)


def test_actions_of_whole_days_are_read_from_the_rolls() -> None:
    assert "FROM usage_actions" in statement(TopQuestion(TENANT, WINDOWS[0], "action")).sql
    assert "FROM usage_pages" in statement(TopQuestion(TENANT, WINDOWS[0], "page")).sql
    assert "FROM usage_sessions" in statement(TopQuestion(TENANT, WINDOWS[1], "country")).sql


def test_what_no_event_has_is_refused(client: Client) -> None:
    with pytest.raises(UnknownField, match="'colour' is none of"):
        top(client, TopQuestion(TENANT, WINDOWS[0], "colour"))
