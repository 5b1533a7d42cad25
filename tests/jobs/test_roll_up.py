"""Rolling up: late, cut off or doubled, questions are answered as the events say."""

import contextlib
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from jobs import roll_up as rolling
from jobs.roll_up import roll_up, stale_days, sweep
from privacy.rights.rolls import unroll
from queries.usage.volume import UsageQuestion, UsageRow, statement, usage
from queries.usage.window import Interval, Window
from tests.conftest import Stack
from tests.queries.databases import own_database

NOW = datetime.now(UTC)
TODAY = NOW.date()
DAYS = 15
ZONES = ("UTC", "Europe/Paris", "Asia/Kolkata", "Pacific/Auckland")
COLUMNS = (
    "received_at", "occurred_at", "tenant", "retention_days", "kind", "name", "page", "user_id", "session_id",
    "browser", "country", "is_bot",
)  # fmt: skip


def events(seed: int, day: date, count: int = 60) -> list[tuple[Any, ...]]:
    chance = random.Random(f"{seed} {day}")
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
    rows = []
    for _ in range(count):
        user = chance.choice(["", *(f"{number:032x}" for number in range(1, 9))])
        at = midnight + timedelta(milliseconds=chance.randrange(86_400_000))
        rows.append((
            at, at, chance.choice(["acme", "acme", "other"]), chance.choice([30, 90]), "action",
            chance.choice(["invoice.sent", "time.logged"]), chance.choice(["/", "/time"]), user,
            chance.choice(["", f"{user}{at.hour // 4}"]), chance.choice(["Firefox", "Chrome"]),
            chance.choice(["FR", "DE"]), chance.random() < 0.1,
        ))  # fmt: skip
    return rows


def insert(client: Client, rows: list[tuple[Any, ...]]) -> None:
    client.insert("usage_events", rows, column_names=COLUMNS)


@pytest.fixture
def client(stack: Stack) -> Iterator[Client]:
    with own_database(stack) as (_, client):
        insert(client, [row for back in range(DAYS) for row in events(1, TODAY - timedelta(days=back))])
        yield client


ASKED: tuple[tuple[str | None, tuple[str, ...], Interval | None], ...] = (
    ("acme", (), None), ("acme", (), "hour"), (None, ("tenant", "browser"), "day"),
    ("other", ("country",), "week"), ("acme", ("action",), "day"), (None, ("page",), None),
    ("acme", ("action", "browser"), None), ("nobody", (), "day"),
)  # fmt: skip
"""Every kind of source, with and without time, of one tenant, of all and of none."""


def answers(client: Client, zone: str = "UTC") -> list[list[UsageRow]]:
    window = Window.last_days(DAYS, zone, NOW)  # of one moment: which bucket is running changes with the hour
    return [
        usage(client, UsageQuestion(tenant, window, by, interval, bots=True))
        for tenant, by, interval in ASKED
    ]


def test_an_answer_is_the_same_before_and_after(client: Client) -> None:
    before = {zone: answers(client, zone) for zone in ZONES}
    assert before["UTC"][0][0].events > 100
    assert len(list(roll_up(client))) == DAYS - 1
    assert {zone: answers(client, zone) for zone in ZONES} == before


def test_each_past_day_is_rolled_up_once_and_the_open_one_is_not(client: Client) -> None:
    assert [stale.day for stale in roll_up(client)] == [
        TODAY - timedelta(days=back) for back in range(1, DAYS)
    ]
    assert list(roll_up(client)) == []
    (rolled,) = client.query("SELECT groupUniqArray(day) FROM rolled_sessions").result_rows
    assert TODAY not in rolled[0]


def test_what_is_rolled_up_is_read_from_its_roll(client: Client) -> None:
    """The control: with a forged roll the answer changes, so the rolls are what was compared above."""
    list(roll_up(client))
    before = answers(client)
    client.command(
        "ALTER TABLE rolled_sessions UPDATE events = events + 1 WHERE true", settings={"mutations_sync": 1}
    )
    assert answers(client)[0] != before[0]


def test_a_whole_week_of_pages_is_rolled_up_of_its_days_and_read(client: Client) -> None:
    """The control: with a forged roll the answer changes, and that by time, which no week tells, does not."""
    list(roll_up(client))
    weeks = client.query("SELECT day, roll FROM closed_weeks").result_rows
    assert [day.weekday() for day, _ in weeks] == [0] * len(weeks) != []
    window = Window.last_days(DAYS)
    when = UsageQuestion("acme", window, ("page",), "day", bots=True)
    whole = replace(when, interval=None)
    before = usage(client, when), usage(client, whole)
    forged = "ALTER TABLE rolled_page_weeks UPDATE events = events + 1 WHERE true"
    client.command(forged, settings={"mutations_sync": 1})
    assert usage(client, when) == before[0]
    assert usage(client, whole) != before[1]


