"""Comparing: each bucket with that of the same day of the week, and nothing partial unsaid."""

import functools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import pytest
from clickhouse_connect.driver.client import Client

from queries.usage.beside import beside
from queries.usage.compare import Change, CompareQuestion, Counts, Pair, compare
from queries.usage.filters.reading import parse_filter
from queries.usage.window import Bucket, Window
from tests.conftest import Stack
from tests.queries.usage.raw_events import (
    EMPTY_TENANT,
    NOW,
    TENANT,
    WINDOW_IDS,
    RawEvent,
    arrived,
    clock_change,
    generated,
    midnights,
    stored,
    windows,
)  # fmt: skip

EVENTS = generated(4)
WINDOWS = windows()


@pytest.fixture(scope="module")
def client(stack: Stack) -> Iterator[Client]:
    with stored(stack, EVENTS) as client:
        yield client


def counted(question: CompareQuestion, window: Window, bucket: Bucket) -> Counts:
    start, end = bucket.start.timestamp(), bucket.end.timestamp()
    events = [one for at, one in _read(question, window) if start <= at < end]
    users, sessions = ({getattr(one, of) for one in events} - {""} for of in ("user_id", "session_id"))
    return Counts(len(events), len(users), len(sessions))


@functools.cache
def _read(question: CompareQuestion, window: Window) -> list[tuple[float, RawEvent]]:
    events = arrived(EVENTS, window, question.bots, question.where)
    return [(one.received_at.timestamp(), one) for one in events]


def check(question: CompareQuestion, pair: Pair) -> None:
    """The counts are those of the buckets, and the change is of them."""
    assert pair.counts == counted(question, question.window, pair.bucket)
    if pair.before and pair.counts_before:
        assert pair.counts_before == counted(question, question.window.before, pair.before)
    if pair.is_compared:
        assert pair.counts_before
        assert pair.change
        now, was = ((one.events, one.users, one.sessions) for one in (pair.counts, pair.counts_before))
        assert pair.change == Change(*(n / w - 1 if w else None for n, w in zip(now, was, strict=True)))
    else:
        assert pair.change is None


@pytest.mark.parametrize("window", WINDOWS, ids=WINDOW_IDS)
@pytest.mark.parametrize("interval", ["hour", "day", "week"])
def test_buckets_hold_what_a_plain_reading_finds(
    client: Client, window: Window, interval: Literal["hour", "day", "week"]
) -> None:
    for bots, where in ((False, None), (True, parse_filter("country = FR and not page = /x"))):
        question = CompareQuestion(TENANT, window, interval, bots, where)
        answer = compare(client, question)
        assert [pair.bucket for pair in answer.pairs] == window.buckets(interval)
        for pair in answer.pairs:
            check(question, pair)
            assert not pair.before or _alike(pair.bucket.start, pair.before.start)
        check(question, answer.total)


def _alike(moment: datetime, other: datetime) -> bool:
    return (moment.weekday(), moment.time()) == (other.weekday(), other.time())


def test_the_bucket_that_runs_is_marked_and_not_compared(client: Client) -> None:
    answer = compare(client, CompareQuestion(TENANT, Window.last_days(7, now=NOW)))
    *whole, last = answer.pairs
    assert all(pair.is_compared and not pair.bucket.partial for pair in whole)
    assert (last.bucket.partial, last.is_compared, last.change) == ("running", False, None)


def test_the_whole_that_runs_is_compared_with_as_much(client: Client) -> None:
    window = Window.last_days(7, now=NOW)
    total = compare(client, CompareQuestion(TENANT, window)).total
    before = beside(window)
    assert total.before and before
    assert (total.bucket.partial, total.before.end, total.is_compared) == ("running", before.until, True)


def test_the_hour_that_comes_twice_is_compared_once() -> None:
    paris = ZoneInfo("Europe/Paris")
    now = datetime(2026, 11, 1, tzinfo=UTC)
    window = Window(datetime(2026, 10, 25, tzinfo=paris), datetime(2026, 10, 26, tzinfo=paris), paris, now)
    starts = [bucket.start for bucket in window.buckets("hour")]
    assert len(starts) == 25
    assert [start.fold for start in starts if start.hour == 2] == [0, 1]


def test_an_hour_without_its_like_is_told_alone(client: Client) -> None:
    window = midnights("Europe/Paris", clock_change(), 1)
    pairs = compare(client, CompareQuestion(TENANT, window, "hour")).pairs
    alone = [pair for pair in pairs if pair.before is None]
    hours = (window.until.timestamp() - window.since.timestamp()) / 3_600
    assert len(alone) == max(0, hours - 24)
    assert not any(pair.is_compared for pair in alone)


def test_what_is_no_longer_kept_is_not_compared(client: Client) -> None:
    longest = compare(client, CompareQuestion(TENANT, Window.last_days(90, now=NOW)))
    assert {pair.before for pair in longest.pairs} == {None}
    assert (longest.total.before, longest.total.is_compared) == (None, False)
    cut = compare(client, CompareQuestion(TENANT, Window.last_days(60, now=NOW)))
    assert {pair.before.partial for pair in cut.pairs if pair.before and not pair.is_compared} == {
        "expired",
        "",
    }
    assert not cut.total.is_compared
    assert cut.total.before
    assert cut.total.before.partial == "expired"


def test_an_empty_tenant_has_empty_buckets(client: Client) -> None:
    answer = compare(client, CompareQuestion(EMPTY_TENANT, WINDOWS[0]))
    assert {pair.counts for pair in answer.pairs} == {Counts(0, 0, 0)}
    assert {pair.change for pair in answer.pairs} == {Change(None, None, None)}
    assert timedelta(days=9) == WINDOWS[0].until - WINDOWS[0].since
