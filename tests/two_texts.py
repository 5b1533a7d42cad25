"""How versions before 0011-properties-are-json wrote an event's properties, in Kafka and in ClickHouse."""

from collections.abc import Mapping

_LETTERS = {str: "s", float: "n", bool: "b"}


def two_texts(properties: Mapping[str, str | float | bool]) -> tuple[bytes, bytes]:
    """The names with their types, and the values; the byte FF stands between words."""
    if not properties:
        return b"", b""
    names = [*properties, "".join(_LETTERS[type(value)] for value in properties.values())]
    values = [
        str(value).lower() if isinstance(value, bool) else value if isinstance(value, str) else repr(value)
        for value in properties.values()
    ]
    return b"\xff".join(map(str.encode, names)), b"\xff".join(map(str.encode, values))
