"""Conditions as SQL over the view `span_rows`: the text stands here, keys and values travel as parameters."""

from collections.abc import Sequence
from typing import Any

from queries.traces.conditions import Condition, Operator

STATUS_KEYS = ("http.response.status_code", "http.status_code")
"""The attributes that the column http_status holds."""

_STRING, _BOOL, _INT, _DOUBLE = 10, 16, 24, 33
"""Types of attributes, by the tag of an AnyValue."""
_SQL: dict[Operator, str] = {
    "=": "=", "!=": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=",
}  # fmt: skip


def matching(conditions: Sequence[Condition]) -> tuple[str, dict[str, Any]]:
    """Give the condition of a span for which all hold, and its parameters.

    A condition holds only of spans that have the attribute, and as the value's kind: a number is compared
    with integers and doubles, true and false with booleans, text with texts; `~` with whatever the
    attribute is.
    """
    clauses: list[str] = []
    parameters: dict[str, Any] = {}
    for number, condition in enumerate(conditions):
        clause, own = _one(condition, f"where{number}")
        clauses.append(f"({clause})")
        parameters |= own
    return " AND ".join(clauses) or "true", parameters


def _one(condition: Condition, name: str) -> tuple[str, dict[str, Any]]:
    operator, value = condition.operator, condition.value
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if number and not condition.of_resource and condition.key in STATUS_KEYS:
        clause = f"http_status != 0 AND http_status {_SQL[operator]} {{{name}_value:Float64}}"
        return clause, {f"{name}_value": value}
    kept = "resource" if condition.of_resource else "attributes"
    types = "resource_types" if condition.of_resource else "attribute_types"
    key = f"{{{name}:String}}"
    text = f"{kept}[{key}]"
    type_ = f"{types}[indexOf(mapKeys({kept}), {key})]"
    parameters: dict[str, Any] = {name: condition.key}
    if operator == "exists":
        return f"mapContains({kept}, {key})", parameters
    parameters[f"{name}_value"] = str(value).lower() if isinstance(value, bool) else value
    if operator == "~":
        return f"mapContains({kept}, {key}) AND position({text}, {{{name}_value:String}}) > 0", parameters
    if number:
        return _number(text, type_, operator, name, value), parameters
    wanted = _BOOL if isinstance(value, bool) else _STRING
    return f"{text} {_SQL[operator]} {{{name}_value:String}} AND {type_} = {wanted}", parameters


def _number(text: str, type_: str, operator: Operator, name: str, value: Any) -> str:
    """An integer is compared with integers as one, since doubles beyond 2^53 equal their neighbours."""
    sign = _SQL[operator]
    as_double = f"toFloat64OrZero({text}) {sign} {{{name}_value:Float64}}"
    if isinstance(value, int):
        as_integer = f"toInt64OrZero({text}) {sign} {{{name}_value:Int64}}"
        return f"({type_} = {_INT} AND {as_integer}) OR ({type_} = {_DOUBLE} AND {as_double})"
    return f"{type_} IN ({_INT}, {_DOUBLE}) AND {as_double}"
