"""Compile an Avro record schema into one Python function that encodes an object's attributes.

fastavro walks the schema for each value; the function written here is the walk, unrolled once, and it
remembers texts: within a batch most of them repeat. It knows the types that Sillage's schemas use and refuses
any other when it is compiled. The tests hold every byte of it against fastavro.
"""

from collections.abc import Callable, Iterator
from typing import Any

from schemas import properties, varint

Encoder = Callable[[Any], bytes]

_REMEMBERED_TEXTS = 1 << 14
_REMEMBERED_BYTES = 256


class _Texts(dict[str, bytes]):
    """Encoded texts, length first. What is short is remembered; when there is too much, all is forgotten."""

    def __missing__(self, text: str) -> bytes:
        raw = text.encode()
        encoded = varint.encode(len(raw)) + raw
        if len(raw) <= _REMEMBERED_BYTES:
            if len(self) >= _REMEMBERED_TEXTS:
                self.clear()
            self[text] = encoded
        return encoded


def compile_encoder(schema: dict[str, Any]) -> Encoder:
    """Make the encoder of a record schema.

    It takes an object with one attribute a field (a mapping for `map`, a sequence of such objects for an
    array of records, `uuid.UUID` for a fixed of 16 bytes) and gives the schemaless Avro bytes. Attributes
    are trusted to have the schema's types: whoever fills them has validated them.

    Three logical types are Sillage's own. `properties` takes a mapping and writes the two texts of
    `schemas.properties`. `of-first-event` reads the record's first event, not the record; with it
    `unless-first-events` writes an empty text where an event has the same, else its own behind a sign.
    """
    lines = [
        "def encode(record, text=text, varint=varint, properties=properties):",
        " out = []",
        " add = out.append",
        *_record("record", schema, 1),
        ' return b"".join(out)',
    ]
    scope: dict[str, Any] = {"varint": varint.encode, "properties": _properties, "text": _Texts()}
    exec("\n".join(lines), scope)  # noqa: S102  the source is made of the schema alone, no input reaches it
    encoder: Encoder = scope["encode"]
    return encoder


def _record(name: str, schema: dict[str, Any], depth: int) -> Iterator[str]:
    for field in schema["fields"]:
        yield from _value(f"{name}.{field['name']}", field["type"], depth)


def _value(value: str, kind: Any, depth: int) -> Iterator[str]:
    pad = " " * depth
    match kind:
        case "string":
            yield f"{pad}add(text[{value}])"
        case "long" | "int":
            yield f"{pad}add(varint({value}))"
        case "boolean":
            yield f'{pad}add(b"\\1" if {value} else b"\\0")'
        case {"type": "fixed", "size": 16} | "Uuid":
            yield f'{pad}add({value}.int.to_bytes(16, "big"))'
        case {"type": "map", "values": inner}:
            yield from _block(value, f"key{depth}, item{depth}", f"{value}.items()", depth)
            yield from _value(f"key{depth}", "string", depth + 2)
            yield from _value(f"item{depth}", inner, depth + 2)
            yield f'{pad}add(b"\\0")'
        case {"type": "array", "items": inner}:
            yield from _block(value, f"item{depth}", value, depth)
            yield from _value(f"item{depth}", inner, depth + 2)
            yield f'{pad}add(b"\\0")'
        case {"logicalType": logical}:
            yield from _logical(value, logical, pad)
        case {"type": "record"}:
            yield from _record(value, kind, depth)
        case _:
            raise TypeError(f"The compiled encoder does not know the Avro type {kind!r}.")


def _logical(value: str, kind: str, pad: str) -> Iterator[str]:
    name = value.rpartition(".")[2]
    match kind:
        case "of-first-event":
            yield f'{pad}first_{name} = record.events[0].{name} if record.events else ""'
            yield f"{pad}add(text[first_{name}])"
        case "unless-first-events":
            yield f'{pad}add(b"\\0" if {value} == first_{name} else text["=" + {value}])'
        case "properties":
            yield f"{pad}add(properties({value}))"
        case _:
            raise TypeError(f"The compiled encoder does not know the logical type {kind!r}.")


def _block(value: str, names: str, items: str, depth: int) -> Iterator[str]:
    """A non-empty map or array is one block: its count, its items; the caller adds the closing zero."""
    pad = " " * depth
    yield f"{pad}if {value}:"
    yield f"{pad} add(varint(len({value})))"
    yield f"{pad} for {names} in {items}:"


def _properties(mapping: dict[str, str | float | bool]) -> bytes:
    names, values = properties.pack(mapping)
    return b"".join((varint.encode(len(names)), names, varint.encode(len(values)), values))
