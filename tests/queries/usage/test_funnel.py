"""Funnels: the engine counts whom a plain reading of each user's events counts."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Literal

import pytest
from clickhouse_connect.driver.client import Client

from jobs.roll_up import roll_up
from queries.usage.filters.reading import parse_filter
from queries.usage.filters.tree import Comparison, Filter
from queries.usage.funnel import Funnel, FunnelQuestion, MalformedFunnel, funnel, statement
from queries.usage.sources import EVENTS as EACH_EVENT
from queries.usage.sources import STEPS
from queries.usage.steps import actions_of, are_apart
from queries.usage.window import Window
from tests.conftest import Stack
from tests.queries.usage.filters.truth import holds
from tests.queries.usage.raw_events import (
    EMPTY_TENANT,
    HOSTILE,
    TENANT,
    WINDOW_IDS,
    RawEvent,
    arrived,
    generated,
    stored,
    text_of,
    windows,
)  # fmt: skip

EVENTS = generated(1)
READ_FROM = ("events", "rolls")
WINDOWS = windows()
FUNNELS: dict[str, tuple[str, ...]] = {
    "of actions": ("action = a", "action = b", "action = c"),
    "of lists": ("action in (a, b)", "action = page.viewed", "action in (c, d)"),
    "of more than actions": (
        "action = a and country = FR",
        "action = b",
        "page = /x and action = page.viewed",
    ),
    "that overlaps": ("action = page.viewed", "kind = view", "action in (a, b) or page = /y", "action = a"),
    "twice the same": ("action = a", "action = a"),
    "of one step": ("property.plan exists",),
}


@pytest.fixture(scope="module", params=READ_FROM)
def client(stack: Stack, request: pytest.FixtureRequest) -> Iterator[Client]:
    with stored(stack, EVENTS) as client:
        if request.param == "rolls":
            assert len(list(roll_up(client))) > 20
        yield client


def reached(events: Sequence[RawEvent], steps: Sequence[Filter], within: int) -> int:
    """The most steps that distinct events have taken in order, the last within so long of the first."""
    fit = [(one, [holds(step, one.as_filtered) for step in steps]) for one in events]

    def from_here(level: int, used: tuple[RawEvent, ...]) -> int:
        best = level
        for one, is_step in fit:
            if level < len(steps) and is_step[level] and one not in used and _follows(one, used, within):
                best = max(best, from_here(level + 1, (*used, one)))
                if best == len(steps):
                    break
        return best

    return from_here(0, ())


def _follows(one: RawEvent, used: tuple[RawEvent, ...], within: int) -> bool:
    return not used or (
        used[-1].occurred_at <= one.occurred_at
        and (one.occurred_at - used[0].occurred_at).total_seconds() <= within
    )


def levels(question: FunnelQuestion) -> dict[str, tuple[str, int]]:
    """Of each user or session: the value of its first first step, and how far it got."""
    read = arrived(EVENTS, question.window, question.bots, question.where)
    by: dict[str, list[RawEvent]] = {}
    for one in sorted(read, key=lambda one: one.occurred_at):
        unit = one.user_id if question.by == "user" else one.session_id
        if unit:
            by.setdefault(unit, []).append(one)
    found = {}
    for unit, events in by.items():
        if level := reached(events, question.steps, question.within):
            firsts = [one for one in events if holds(question.steps[0], one.as_filtered)]
            name = question.breakdown
            values = [
                (one.occurred_at, text_of(one.as_filtered.get(name, "")) if name else "") for one in firsts
            ]
            found[unit] = (min(values)[1], level)
    return found


def counts(levels: Sequence[int], steps: int) -> tuple[int, ...]:
    return tuple(sum(level >= step for level in levels) for step in range(1, steps + 1))


def told(answer: Funnel) -> tuple[int, ...]:
    return tuple(step.count for step in answer.steps)


@pytest.mark.parametrize("window", WINDOWS, ids=WINDOW_IDS)
@pytest.mark.parametrize("steps", FUNNELS.values(), ids=FUNNELS)
def test_users_are_counted_as_a_plain_reading_counts_them(
    client: Client, window: Window, steps: Sequence[str]
) -> None:
    for within, by, bots in ((0, "user", False), (7_200, "session", True), (86_400, "user", False)):
        unit: Literal["user", "session"] = "user" if by == "user" else "session"
        question = FunnelQuestion(TENANT, window, [*map(parse_filter, steps)], within, unit, bots=bots)
        expected = counts([level for _, level in levels(question).values()], len(steps))
        assert told(funnel(client, question).total) == expected


@pytest.mark.parametrize("breakdown", ["country", "page", "property.plan", "property.seats", "bot"])
def test_the_first_step_tells_the_value(client: Client, breakdown: str) -> None:
    steps = [*map(parse_filter, ("action in (a, b)", "action = page.viewed"))]
    where = parse_filter("not country = IN")
    question = FunnelQuestion(
        TENANT, WINDOWS[2], steps, 86_400, breakdown=breakdown, limit=2, bots=True, where=where
    )
    found = levels(question)
    by_value = {
        value: counts([level for of, level in found.values() if of == value], 2)
        for value in {value for value, _ in found.values()}
    }
    ranked = sorted(by_value.items(), key=lambda item: (-item[1][0], item[0].encode()))
    answer = funnel(client, question)
    assert [(one.value, told(one)) for one in answer.values] == ranked[:2]
    rest = tuple(map(sum, zip(*(counts for _, counts in ranked[2:]), strict=True)))
    assert (told(answer.other) if answer.other else ()) == rest
    assert told(answer.total) == counts([level for _, level in found.values()], 2)


def test_shares_are_of_the_first_and_of_the_previous_step(client: Client) -> None:
    question = FunnelQuestion(
        TENANT, WINDOWS[0], [*map(parse_filter, FUNNELS["of actions"])], 86_400, "session"
    )
    first, second, third = funnel(client, question).total.steps
    assert (first.of_first, first.of_previous) == (1, None)
    assert second.of_first == second.of_previous == second.count / first.count
    assert (third.of_first, third.of_previous) == (third.count / first.count, third.count / second.count)


def test_nobody_has_no_shares(client: Client) -> None:
    answer = funnel(client, FunnelQuestion(EMPTY_TENANT, WINDOWS[0], [Comparison("action", "=", "a")]))
    assert [(step.count, step.of_first) for step in answer.total.steps] == [(0, None)]


def test_hostile_names_are_steps_like_others_and_not_in_the_text(client: Client) -> None:
    questions = [
        FunnelQuestion(
            TENANT, WINDOWS[0], [Comparison("action", "=", name), Comparison("page", "!=", name)], 86_400
        )
        for name in HOSTILE
    ]
    assert len({statement(question).sql for question in questions}) == 1
    for question in questions:
        found = [level for _, level in levels(question).values()]
        assert told(funnel(client, question).total) == counts(found, 2)


def test_steps_of_actions_are_read_from_rolls_and_others_from_events() -> None:
    of_actions = [*map(parse_filter, FUNNELS["of actions"])]
    in_utc, in_kolkata = WINDOWS[0], WINDOWS[4]
    assert FunnelQuestion(TENANT, in_utc, of_actions).source is STEPS
    assert FunnelQuestion(TENANT, in_utc, of_actions, breakdown="bot").source is STEPS
    for other in (
        FunnelQuestion(TENANT, in_kolkata, of_actions),
        FunnelQuestion(TENANT, in_utc, of_actions, by="session"),
        FunnelQuestion(TENANT, in_utc, of_actions, breakdown="country"),
        FunnelQuestion(TENANT, in_utc, of_actions, where=parse_filter("country = FR")),
        FunnelQuestion(TENANT, in_utc, [*of_actions, parse_filter("page = /")]),
    ):
        assert other.source is EACH_EVENT


def test_what_is_rolled_up_is_read_from_its_roll(stack: Stack) -> None:
    """The control: with forged rolls the answer changes, so the rolls are what was compared above."""
    question = FunnelQuestion(TENANT, WINDOWS[0], [*map(parse_filter, FUNNELS["of actions"])])
    with stored(stack, EVENTS) as client:
        list(roll_up(client))
        before = funnel(client, question)
        forged = "ALTER TABLE rolled_steps UPDATE user_hashes = arrayMap(hash -> 1, user_hashes) WHERE true"
        client.command(forged, settings={"mutations_sync": 1})
        assert funnel(client, question).total.steps[0].count == 1 < before.total.steps[0].count


def test_only_steps_are_read_and_those_of_other_actions_are_apart() -> None:
    question = FunnelQuestion(TENANT, WINDOWS[0], [parse_filter("action = a"), parse_filter("action = b")])
    assert "name IN {actions:Array(String)}" in statement(question).sql
    assert statement(question).parameters["actions"] == ["a", "b"]
    assert actions_of(parse_filter("action in (a, b) and (action = b or action = c)")) == frozenset({"b"})
    assert actions_of(parse_filter("action = a or page = /")) is None
    assert are_apart(question.steps)
    assert not are_apart([*question.steps, parse_filter("action in (c, a)")])


@pytest.mark.parametrize(("steps", "within"), [(0, 1), (21, 1), (1, -1), (1, 90 * 86_400 + 1)])
def test_what_is_no_funnel_is_refused(steps: int, within: int) -> None:
    with pytest.raises(MalformedFunnel, match="expected"):
        FunnelQuestion(TENANT, WINDOWS[0], [Comparison("action", "=", "a")] * steps, within)


def test_events_are_such_that_each_rule_is_touched() -> None:
    question = FunnelQuestion(TENANT, WINDOWS[0], [*map(parse_filter, FUNNELS["of actions"])], 86_400)
    assert len(Counter(level for _, level in levels(question).values())) > 1
