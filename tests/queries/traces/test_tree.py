"""Trees of spans that say odd things of each other, and their critical path."""

from hypothesis import given
from hypothesis import strategies as st

from queries.traces.critical_path import mark_critical_path
from queries.traces.trace import Span
from queries.traces.tree import Forest, Node, grow, walk


def a_span(id_: str, parent: str = "", start: int = 0, end: int = 10, service: str = "shop") -> Span:
    return Span(id_, parent, service, id_, "server", start, end - start, False, "", 0, False, "", "", 1)


def shape(node: Node) -> tuple[str, list[object]]:
    return node.span.id, [shape(child) for child in node.children]


def critical(*spans: Span) -> list[str]:
    (root,) = grow(spans).roots
    mark_critical_path(root)
    return [node.span.id for node in walk(root) if node.critical]


def by_id(forest: Forest) -> dict[str, Node]:
    return {node.span.id: node for top in forest.tops for node in walk(top)}


def test_children_stand_below_their_parents_in_the_order_of_their_start() -> None:
    forest = grow(
        [a_span("late", "root", 5), a_span("early", "root", 1), a_span("root"), a_span("leaf", "late", 6)]
    )
    assert [shape(root) for root in forest.roots] == [("root", [("early", []), ("late", [("leaf", [])])])]


def test_a_span_whose_parent_never_came_is_an_orphan_with_all_that_is_below_it() -> None:
    forest = grow([a_span("root"), a_span("lost", "gone"), a_span("below", "lost")])
    assert [shape(node) for node in forest.orphans] == [("lost", [("below", [])])]
    assert grow([a_span("lost", "gone")], frozenset(["gone"])).below_hidden[0].span.id == "lost"


def test_spans_that_are_each_others_ancestors_are_shown_once() -> None:
    forest = grow([a_span("a", "c", 3), a_span("b", "a", 1), a_span("c", "b", 2), a_span("self", "self")])
    assert {shape(node)[0] for node in forest.orphans} == {"self", "b"}
    assert sorted(by_id(forest)) == ["a", "b", "c", "self"]


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 50), st.integers(0, 20)), max_size=12))
def test_whatever_parents_spans_name_each_is_shown_once(told: list[tuple[int, int, int]]) -> None:
    spans = [
        a_span(f"{n}", "" if parent == 12 else f"{parent}", start, start + took, f"s{n % 3}")
        for n, (parent, start, took) in enumerate(told)
    ]
    forest = grow(spans)
    shown = [node.span.id for top in forest.tops for node in walk(top)]
    assert sorted(shown) == sorted(span.id for span in spans)
    for top in forest.tops:
        mark_critical_path(top)
        assert top.critical
        for node in walk(top):
            for child in node.children:
                assert child.span.service == node.span.service or child.start_ns >= node.start_ns


def test_a_trace_of_a_hundred_thousand_generations_has_a_tree() -> None:
    spans = [a_span(f"{n}", f"{n - 1}" if n else "", n, 200_000 - n) for n in range(100_000)]
    assert len(critical(*spans)) == 100_000


def test_a_callee_that_begins_before_its_caller_is_put_into_its_middle_with_what_is_below() -> None:
    nodes = by_id(
        grow(
            [
                a_span("call", "", 100, 200), a_span("served", "call", 40, 100, "pay"),
                a_span("query", "served", 50, 60, "pay"), a_span("same", "call", 90, 95),
            ]
        )
    )  # fmt: skip
    assert [nodes[name].shift_ns for name in ("served", "query", "same")] == [80, 80, 0]
    assert (nodes["served"].start_ns, nodes["served"].end_ns) == (120, 180)


def test_a_callee_that_took_longer_than_its_caller_begins_with_it() -> None:
    nodes = by_id(grow([a_span("call", "", 100, 200), a_span("served", "call", 40, 400, "pay")]))
    assert nodes["served"].start_ns == 100


def test_the_critical_path_follows_what_was_waited_for() -> None:
    spans = (
        a_span("root", "", 0, 100), a_span("first", "root", 5, 40), a_span("beside", "root", 10, 30),
        a_span("second", "root", 45, 95), a_span("inner", "second", 50, 60),
        a_span("later", "root", 120, 150),
    )  # fmt: skip
    assert critical(*spans) == ["root", "first", "second", "inner"]


def test_a_child_that_outlives_its_parent_was_waited_for_until_then() -> None:
    assert critical(a_span("root", "", 0, 100), a_span("fork", "root", 20, 300)) == ["root", "fork"]
