"""Whether readers of one Avro schema can read what writers of another wrote, by trying it."""

import io
import string
from typing import Any

import fastavro
from hypothesis import strategies as st

_TEXTS = st.text(string.printable, max_size=12)
_PLAIN: dict[str, st.SearchStrategy[Any]] = {
    "string": _TEXTS,
    "int": st.integers(-(1 << 31), (1 << 31) - 1),
    "long": st.integers(-(1 << 63), (1 << 63) - 1),
    "boolean": st.booleans(),
}


def values(kind: Any, named: dict[str, Any] | None = None) -> st.SearchStrategy[Any]:
    """Values of an Avro type, of those that Sillage's schemas use."""
    named = {} if named is None else named
    match kind:
        case str():
            return _PLAIN[kind] if kind in _PLAIN else values(named[kind], named)
        case {"type": "fixed", "name": name, "size": size}:
            named[name] = kind
            return st.binary(min_size=size, max_size=size)
        case {"type": "array", "items": items}:
            return st.lists(values(items, named), max_size=3)
        case {"type": "map", "values": inner}:
            return st.dictionaries(_TEXTS, values(inner, named), max_size=3)
        case {"type": "record", "fields": fields}:
            return st.fixed_dictionaries({field["name"]: values(field["type"], named) for field in fields})
        case {"type": inner}:
            return values(inner, named)
    raise TypeError(f"no values are known of {kind!r}")


def carried_over(writer: dict[str, Any], reader: dict[str, Any], content: dict[str, Any]) -> Any:
    """What a reader makes of a writer's content; raises what fastavro raises where it can make nothing."""
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(writer), content)
    out.seek(0)
    return fastavro.schemaless_reader(out, fastavro.parse_schema(writer), fastavro.parse_schema(reader))


def shared(content: Any, reader: dict[str, Any]) -> dict[str, Any]:
    """The content's fields that the reader knows, with its defaults for those that it lacks."""
    return {
        field["name"]: _of_kind(content[field["name"]], field["type"])
        if field["name"] in content
        else field["default"]
        for field in reader["fields"]
    }


def _of_kind(value: Any, kind: Any) -> Any:
    match kind:
        case {"type": "array", "items": {"type": "record"} as record}:
            return [shared(one, record) for one in value]
    return value
