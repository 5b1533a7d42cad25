"""Which operator goes with which field and value: the rules that each comparison keeps."""

import math
from typing import Literal, get_args

from queries.usage.fields import FIELDS, property_named

Operator = Literal[
    "=", "!=", "<", "<=", ">", ">=", "in", "not in", "contains", "not contains", "starts with", "exists"
]
Scalar = str | bool | float
Value = Scalar | tuple[Scalar, ...] | None

OPERATORS: tuple[Operator, ...] = get_args(Operator)
ORDERS = ("<", "<=", ">", ">=")
LISTS = ("in", "not in")
PARTS = ("contains", "not contains", "starts with")


class UnfitValue(ValueError):
    """A field, an operator and a value that do not go together; the message says what would."""


def check(field: str, operator: str, value: Value) -> Value:
    """Give the value as it is compared, numbers as doubles; raises UnknownField and UnfitValue."""
    of_property = property_named(field) is not None
    _check_utf8(field)
    if operator not in OPERATORS:
        raise UnfitValue(f"{operator!r} is none of: {', '.join(OPERATORS)}.")
    if operator == "exists":
        _check_exists(field, value, of_property)
        return None
    if (operator in LISTS) is not isinstance(value, tuple) or value in (None, ()):
        wanted = 'a list of values: ("FR", "DE")' if operator in LISTS else "one value"
        raise UnfitValue(f"{operator} takes {wanted}.")
    values = tuple(map(_scalar, value)) if isinstance(value, tuple) else (_scalar(value),)
    if operator in PARTS and not all(isinstance(one, str) for one in values):
        raise UnfitValue(f"{operator} takes text: put the value in quotes.")
    if of_property:
        _check_order(operator, values)
    else:
        _check_field(field, operator, values)
    return values if operator in LISTS else values[0]


def _check_exists(field: str, value: Value, of_property: bool) -> None:
    if not of_property:
        raise UnfitValue(f'Only properties may be missing; every event has {field}: compare it with "".')
    if value is not None:
        raise UnfitValue("exists takes no value.")


def _check_order(operator: str, values: tuple[Scalar, ...]) -> None:
    if operator in ORDERS and not all(isinstance(one, float) for one in values):
        raise UnfitValue(f"{operator} takes a number.")


def _check_field(field: str, operator: str, values: tuple[Scalar, ...]) -> None:
    if operator in ORDERS:
        raise UnfitValue(f"{operator} compares numbers, which only properties are; {field} is none.")
    if FIELDS[field].type == "boolean":
        if operator not in ("=", "!=") or not all(isinstance(one, bool) for one in values):
            raise UnfitValue(f"{field} is compared by = or != with true or false, without quotes.")
    elif not all(isinstance(one, str) for one in values):
        raise UnfitValue(f"{field} is compared with text.")


def _scalar(value: object) -> Scalar:
    if isinstance(value, str):
        _check_utf8(value)
        return str(value)
    if isinstance(value, bool):
        return value
    if isinstance(value, (int, float)):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if math.isfinite(number):
            return number
        raise UnfitValue("A number is finite and fits a double, at most about 1.8e308.")
    raise UnfitValue(f"{value!r} is neither text nor a number, nor true or false.")


def _check_utf8(text: str) -> None:
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise UnfitValue(f"{text!r} is not UTF-8.")
