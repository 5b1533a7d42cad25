"""A filter as a tree: comparisons of fields, joined by all of, any of and not."""

from collections.abc import Iterator
from dataclasses import dataclass

from queries.usage.fields import PROPERTY
from queries.usage.filters.operators import Operator, Scalar, Value, check


@dataclass(frozen=True)
class Comparison:
    """That a field stands so to a value: one, a tuple of them for `in` and `not in`, None for `exists`.

    The field is one of FIELDS, or `property.` and any name. A property is compared as what the value is: the
    comparison holds only of events that have it, and as that type, so that a text never equals a number. That
    goes for `!=`, `not in` and `not contains` too: where the property is missing they do not hold, but a Not
    around the opposite does. Numbers are doubles. Raises UnknownField and UnfitValue.
    """

    field: str
    operator: Operator
    value: Value = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", check(self.field, self.operator, self.value))

    def values(self) -> tuple[Scalar, ...]:
        """What it is compared with, as a tuple whatever the operator."""
        if isinstance(self.value, tuple):
            return self.value
        return () if self.value is None else (self.value,)


@dataclass(frozen=True)
class AllOf:
    """That each of two or more filters holds."""

    filters: tuple["Filter", ...]

    def __post_init__(self) -> None:
        _check_count(self.filters)


@dataclass(frozen=True)
class AnyOf:
    """That one of two or more filters holds."""

    filters: tuple["Filter", ...]

    def __post_init__(self) -> None:
        _check_count(self.filters)


@dataclass(frozen=True)
class Not:
    """That a filter does not hold."""

    filter: "Filter"


Filter = Comparison | AllOf | AnyOf | Not


def comparisons(filter_: Filter) -> Iterator[Comparison]:
    """Each comparison, in the order of the text."""
    match filter_:
        case Comparison():
            yield filter_
        case Not(inner):
            yield from comparisons(inner)
        case AllOf(inners) | AnyOf(inners):
            for inner in inners:
                yield from comparisons(inner)


def depth(filter_: Filter) -> int:
    """How deep its parts stand in each other; 0 for a comparison."""
    match filter_:
        case Comparison():
            return 0
        case Not(inner):
            return 1 + depth(inner)
        case AllOf(inners) | AnyOf(inners):
            return 1 + max(map(depth, inners))


def fields_of(filter_: Filter) -> frozenset[str]:
    """The names of the fields that it asks for, properties as `property.NAME`."""
    return frozenset(one.field for one in comparisons(filter_))


def asks_properties(filter_: Filter) -> bool:
    """Whether it asks for any property, which a rollup may not have."""
    return any(name.startswith(PROPERTY) for name in fields_of(filter_))


def _check_count(filters: tuple[Filter, ...]) -> None:
    if len(filters) < 2:
        raise ValueError(f"{len(filters)} filters cannot be joined: it takes two.")
