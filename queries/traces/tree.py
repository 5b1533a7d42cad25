"""The tree of a trace's spans, whatever they say of each other: lost parents, circles, clocks that differ."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from queries.traces.trace import Span


@dataclass(eq=False)
class Node:
    """A span in its tree; `shift_ns` is added to its times for display where its service's clock is wrong."""

    span: Span
    children: list["Node"] = field(default_factory=list)
    shift_ns: int = 0
    critical: bool = False

    @property
    def start_ns(self) -> int:
        """When it began, by the clock of the root."""
        return self.span.start_ns + self.shift_ns

    @property
    def end_ns(self) -> int:
        """When it ended, by the clock of the root."""
        return self.span.end_ns + self.shift_ns


@dataclass(frozen=True)
class Forest:
    """The roots; the tops whose parent was left out of a long trace; and those whose parent never came."""

    roots: tuple[Node, ...]
    below_hidden: tuple[Node, ...]
    orphans: tuple[Node, ...]

    @property
    def tops(self) -> tuple[Node, ...]:
        """All trees, the roots first."""
        return self.roots + self.below_hidden + self.orphans


def grow(spans: Sequence[Span], hidden: frozenset[str] = frozenset()) -> Forest:
    """Make the trees, children in the order of their start, clocks set by their parents' (see `_align`).

    Span ids are unique. Spans that are each other's ancestors hang below their earliest, which is an orphan.
    """
    nodes = {span.id: Node(span) for span in spans}
    roots, below_hidden, orphans = [], [], []
    for node in nodes.values():
        parent = nodes.get(node.span.parent_id)
        if not node.span.parent_id:
            roots.append(node)
        elif node.span.parent_id in hidden:
            below_hidden.append(node)
        elif parent is None or parent is node:
            orphans.append(node)
        else:
            parent.children.append(node)
    orphans += _open_circles(nodes, [*roots, *below_hidden, *orphans])
    forest = Forest(tuple(roots), tuple(below_hidden), tuple(orphans))
    for top in forest.tops:
        _align(top)
    return forest


def walk(top: Node) -> Iterator[Node]:
    """Each node of a tree, parents before their children; as deep as a trace may be."""
    waiting = [top]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed(node.children)


def _open_circles(nodes: dict[str, Node], tops: list[Node]) -> list[Node]:
    reached = {id(node) for top in tops for node in walk(top)}
    opened = []
    for node in sorted(nodes.values(), key=lambda one: (one.span.start_ns, one.span.id)):
        if id(node) not in reached:
            nodes[node.span.parent_id].children.remove(node)
            opened.append(node)
            reached |= {id(below) for below in walk(node)}
    return opened


def _align(top: Node) -> None:
    """Shift the spans of a service whose clock cannot be right: a callee does not begin before its caller.

    A callee that is no longer than its caller is put into the middle of it, as if the way there and back took
    equally long; a longer one begins with it. Spans below, of the same service, move along.
    """
    for node in walk(top):
        for child in node.children:
            if child.span.service == node.span.service:
                child.shift_ns = node.shift_ns
            elif child.span.start_ns < node.start_ns:
                spare = max(node.span.duration_ns - child.span.duration_ns, 0)
                child.shift_ns = node.start_ns - child.span.start_ns + spare // 2
        node.children.sort(key=lambda one: (one.start_ns, one.span.id))
