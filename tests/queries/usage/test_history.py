"""History: pages of what a user or session did, none skipped, none twice."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import pytest
from clickhouse_connect.driver.client import Client

from queries.usage.entries import Entry
from queries.usage.filters.reading import parse_filter
from queries.usage.history import HistoryQuestion, MalformedHistory, Visit, history
from queries.usage.window import Window
from tests.conftest import Stack
from tests.queries.usage.raw_events import (
    EMPTY_TENANT,
    HOSTILE,
    NOW,
    TENANT,
    WINDOW_IDS,
    RawEvent,
    arrived,
    generated,
    stored,
    user,
    windows,
)  # fmt: skip

EVENTS = generated(5)
OF_ONE_MOMENT = [
    RawEvent(user_id=user(1), session_id="s", number=number, tenant="of one moment") for number in range(1, 8)
]
WINDOWS = windows()


@pytest.fixture(scope="module")
def client(stack: Stack) -> Iterator[Client]:
    with stored(stack, [*EVENTS, *OF_ONE_MOMENT]) as client:
        yield client


def shown(event: RawEvent) -> Entry:
    return Entry(
        event.occurred_at, event.received_at, event.event_id, event.kind, event.name, event.page,
        event.user_id, event.session_id, event.trace_id.lower(), event.is_bot, event.properties,
    )  # fmt: skip


def expected(question: HistoryQuestion) -> list[Entry]:
    events = [
        one
        for one in arrived(EVENTS, question.window, question.bots, question.where)
        if one.user_id in question.users or (question.session and one.session_id == question.session)
    ]
    ordered = sorted(events, key=lambda one: (one.occurred_at, one.received_at, str(one.event_id)))
    return [shown(one) for one in reversed(ordered)]


def pages(client: Client, question: HistoryQuestion) -> Iterator[tuple[Visit, ...]]:
    page = history(client, question)
    yield page.visits
    while page.cursor:
        page = history(client, replace(question, cursor=page.cursor))
        yield page.visits


@pytest.mark.parametrize("window", WINDOWS, ids=WINDOW_IDS)
@pytest.mark.parametrize("limit", [5, 1_000])
def test_pages_have_each_event_once_the_newest_first(client: Client, window: Window, limit: int) -> None:
    for question in (
        HistoryQuestion(TENANT, window, users=[user(3)], limit=limit),
        HistoryQuestion(TENANT, window, users=[user(3), user(4)], limit=limit, bots=True),
        HistoryQuestion(
            TENANT, window, session="shared", limit=limit * 3, where=parse_filter("not page = /")
        ),
    ):
        found = [one for page in pages(client, question) for visit in page for one in visit.entries]
        assert found == expected(question)
        assert found


def test_events_of_one_moment_are_paged_too(client: Client) -> None:
    question = HistoryQuestion("of one moment", Window.last_days(1, now=NOW), users=[user(1)], limit=3)
    found = [visit.entries for page in pages(client, question) for visit in page]
    assert [len(entries) for entries in found] == [3, 3, 1]
    assert {one.event_id for entries in found for one in entries} == {one.event_id for one in OF_ONE_MOMENT}


def test_sessions_are_delimited(client: Client) -> None:
    question = HistoryQuestion(TENANT, WINDOWS[1], users=[user(5), user(6)], limit=1_000)
    visits = history(client, question).visits
    assert all(
        {(one.user, one.session) for one in visit.entries} == {(visit.user, visit.session)}
        for visit in visits
    )
    assert all((one.user, one.session) != (other.user, other.session) for one, other in pairwise(visits))


def test_traces_are_named_as_traces_are_asked_for(client: Client) -> None:
    question = HistoryQuestion(TENANT, WINDOWS[1], users=[user(5)], limit=1_000)
    traces = {one.trace_id for visit in history(client, question).visits for one in visit.entries} - {""}
    assert traces
    assert all(trace == trace.lower() and len(trace) == 32 for trace in traces)


def test_nobody_has_no_history(client: Client) -> None:
    for question in (
        HistoryQuestion(EMPTY_TENANT, WINDOWS[0], users=[user(3)]),
        *(HistoryQuestion(TENANT, WINDOWS[0], users=[text]) for text in HOSTILE),
        *(HistoryQuestion(TENANT, WINDOWS[0], session=text) for text in HOSTILE),
    ):
        assert (history(client, question).visits, history(client, question).cursor) == ((), None)


def test_a_history_is_of_somebody_and_from_a_place() -> None:
    window = WINDOWS[0]
    for asked in ({}, {"users": [""]}, {"users": [user(1)], "session": "s"}):
        with pytest.raises(MalformedHistory, match="one or more users, or of a session"):
            HistoryQuestion(TENANT, window, **asked)
    for cursor in ("", "1", "1.2.3", "x.2.00000000-0000-0000-0000-000000000000", "1.2.3.4"):
        with pytest.raises(MalformedHistory, match="cursor"):
            HistoryQuestion(TENANT, window, session="s", cursor=cursor)
    with pytest.raises(MalformedHistory, match="at least 1"):
        HistoryQuestion(TENANT, window, session="s", limit=0)
