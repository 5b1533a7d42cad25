"""The closed days are asked once for a client, and an answer is of one list, whatever happens."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from clickhouse_connect.driver.client import Client

from jobs import roll_up as rolling
from jobs.roll_up import roll_up, sweep
from privacy.retention.tables import ROLLS
from privacy.rights import rolls
from queries.usage import funnel, listed, naming, volume
from queries.usage.filters.tree import Comparison
from queries.usage.listed import LISTED
from queries.usage.pieces import PIECES
from queries.usage.statement import Statement
from queries.usage.volume import UsageQuestion
from queries.usage.window import Window
from tests.conftest import Stack
from tests.queries.databases import own_database

NOW, DAY = datetime.now(UTC), timedelta(days=1)
TODAY = NOW.date()
DAYS = [TODAY - timedelta(days=back) for back in range(3)]
HIDDEN, CHANGED = f"{1:032x}", DAYS[1]
QUESTIONS: tuple[tuple[str, ...], ...] = (("country",), ("action",), ("page",))
"""By what is asked: each of the views that count."""
FUNNEL = ("steps",)
EVERY_VIEW = (*QUESTIONS, FUNNEL)


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def noon_of(day: date) -> datetime:
    """A moment before all of the day's events, which are of one hour."""
    return midnight(day) + DAY / 2


WINDOWS = tuple(
    (midnight(since) + timedelta(hours=first), midnight(until) + timedelta(hours=last))
    for since, first, until, last in (
        (DAYS[2], 0, DAYS[1], 24),
        (DAYS[2], 8, TODAY, 24),
        (DAYS[2], 21, DAYS[1], 21),
        (DAYS[2], 22, DAYS[1], 8),
        (DAYS[1], 3, DAYS[0], 8),
        (DAYS[0], 0, DAYS[0], 24),
        (DAYS[0], 8, DAYS[0], 21),
        (DAYS[0] - timedelta(days=30), 0, DAYS[2], 0),
    )
)
"""Of days that are closed or open, whole or cut, or have no events."""


@pytest.fixture
def client(stack: Stack) -> Iterator[Client]:
    with own_database(stack) as (_, client):
        insert(client, 12)
        list(roll_up(client))
        yield client


@pytest.fixture(scope="module")
def unchanged(stack: Stack) -> Iterator[Client]:
    """For tests that change nothing."""
    with own_database(stack) as (_, client):
        insert(client, 12)
        list(roll_up(client))
        yield client


def insert(client: Client, count: int, days: list[Any] = DAYS) -> None:
    rows = []
    for day in days:
        for number in range(count):
            at, user = noon_of(day) + timedelta(minutes=number), f"{number % 3:032x}"
            rows.append(
                (at, at, "acme", 90, "action", f"do.{number % 2}", f"/{number % 4}", user, user, "FR")
            )
    columns = [
        "received_at", "occurred_at", "tenant", "retention_days", "kind", "name", "page", "user_id",
        "session_id", "country",
    ]  # fmt: skip
    client.insert("usage_events", rows, column_names=columns)


def question(by: tuple[str, ...]) -> Statement:
    if by == FUNNEL:
        return steps(Window.last_days(3))
    return volume.statement(UsageQuestion("acme", Window.last_days(3), by, "day"))


def steps(window: Window) -> Statement:
    of_two = [Comparison("action", "=", f"do.{number}") for number in range(2)]
    return funnel.statement(funnel.FunnelQuestion("acme", window, of_two))


class Between:
    """A client to which something happens each time that it has been told the closed days."""

    def __init__(self, client: Client, happens: Callable[[Client], object], times: int = 1) -> None:
        self._client, self._happens, self._times = client, happens, times
        self.asked: list[str] = []

    def query(self, sql: str, *arguments: Any) -> Any:
        self.asked.append(sql)
        answer = self._client.query(sql, *arguments)
        if "'stored'" in sql and self._times:
            self._times -= 1
            self._happens(self._client)
        return answer


def hide(client: Client) -> None:
    """Somebody, the first."""
    client.insert("hidden", [("acme", HIDDEN, "r", datetime.now(UTC))])


def hide_and_delete(client: Client) -> None:
    """What an erasure does, in its order, of one whose events were all on one day."""
    hide(client)
    rolls.unroll(client, [CHANGED])
    for table in ROLLS:
        rolls.delete_old(client, table, ["acme"], [CHANGED])


