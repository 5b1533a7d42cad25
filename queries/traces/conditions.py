"""Conditions on attributes as people write them: `http.status_code >= 500`, `db.system = "mysql"`."""

import re
from dataclasses import dataclass
from typing import Literal

Operator = Literal["=", "!=", "<", "<=", ">", ">=", "~", "exists"]
Value = str | bool | int | float | None

_CONDITION = re.compile(
    r"""\s*
    (?: "(?P<quoted>(?:[^"\\]|\\.)*)" | (?P<key>[^\s=!<>~"']+) )
    \s*
    (?: (?P<exists>(?<=\s)exists|(?<=")exists) \s*\Z | (?P<operator>[!<>]=|[=<>~]) \s* (?P<value>.*?) \s*\Z )
    """,
    re.VERBOSE | re.DOTALL,
)
_QUOTED = re.compile(r""" "((?:[^"\\]|\\.)*)" | '((?:[^'\\]|\\.)*)' """, re.VERBOSE | re.DOTALL)
_INTEGER = re.compile(r"[+-]?[0-9]+", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)
_INT64 = range(-(2**63), 2**63)
_RESOURCE = "resource."


class MalformedCondition(ValueError):
    """What was written is no condition; the message says what is wrong with it."""


@dataclass(frozen=True)
class Condition:
    """That the attribute `key` of a span, or of its resource, stands so to the value; `exists` has none."""

    key: str
    operator: Operator
    value: Value = None
    of_resource: bool = False


def parse_condition(text: str) -> Condition:
    """Read one condition; raises MalformedCondition.

    A key that is not in quotes and begins with `resource.` is one of the resource. A value is a number,
    `true` or `false`, or text; in quotes it is text whatever it is. `~` looks for a part of a text.
    """
    if any("\ud800" <= character <= "\udfff" for character in text):
        raise MalformedCondition(f"{text!r} is not UTF-8.")
    found = _CONDITION.match(text)
    if not found:
        raise MalformedCondition(
            f"{text!r} is no condition: write KEY OPERATOR VALUE, with = != < <= > >= or ~, or KEY exists."
        )
    key, of_resource = _key(found["quoted"], found["key"])
    if not key:
        raise MalformedCondition(f"{text!r} names no attribute.")
    if found["exists"]:
        return Condition(key, "exists", of_resource=of_resource)
    operator: Operator = found["operator"]  # type: ignore[assignment]
    value = _text(found["value"]) if operator == "~" else _value(found["value"])
    if isinstance(value, bool) and operator not in ("=", "!="):
        raise MalformedCondition(f"{text!r}: true and false know = and != only; put text in quotes.")
    return Condition(key, operator, value, of_resource)


def write_condition(condition: Condition) -> str:
    """The text that is read as this condition."""
    prefix, key = (_RESOURCE, condition.key) if condition.of_resource else ("", _quote(condition.key))
    if condition.operator == "exists":
        return f"{prefix}{key} exists"
    value = condition.value
    if isinstance(value, bool):
        written = str(value).lower()
    else:
        written = _quote(value) if isinstance(value, str) else repr(value)
    return f"{prefix}{key} {condition.operator} {written}"


def _key(quoted: str | None, bare: str | None) -> tuple[str, bool]:
    if quoted is not None:
        return _unquote(quoted), False
    key = bare or ""
    return (key.removeprefix(_RESOURCE), True) if key.startswith(_RESOURCE) else (key, False)


def _text(written: str) -> str:
    """A text with or without quotes."""
    if quoted := _QUOTED.fullmatch(written):
        return _unquote(quoted[1] if quoted[1] is not None else quoted[2])
    if not written:
        raise MalformedCondition('The value is missing; an empty text is written "".')
    if written[0] in "\"'":
        raise MalformedCondition(f"The quotes of {written} are not closed, or something follows them.")
    return written


def _value(written: str) -> str | bool | int | float:
    if written in ("true", "false"):
        return written == "true"
    if _INTEGER.fullmatch(written) and len(written) <= len(str(_INT64.start)) and int(written) in _INT64:
        return int(written)
    if _DECIMAL.fullmatch(written):
        return float(written)
    return _text(written)


def _unquote(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)


def _quote(text: str) -> str:
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'
