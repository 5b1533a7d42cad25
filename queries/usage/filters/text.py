"""Text, numbers, true and false as a filter writes them."""

import json
import re

from queries.usage.filters.operators import Scalar, UnfitValue

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)
_WORD = re.compile(r"[\w./:+-]+")
_TRUTHS = {"true": True, "false": False}


def read_word(word: str, type_: str) -> Scalar:
    """A word without quotes: text of a text field, but elsewhere a number, true or false if it looks so."""
    if type_ == "text":
        return word
    if _NUMBER.fullmatch(word):
        return float(word)
    return _TRUTHS.get(word.lower(), word)


def read_quoted(quoted: str) -> str:
    """Text in quotes of either kind, with JSON's escapes and the quotes'; raises UnfitValue."""
    inner = re.sub(r"""\\'|"|\\.""", _as_json, quoted[1:-1], flags=re.DOTALL)
    try:
        text = json.loads(f'"{inner}"', strict=False)
    except ValueError:
        raise UnfitValue(
            f"{quoted} has an escape that JSON does not know; a backslash itself is written twice."
        ) from None
    return str(text)


def write_scalar(value: Scalar) -> str:
    """What is read as this value of a property."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return str(value).lower() if isinstance(value, bool) else repr(value).removesuffix(".0")


def write_name(name: str) -> str:
    """A property's name: in quotes unless it is a word."""
    return name if _WORD.fullmatch(name) else write_scalar(name)


def _as_json(found: re.Match[str]) -> str:
    return {"\\'": "'", '"': '\\"'}.get(found[0], found[0])
