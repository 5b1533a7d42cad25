"""A trace as a waterfall: one line a span, its place in the tree and its place in time."""

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.plain import plain
from queries.traces.critical_path import mark_critical_path
from queries.traces.durations import show_duration
from queries.traces.trace import Span, Trace
from queries.traces.tree import Node, grow, walk

_BAR = 28
_DEEPEST = 16
_NAME, _TOLD = 60, 160


def print_waterfall(trace: Trace, console: Console) -> None:
    """Print the head, the tree, and how many spans are not shown."""
    forest = grow(trace.spans, trace.hidden)
    for root in forest.roots or forest.tops[:1]:
        mark_critical_path(root)
    start = min(node.start_ns for top in forest.tops for node in walk(top))
    scale = _Scale(start, max(trace.place.first_ns + trace.duration_ns - start, 1))
    _print_head(trace, console)
    table = Table(box=None, pad_edge=False, collapse_padding=True, show_header=False)
    table.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    table.add_column(no_wrap=True, overflow="ellipsis", max_width=18, style="cyan")
    table.add_column(no_wrap=True, width=_BAR)
    table.add_column(no_wrap=True, justify="right")
    for title, tops in (
        ("", forest.roots),
        ("parent not shown", forest.below_hidden),
        ("missing parent", forest.orphans),
    ):
        if title and tops:
            table.add_row(Text(f"({title})", style="yellow"), "", "", "")
        for cells in _lines(tops, scale, below_title=bool(title)):
            table.add_row(*cells)
    console.print(table)
    if len(trace.spans) < trace.total:
        console.print(
            f"… {len(trace.spans):,} of {trace.total:,} spans: roots, errors and their parents, the earliest."
        )


class _Scale:
    """Where in the bar a time lies."""

    def __init__(self, start_ns: int, length_ns: int) -> None:
        self._start, self._length = start_ns, length_ns

    def bar(self, node: Node) -> str:
        """A bar from its start to its end, at least one character wide."""
        first, last = (self._cell(ns) for ns in (node.start_ns, node.end_ns))
        first = min(first, _BAR - 1)
        return " " * first + "━" * max(last - first, 1)

    def _cell(self, ns: int) -> int:
        return min(max(round((ns - self._start) * _BAR / self._length), 0), _BAR)


def _print_head(trace: Trace, console: Console) -> None:
    place = trace.place
    console.print(f"Trace {place.trace_id} of {plain(place.tenant)}", style="bold", markup=False)
    console.print(
        f"{trace.total:,} spans, {trace.errors:,} errors, {trace.services:,} services, "
        f"{show_duration(trace.duration_ns)}\n",
        markup=False,
    )


def _lines(tops: Sequence[Node], scale: _Scale, below_title: bool) -> Iterator[tuple[Text | str, ...]]:
    waiting = [(top, "", below_title, at == len(tops) - 1, 0) for at, top in reversed(list(enumerate(tops)))]
    while waiting:
        node, guides, branches, is_last, depth = waiting.pop()
        branch = ("└─ " if is_last else "├─ ") if branches else ""
        below = guides + (("   " if is_last else "│  ") if branches else "")
        yield _line(node, _narrow(guides, depth) + branch, scale)
        for told in _told(node.span):
            under = _narrow(below, depth + 1) + ("│  " if node.children else "   ")
            yield Text.assemble((under, "dim"), (told, "red")), "", "", ""
        last = len(node.children) - 1
        waiting += [
            (child, below, True, at == last, depth + 1)
            for at, child in reversed(list(enumerate(node.children)))
        ]


def _narrow(guides: str, depth: int) -> str:
    """Guides of a deep span would leave no room for its name: its depth instead."""
    return guides if depth <= _DEEPEST else f"{'':{3 * _DEEPEST - 6}}…{depth} "


def _line(node: Node, guides: str, scale: _Scale) -> tuple[Text | str, ...]:
    span = node.span
    style = "bold" if node.critical else ""
    colour = "red" if span.failed else "green" if node.critical else "blue"
    name = Text.assemble(
        (guides, "dim"), ("✗ ", "bold red") if span.failed else "", (plain(span.name, _NAME), style),
        (_marks(node), "yellow"),
    )  # fmt: skip
    return (
        name, Text(plain(span.service, _NAME)), Text(scale.bar(node), style=colour),
        Text(show_duration(span.duration_ns), style=style),
    )  # fmt: skip


def _marks(node: Node) -> str:
    span = node.span
    marks = [
        f"{span.http_status}" if span.http_status else "",
        "ends before it starts" if span.ends_before_start else "",
        f"{span.copies:,} copies" if span.copies > 1 else "",
        f"clock {'+' if node.shift_ns > 0 else ''}{show_duration(node.shift_ns)}" if node.shift_ns else "",
    ]
    told = ", ".join(mark for mark in marks if mark)
    return f"  [{told}]" if told else ""


def _told(span: Span) -> Iterator[str]:
    """What a failed span says of it, and any exception that was recorded."""
    if span.exception_type or span.exception_message:
        yield plain(f"{span.exception_type}: {span.exception_message}", _TOLD)
    elif span.failed and span.message:
        yield plain(span.message, _TOLD)
