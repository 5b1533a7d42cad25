"""From filter to text, the one that is read as the same filter."""

from queries.usage.fields import PROPERTY, property_named
from queries.usage.filters.text import write_name, write_scalar
from queries.usage.filters.tree import AllOf, AnyOf, Comparison, Filter, Not


def write_filter(filter_: Filter) -> str:
    """The text of a filter; text values stand in quotes, and segments as what they stand for."""
    match filter_:
        case Comparison():
            return _comparison(filter_)
        case Not(inner):
            return f"not {_inside(inner)}"
        case AllOf(inners):
            return " and ".join(map(_inside, inners))
        case AnyOf(inners):
            return " or ".join(map(_inside_any, inners))


def _inside_any(filter_: Filter) -> str:
    """And binds closer than or."""
    return write_filter(filter_) if isinstance(filter_, AllOf) else _inside(filter_)


def _inside(filter_: Filter) -> str:
    written = write_filter(filter_)
    return f"({written})" if isinstance(filter_, (AllOf, AnyOf)) else written


def _comparison(comparison: Comparison) -> str:
    name = property_named(comparison.field)
    field = comparison.field if name is None else PROPERTY + write_name(name)
    if comparison.operator == "exists":
        return f"{field} exists"
    values = ", ".join(map(write_scalar, comparison.values()))
    listed = isinstance(comparison.value, tuple)
    return f"{field} {comparison.operator} {f'({values})' if listed else values}"