def roll_anew_and_sweep(client: Client) -> None:
    insert(client, 3, [CHANGED])
    list(roll_up(client))
    assert sweep(client) > 0


def expected(client: Client, by: tuple[str, ...]) -> list[tuple[Any, ...]]:
    """What the views themselves answer, in one query."""
    one = question(by)
    return [tuple(row) for row in client.query(one.sql, dict(one.parameters)).result_rows]


@pytest.mark.parametrize("by", EVERY_VIEW)
def test_the_answer_is_that_of_the_view_and_its_closed_days_are_asked_once(
    unchanged: Client, by: tuple[str, ...]
) -> None:
    asked = Between(unchanged, lambda _: None)
    assert question(by).rows(asked) == expected(unchanged, by)  # type: ignore[arg-type]
    found, answered = asked.asked
    assert found == LISTED
    assert "closed_days" not in answered


@pytest.mark.parametrize("happens", [hide_and_delete, roll_anew_and_sweep])
def test_an_answer_whose_rolls_are_deleted_meanwhile_is_asked_for_anew(
    client: Client, happens: Callable[[Client], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rolling, "_LONGEST_ROLL_MS", -1_000)
    before = expected(client, ("country",))
    found = question(("country",)).rows(Between(client, happens))  # type: ignore[arg-type]
    assert found == expected(client, ("country",)) != before


def test_a_list_of_before_midnight_is_made_anew_as_something_has_expired(
    unchanged: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    yesterdays = LISTED.replace("toDate(now(), 'UTC')", "toDate(now(), 'UTC') - 1")
    asked = Between(unchanged, lambda _: monkeypatch.setattr(listed, "LISTED", LISTED))
    monkeypatch.setattr(listed, "LISTED", yesterdays)
    assert question(("country",)).rows(asked) == expected(unchanged, ("country",))  # type: ignore[arg-type]
    assert [sql for sql in asked.asked if "'stored'" in sql] == [yesterdays, LISTED]


def test_without_the_guard_the_same_answer_would_lack_a_day(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(naming, "UNCHANGED", "1 = 1")
    found = question(("country",)).rows(Between(client, hide_and_delete))  # type: ignore[arg-type]
    assert {row[0] for row in expected(client, ("country",))} - {row[0] for row in found} == {CHANGED}


def test_an_event_that_a_closed_day_gets_meanwhile_is_in_the_answer(client: Client) -> None:
    by = ("action",)
    before = expected(client, by)
    asked = Between(client, lambda client: insert(client, 3, [CHANGED]))
    assert question(by).rows(asked) == expected(client, by) != before  # type: ignore[arg-type]


def test_rolls_that_change_without_end_are_read_by_the_view_which_is_one_query(client: Client) -> None:
    by = ("action",)
    asked = Between(client, lambda client: rolls.unroll(client, [DAYS[2]]), times=100)
    assert question(by).rows(asked) == expected(client, by)  # type: ignore[arg-type]
    assert asked.asked[-1] == question(by).sql


@pytest.mark.parametrize("by", EVERY_VIEW)
def test_the_closed_days_are_not_asked_again_while_they_are_the_same(
    client: Client, by: tuple[str, ...]
) -> None:
    asked = Between(client, lambda _: None)
    question(by).rows(asked)  # type: ignore[arg-type]
    insert(client, 3, [TODAY])
    assert question(by).rows(asked) == expected(client, by)  # type: ignore[arg-type]
    assert asked.asked.count(LISTED) == 1


@pytest.mark.parametrize(
    "happens",
    [
        hide,
        hide_and_delete,
        lambda client: list(roll_up(client)),
        lambda client: insert(client, 3, [CHANGED]),
    ],
    ids=["hidden", "erased", "rolled up", "late"],
)
def test_a_list_that_was_true_before_is_asked_for_anew(
    client: Client, happens: Callable[[Client], object]
) -> None:
    by = ("country",)
    insert(client, 3, [DAYS[2]])
    asked = Between(client, lambda _: None)
    question(by).rows(asked)  # type: ignore[arg-type]
    happens(client)
    assert question(by).rows(asked) == expected(client, by)  # type: ignore[arg-type]
    assert asked.asked.count(LISTED) == 2


@pytest.mark.parametrize("by", QUESTIONS)
def test_who_is_hidden_is_in_no_open_day(client: Client, by: tuple[str, ...]) -> None:
    before = question(by).rows(client)
    asked = Between(client, hide)
    found = question(by).rows(asked)  # type: ignore[arg-type]
    assert found == question(by).rows(client) == expected(client, by) != before
    assert sum(sql == LISTED for sql in asked.asked) == 2
    assert "FROM usage_pieces" in asked.asked[-1]


def test_who_is_hidden_takes_no_step_today(client: Client) -> None:
    today = steps(Window.last_days(1))
    assert [row[2:] for row in today.rows(client)[:1]] == [(3, 3)]
    found = today.rows(Between(client, hide))  # type: ignore[arg-type]
    assert [row[2:] for row in found[:1]] == [(2, 2)]


@pytest.mark.parametrize("by", QUESTIONS)
@pytest.mark.parametrize(("since", "until"), WINDOWS)
def test_a_window_is_answered_as_by_the_view_whatever_days_it_cuts(
    unchanged: Client, since: datetime, until: datetime, by: tuple[str, ...]
) -> None:
    one = volume.statement(UsageQuestion("acme", Window(since, until, ZoneInfo("UTC"), NOW), by))
    seen = [tuple(row) for row in unchanged.query(one.sql, dict(one.parameters)).result_rows]
    assert one.rows(unchanged) == seen
    assert sum(row[1] for row in seen) == sum(since <= noon_of(day) < until for day in DAYS) * 12


@pytest.mark.parametrize(("since", "until"), WINDOWS)
def test_a_funnel_is_answered_as_by_the_view_whatever_days_its_window_cuts(
    unchanged: Client, since: datetime, until: datetime
) -> None:
    one = steps(Window(since, until, ZoneInfo("UTC"), NOW))
    seen = [tuple(row) for row in unchanged.query(one.sql, dict(one.parameters)).result_rows]
    assert one.rows(unchanged) == seen
    assert seen[0][2] == 3 * any(since <= noon_of(day) < until for day in DAYS)


@pytest.mark.parametrize("by", QUESTIONS)
def test_only_what_a_window_has_is_read(unchanged: Client, by: tuple[str, ...]) -> None:
    today, past = (midnight(TODAY), midnight(DAYS[2]))
    for since, until, table in ((today, today + DAY, "usage_events"), (past, today, "rolled_")):
        asked = Between(unchanged, lambda _: None)
        volume.statement(UsageQuestion("acme", Window(since, until, ZoneInfo("UTC"), NOW), by)).rows(asked)  # type: ignore[arg-type]
        read = set(re.findall(r"FROM (usage_events|rolled_(?!days))", asked.asked[-1]))
        assert read == {table}


def test_where_no_day_is_closed_events_are_read(stack: Stack) -> None:
    with own_database(stack) as (_, client):
        assert question(("country",)).rows(client) == []
        insert(client, 3)
        assert [row[2] for row in question(("country",)).rows(client)] == [3] * len(DAYS)


@pytest.mark.parametrize("by", EVERY_VIEW)
def test_what_is_printed_names_no_roll_and_runs_by_itself(by: tuple[str, ...]) -> None:
    printed = question(by).printed
    assert "rolls" not in printed
    assert any(f"FROM {view}" in printed for view in PIECES)


@pytest.mark.parametrize("view", PIECES)
def test_the_pieces_have_the_columns_of_their_view(unchanged: Client, view: str) -> None:
    names = [name for name, *_ in unchanged.query(f"DESCRIBE {view}").result_rows]
    assert [*PIECES[view].columns, *PIECES[view].counted] == names


@pytest.mark.parametrize("by", [("action",), ("page",)])
def test_lines_that_are_found_first_are_found_in_the_same_rolls(
    unchanged: Client, by: tuple[str, ...]
) -> None:
    cut = UsageQuestion("acme", Window.last_days(3), by, "day", limit=3)
    assert cut.is_cut
    asked, one = Between(unchanged, lambda _: None), volume.statement(cut)
    seen = [tuple(row) for row in unchanged.query(one.sql, dict(one.parameters)).result_rows]
    assert one.rows(asked) == seen == expected(unchanged, by)[:3]  # type: ignore[arg-type]
    assert len(re.findall(r"FROM rolled_(?:actions|pages)\b", asked.asked[-1])) == 2