def test_a_week_is_not_read_once_a_day_of_it_has_changed(client: Client) -> None:
    list(roll_up(client))
    ((monday, roll),) = client.query("SELECT day, roll FROM closed_weeks LIMIT 1").result_rows
    insert(client, events(2, monday + timedelta(days=2), 5))
    closed = "SELECT roll FROM closed_weeks WHERE day = {monday:Date}"
    assert client.query(closed, {"monday": monday}).result_rows == []
    before = answers(client)
    list(roll_up(client))
    assert client.query(closed, {"monday": monday}).result_rows[0][0] > roll
    assert answers(client) == before
    unroll(client, [monday + timedelta(days=3)])
    assert client.query(closed, {"monday": monday}).result_rows == []
    assert answers(client) == before


def test_a_late_event_is_counted_at_once_and_its_day_rolled_up_anew(client: Client) -> None:
    list(roll_up(client))
    day = TODAY - timedelta(days=3)
    insert(client, events(2, day, 5))
    assert [stale.day for stale in stale_days(client, TODAY)] == [day]
    before = answers(client)
    assert [stale.day for stale in roll_up(client)] == [day]
    assert answers(client) == before
    assert list(roll_up(client)) == []


def test_events_that_are_gone_are_gone_from_answers_at_once(client: Client) -> None:
    list(roll_up(client))
    client.command(
        "ALTER TABLE usage_events DELETE WHERE user_id = {user:String}",
        {"user": f"{3:032x}"},
        settings={"mutations_sync": 1},
    )
    before = answers(client)
    assert len(list(roll_up(client))) > 0
    assert answers(client) == before


@pytest.mark.parametrize("step", range(4))
def test_a_roll_that_is_cut_off_is_never_seen(client: Client, step: int) -> None:
    before = answers(client)
    with contextlib.suppress(KeyboardInterrupt):
        for number, _ in enumerate(roll_up(_CutOff(client, after=step))):  # type: ignore[arg-type]
            assert number < 1
    assert answers(client) == before
    list(roll_up(client))
    assert answers(client) == before


def test_two_instances_may_roll_up_the_same_day(client: Client) -> None:
    before = answers(client)
    first, second = roll_up(client), roll_up(client)
    next(first), next(second)
    list(first), list(second)
    assert answers(client) == before


def test_rolls_that_no_day_is_read_from_are_deleted_and_young_ones_kept(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    list(roll_up(client))
    insert(client, events(2, TODAY - timedelta(days=3), 5))
    list(roll_up(client))
    before = answers(client)
    assert sweep(client) == 0
    monkeypatch.setattr(rolling, "_LONGEST_ROLL_MS", -1_000)
    assert sweep(client) > 0
    assert sweep(client) == 0
    assert answers(client) == before


def test_no_more_than_its_retention_is_seen_of_a_roll(client: Client) -> None:
    """Rows of a roll whose seven days have passed, as they are until the table drops them."""
    list(roll_up(client))
    before = answers(client)
    client.command("SYSTEM STOP TTL MERGES rolled_sessions")
    client.command(
        "INSERT INTO rolled_sessions SELECT * REPLACE (toUInt8(7) AS retention_days) FROM rolled_sessions"
        " WHERE day <= {day:Date}",
        {"day": TODAY - timedelta(days=7)},
    )
    assert answers(client) == before


def test_a_question_about_closed_days_reads_few_rows(client: Client) -> None:
    insert(client, [row for seed in range(3, 40) for row in events(seed, TODAY - timedelta(days=2))])
    list(roll_up(client))
    question = statement(UsageQuestion("acme", Window.last_days(DAYS), ("browser",), bots=True))
    summary = client.query(question.sql, dict(question.parameters)).summary
    (total,) = client.query("SELECT count() FROM usage_events").result_rows[0]
    assert int(summary["read_rows"]) < total


class _CutOff:
    """A client that is killed before its command number `after`; of reading it knows no end."""

    def __init__(self, client: Client, after: int) -> None:
        self._client, self._left = client, after
        self.query = client.query

    def command(self, *arguments: Any, **named: Any) -> Any:
        if not self._left:
            raise KeyboardInterrupt
        self._left -= 1
        return self._client.command(*arguments, **named)
