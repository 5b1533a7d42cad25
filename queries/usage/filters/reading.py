"""From text to filter: `country in (FR, DE) and not page contains "/admin"`."""

from collections.abc import Mapping

from lark import Token, Tree
from lark.exceptions import UnexpectedInput

from queries.usage.fields import FIELDS, PROPERTY
from queries.usage.filters.errors import MalformedFilter, UnknownSegment
from queries.usage.filters.grammar import parser
from queries.usage.filters.misfits import misfit
from queries.usage.filters.operators import Operator, Scalar, UnfitValue
from queries.usage.filters.text import read_quoted, read_word
from queries.usage.filters.tree import AllOf, AnyOf, Comparison, Filter, Not, comparisons, depth

MAX_LENGTH = 10_000
"""Characters of a filter's text."""
MAX_DEPTH = 20
"""How deep parts may stand in each other, those of segments included."""
MAX_COMPARISONS = 200
"""Comparisons, those of segments included."""

_Branch = Tree[Token]


def parse_filter(text: str, segments: Mapping[str, Filter] | None = None) -> Filter:
    """Read one filter; `segment NAME` in it stands for one of `segments`.

    Raises MalformedFilter, which says where and what was expected, UnknownField and UnknownSegment.
    """
    read = _Reader(segments or {}, text).read(_parse(text), 0)
    if depth(read) > MAX_DEPTH:  # which its segments make it
        raise _too_deep(text)
    if (count := sum(1 for _ in comparisons(read))) > MAX_COMPARISONS:
        raise MalformedFilter(f"It has {count} comparisons; the most is {MAX_COMPARISONS}.")
    return read


def segments_named(text: str) -> frozenset[str]:
    """The segments that a text names; raises MalformedFilter."""
    return frozenset(str(branch.children[0]) for branch in _parse(text).find_data("segment"))


def _parse(text: str) -> _Branch:
    if len(text) > MAX_LENGTH:
        raise MalformedFilter(f"It has {len(text):,} characters; the most is {MAX_LENGTH:,}.")
    try:
        return parser().parse(text)
    except UnexpectedInput as error:
        raise misfit(text, error) from None


class _Reader:
    """Makes the filter of what the parser found."""

    def __init__(self, segments: Mapping[str, Filter], text: str) -> None:
        self._text = text
        self._segments = segments

    def read(self, branch: _Branch, level: int) -> Filter:
        if level > MAX_DEPTH:
            raise _too_deep(self._text)
        match branch.data:
            case "any":
                return AnyOf(tuple(self.read(_branch(part), level + 1) for part in branch.children))
            case "all":
                return AllOf(tuple(self.read(_branch(part), level + 1) for part in branch.children))
            case "not":
                return Not(self.read(_branch(branch.children[0]), level + 1))
            case "segment":
                return self._segment(str(branch.children[0]))
        try:
            return _comparison(branch)
        except UnfitValue as error:
            raise MalformedFilter(str(error), self._text, branch.meta.start_pos) from None

    def _segment(self, name: str) -> Filter:
        if name not in self._segments:
            raise UnknownSegment(name, self._segments)
        return self._segments[name]


def _comparison(branch: _Branch) -> Comparison:
    """Of a comparison, a list or an exists; raises UnknownField and UnfitValue."""
    field, *rest = map(_branch, branch.children)
    name = _field(_token(field))
    if branch.data == "exists":
        return Comparison(name, "exists")
    operator: Operator = " ".join(map(str, rest[0].children)).lower()  # type: ignore[assignment]
    values = tuple(_value(_token(value), name) for value in rest[1:])
    return Comparison(name, operator, values if branch.data == "list" else values[0])


def _field(token: Token) -> str:
    return PROPERTY + read_quoted(token.removeprefix(PROPERTY)) if token.type == "PROPERTY" else str(token)


def _value(token: Token, field: str) -> Scalar:
    if token.type == "QUOTED":
        return read_quoted(token)
    return read_word(token, FIELDS[field].type if field in FIELDS else "any")


def _branch(child: _Branch | Token) -> _Branch:
    assert isinstance(child, Tree)
    return child


def _token(branch: _Branch) -> Token:
    child = branch.children[0]
    assert isinstance(child, Token)
    return child


def _too_deep(text: str) -> MalformedFilter:
    return MalformedFilter(f"Its parts stand in each other more than {MAX_DEPTH} deep.", text)
