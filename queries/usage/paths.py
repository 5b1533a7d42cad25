"""Paths: what people do next, or did before, within their session, as a tree."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from clickhouse_connect.driver.client import Client

from queries.usage.filters.matching import compile_filter
from queries.usage.filters.tree import Filter
from queries.usage.folding import END, KINDS, STEP, Kind, folded
from queries.usage.scope import scope
from queries.usage.statement import Statement
from queries.usage.window import Window

MAX_DEPTH = 5
MAX_WIDTH = 50
EVENTS_A_SESSION = 1_000
"""So many steps of a session are looked at, its first ones."""

Label = Literal["action", "page", "either"]
_STEPS: dict[Label, tuple[str, str]] = {
    "action": ("name", "kind IN ('action', 'view')"),
    "page": ("page", "kind = 'view'"),
    "either": ("if(kind = 'view', page, toString(name))", "kind IN ('action', 'view')"),
}
"""What a step is called, and which events are steps."""


class MalformedPaths(ValueError):
    """No such paths can be asked for; the message says why."""


@dataclass(frozen=True)
class PathsQuestion:
    """Whose paths, from the first step of each session of which `start` holds.

    `direction` is after or before; steps are actions (`action`: the names of actions and views), pages
    (`page`: views alone), or actions and the pages of views (`either`). A node shows the `width` most
    frequent ones.
    Steps that follow each other and are the same are one. Those of one millisecond follow by their text.
    """

    tenant: str
    window: Window
    start: Filter
    direction: Literal["after", "before"] = "after"
    steps: Label = "action"
    depth: int = 3
    width: int = 8
    bots: bool = False
    where: Filter | None = None

    def __post_init__(self) -> None:
        """Raise MalformedPaths for what is too much or too little."""
        if not 1 <= self.depth <= MAX_DEPTH:
            raise MalformedPaths(f"A depth of {self.depth}: expected 1 to {MAX_DEPTH}.")
        if not 1 <= self.width <= MAX_WIDTH:
            raise MalformedPaths(f"A width of {self.width}: expected 1 to {MAX_WIDTH}.")


@dataclass(frozen=True)
class PathNode:
    """A step that so many sessions came to on the same way: `label`, or the session's end, or the others.

    The steps that follow are ordered by count, then label; the others and the end come last.
    """

    kind: Kind
    label: str
    sessions: int
    next: tuple["PathNode", ...] = ()


def paths(client: Client, question: PathsQuestion) -> PathNode:
    """Answer with the start, of which each session counts once."""
    rows = statement(question).rows(client)
    return PathNode("start", "", sum(count for _, count in rows), _children(rows, 0))


def statement(question: PathsQuestion) -> Statement:
    """A row a path: its steps, each with what it is in front, rare ones folded; and its sessions."""
    label, is_step = _STEPS[question.steps]
    scoped, start = scope(question), compile_filter(question.start, prefix="start")
    way = {"after": "arraySlice(labels, at)", "before": "arrayReverse(arraySlice(labels, 1, at))"}
    taken = f"arraySlice(arrayCompact({way[question.direction]}), 2, {question.depth:d})"
    sql = f"""
WITH taken_paths AS (
    SELECT
        arraySort(groupArraySorted({EVENTS_A_SESSION})(
            (toUnixTimestamp64Milli(occurred_at), concat('{STEP}', {label}), {start.sql})
        )) AS events,
        arrayFirstIndex(event -> event.3, events) AS at,
        events.2 AS labels,
        {taken} AS taken,
        if(length(taken) < {question.depth:d}, arrayPushBack(taken, '{END}'), taken) AS path
    FROM usage
    WHERE {scoped.sql} AND session_id != '' AND {is_step}
    GROUP BY sipHash64(session_id)
    HAVING at > 0
)
{folded("taken_paths", question.depth, question.width)}
"""  # noqa: S608  the pieces stand in this package; what is asked travels as parameters
    return Statement(sql.strip(), {**scoped.parameters, **start.parameters})


def _children(rows: Sequence[Sequence[Any]], level: int) -> tuple[PathNode, ...]:
    by_step: dict[str, list[Sequence[Any]]] = {}
    for row in rows:
        if level < len(row[0]) and row[0][level]:
            by_step.setdefault(row[0][level], []).append(row)
    nodes = [
        PathNode(KINDS[step[0]], step[1:], sum(row[1] for row in under), _children(under, level + 1))
        for step, under in by_step.items()
    ]
    return tuple(sorted(nodes, key=lambda node: (_ORDER.index(node.kind), -node.sessions, node.label)))


_ORDER = ("step", "other", "end")
