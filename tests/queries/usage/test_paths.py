"""Paths: the tree is that of a plain reading of each session."""

from collections.abc import Iterator, Sequence
from typing import Literal

import pytest
from clickhouse_connect.driver.client import Client

from queries.usage.filters.reading import parse_filter
from queries.usage.folding import Kind
from queries.usage.paths import MalformedPaths, PathNode, PathsQuestion, paths
from queries.usage.window import Window
from tests.conftest import Stack
from tests.queries.usage.filters.truth import holds
from tests.queries.usage.raw_events import (
    EMPTY_TENANT,
    NOW,
    TENANT,
    WINDOW_IDS,
    RawEvent,
    arrived,
    generated,
    stored,
    windows,
)  # fmt: skip

EVENTS = generated(2)
WINDOWS = windows()
Step = tuple[Kind, str]


@pytest.fixture(scope="module")
def client(stack: Stack) -> Iterator[Client]:
    with stored(stack, EVENTS) as client:
        yield client


def label(question: PathsQuestion, event: RawEvent) -> str | None:
    if event.kind not in ("view", "action"):
        return None
    if question.steps == "page":
        return event.page if event.kind == "view" else None
    return event.page if question.steps == "either" and event.kind == "view" else event.name


def ways(question: PathsQuestion, events: Sequence[RawEvent]) -> list[list[Step]]:
    """What each session did from its start on, with its end where that comes soon enough."""
    sessions: dict[str, list[tuple[int, bytes, bool]]] = {}
    for one in arrived(events, question.window, question.bots, question.where):
        if one.session_id and (called := label(question, one)) is not None:
            at = round(one.occurred_at.timestamp() * 1_000)
            step = (at, called.encode(), holds(question.start, one.as_filtered))
            sessions.setdefault(one.session_id, []).append(step)
    found = []
    for steps in map(sorted, sessions.values()):
        starts = [place for place, (_, _, is_start) in enumerate(steps) if is_start]
        if starts:
            after = question.direction == "after"
            taken = steps[starts[0] :] if after else steps[starts[0] :: -1]
            names = [called.decode() for _, called, _ in taken]
            apart = [one for place, one in enumerate(names) if not place or one != names[place - 1]]
            way: list[Step] = [("step", one) for one in apart[1 : question.depth + 1]]
            found.append(way if len(way) == question.depth else [*way, ("end", "")])
    return found


def tree(ways: Sequence[Sequence[Step]], width: int) -> tuple[PathNode, ...]:
    under: dict[Step, list[Sequence[Step]]] = {}
    for way in ways:
        if way:
            under.setdefault(way[0], []).append(way[1:])
    steps = sorted(
        (step for step in under if step[0] == "step"), key=lambda step: (-len(under[step]), step[1].encode())
    )
    nodes = [PathNode("step", step[1], len(under[step]), tree(under[step], width)) for step in steps[:width]]
    if rest := sum(len(under[step]) for step in steps[width:]):
        nodes.append(PathNode("other", "", rest))
    if ended := under.get(("end", "")):
        nodes.append(PathNode("end", "", len(ended)))
    return tuple(nodes)


@pytest.mark.parametrize("window", WINDOWS, ids=WINDOW_IDS)
@pytest.mark.parametrize("steps", ["action", "page", "either"])
@pytest.mark.parametrize("direction", ["after", "before"])
def test_the_tree_is_that_of_a_plain_reading(
    client: Client,
    window: Window,
    steps: Literal["action", "page", "either"],
    direction: Literal["after", "before"],
) -> None:
    for start, depth, width, bots, where in (
        ("action = page.viewed", 3, 8, False, None),
        ("page = /x or action = b", 2, 2, True, None),
        ("kind = view", 5, 1, False, parse_filter("not country = IN")),
    ):
        question = PathsQuestion(
            TENANT, window, parse_filter(start), direction, steps, depth, width, bots, where
        )
        expected = ways(question, EVENTS)
        assert expected
        assert paths(client, question) == PathNode("start", "", len(expected), tree(expected, width))


def test_an_empty_tenant_has_no_paths(client: Client) -> None:
    question = PathsQuestion(EMPTY_TENANT, WINDOWS[0], parse_filter("kind = view"))
    assert paths(client, question) == PathNode("start", "", 0)


@pytest.mark.parametrize(("depth", "width"), [(0, 8), (6, 8), (3, 0), (3, 51)])
def test_what_is_too_deep_or_too_wide_is_refused(depth: int, width: int) -> None:
    with pytest.raises(MalformedPaths, match="expected"):
        PathsQuestion(
            TENANT, Window.last_days(1, now=NOW), parse_filter("kind = view"), depth=depth, width=width
        )
