"""Whether a filter holds of an event, said in the plainest way."""

from typing import Any

from queries.usage.fields import PROPERTY
from queries.usage.filters.tree import AllOf, AnyOf, Comparison, Filter, Not
from tests.queries.usage.filters.generated import Event


def holds(filter_: Filter, event: Event) -> bool:
    if isinstance(filter_, AllOf):
        return all(holds(one, event) for one in filter_.filters)
    if isinstance(filter_, AnyOf):
        return any(holds(one, event) for one in filter_.filters)
    if isinstance(filter_, Not):
        return not holds(filter_.filter, event)
    return _compare(filter_, event)


def _compare(comparison: Comparison, event: Event) -> bool:
    name = comparison.field
    if name.startswith(PROPERTY) and name not in event:
        return False
    if comparison.operator == "exists":
        return True
    has = event.get(name, "")
    alike = [value for value in comparison.values() if type(value) is type(has)]
    return bool(alike) and _OPERATORS[comparison.operator](has, alike)


_OPERATORS: dict[str, Any] = {
    "=": lambda has, values: has == values[0],
    "!=": lambda has, values: has != values[0],
    "<": lambda has, values: has < values[0],
    "<=": lambda has, values: has <= values[0],
    ">": lambda has, values: has > values[0],
    ">=": lambda has, values: has >= values[0],
    "in": lambda has, values: has in values,
    "not in": lambda has, values: has not in values,
    "contains": lambda has, values: values[0] in has,
    "not contains": lambda has, values: values[0] not in has,
    "starts with": lambda has, values: has.startswith(values[0]),
}
