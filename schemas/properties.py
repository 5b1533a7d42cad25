"""An event's properties as two texts, which an engine stores as they come and splits when somebody asks.

The first is the names and, as a last word, a letter for the type of each: `s` string, `n` number, `b`
boolean. The second is the values in that order. The byte FF, which no UTF-8 text holds, stands between words.
"""

from collections.abc import Mapping

SPLIT = b"\xff"
_LETTERS = {str: "s", float: "n", bool: "b"}
_BOOLEANS = {True: b"true", False: b"false"}
_REMEMBERED = 1 << 12


class _Names(dict[tuple[tuple[str, ...], tuple[type, ...]], bytes]):
    """The first text by names and types, of which an application has few; of too many all is forgotten."""

    def __missing__(self, key: tuple[tuple[str, ...], tuple[type, ...]]) -> bytes:
        names, types = key
        text = SPLIT.join([*map(str.encode, names), "".join(map(_LETTERS.__getitem__, types)).encode()])
        if len(self) >= _REMEMBERED:
            self.clear()
        self[key] = text
        return text


_names = _Names()


def pack(properties: Mapping[str, str | float | bool]) -> tuple[bytes, bytes]:
    """Give both texts; both are empty where there are no properties."""
    if not properties:
        return b"", b""
    values = properties.values()
    return (
        _names[tuple(properties), tuple(map(type, values))],
        SPLIT.join([
            value.encode() if value.__class__ is str
            else _BOOLEANS[value] if value.__class__ is bool
            else repr(value).encode()
            for value in values
        ]),
    )  # fmt: skip
