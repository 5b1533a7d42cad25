"""The critical path of a trace: the spans that, had they been faster, would have made the whole faster."""

from queries.traces.tree import Node


def mark_critical_path(root: Node) -> None:
    """Mark the nodes on it, the root first.

    From a span's end backwards: the child that ended last was waited for, then the one that ended last
    before that child began, and so on. What began after its parent's end was not waited for.
    """
    waiting = [(root, root.end_ns)]
    while waiting:
        node, until = waiting.pop()
        node.critical = True
        end = until
        for child in sorted(node.children, key=lambda one: one.end_ns, reverse=True):
            if child.end_ns <= until or (child.start_ns < until <= child.end_ns and until == end):
                waiting.append((child, min(child.end_ns, until)))
                until = child.start_ns
            if until <= node.start_ns:
                break
