"""Compile an Avro record schema into one Python function that encodes an object's attributes.

fastavro walks the schema for each value; the function written here is the walk, unrolled once: what stands
between two loops goes out as one tuple. It remembers texts, most of which repeat within a batch. It knows the
types that Sillage's schemas use and refuses any other when it is compiled. The tests hold every byte of it
against fastavro.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Any

import msgspec

from schemas import varint

Encoder = Callable[[Any], bytes]
_Line = tuple[int, str]
"""How deep it stands, and a statement that ends with a colon or else an expression of bytes to be written."""

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

    Three logical types are Sillage's own. `json` reads a mapping from the attribute that has the field's name
    without `_json` and writes it as text, an empty one as an empty text. `of-first-event` reads the record's
    first event, not the record; with it `unless-first-events` writes an empty text where an event has the
    same, else its own behind a sign.
    """
    scope: dict[str, Any] = {
        "text": _Texts(),
        "varint": varint.encode,
        "low": varint.LOW,
        "high": varint.HIGH,
        "lengths": varint.LENGTHS,
        "json": msgspec.json.encode,
    }
    lines = [
        f"def encode(record, {', '.join(f'{name}={name}' for name in scope)}):",
        " out = []",
        " extend = out.extend",
        *_statements(_record("record", schema, 1)),
        ' return b"".join(out)',
    ]
    exec("\n".join(lines), scope)  # noqa: S102  the source is made of the schema alone, no input reaches it
    encoder: Encoder = scope["encode"]
    return encoder


def _statements(lines: Iterable[_Line]) -> Iterator[str]:
    """Statements as they are; what is to be written between two of them as one tuple."""
    for (depth, is_statement), group in groupby(lines, lambda line: (line[0], line[1].endswith(":"))):
        sources = [source for _, source in group]
        for source in sources if is_statement else [f"extend(({', '.join(sources)},))"]:
            yield " " * depth + source


def _record(name: str, schema: dict[str, Any], depth: int) -> Iterator[_Line]:
    for field in schema["fields"]:
        yield from _value(f"{name}.{field['name']}", field["type"], depth)


def _value(value: str, kind: Any, depth: int) -> Iterator[_Line]:
    match kind:
        case "string":
            yield depth, f"text[{value}]"
        case "int":
            yield depth, f"varint({value})"
        case "long":
            yield depth, _long(value)
        case "boolean":
            yield depth, rf'b"\1" if {value} else b"\0"'
        case {"type": "fixed", "size": 16} | "Uuid":
            yield depth, f"{value}.int.to_bytes(16)"
        case {"type": "map", "values": inner}:
            yield from _block(value, f"key{depth}, item{depth}", f"{value}.items()", depth)
            yield from _value(f"key{depth}", "string", depth + 2)
            yield from _value(f"item{depth}", inner, depth + 2)
            yield depth, r'b"\0"'
        case {"type": "array", "items": inner}:
            yield from _block(value, f"item{depth}", value, depth)
            yield from _value(f"item{depth}", inner, depth + 2)
            yield depth, r'b"\0"'
        case {"logicalType": logical}:
            yield depth, _logical(value, logical)
        case {"type": "record"}:
            yield from _record(value, kind, depth)
        case _:
            raise TypeError(f"The compiled encoder does not know the Avro type {kind!r}.")


def _long(value: str) -> str:
    """`varint.encode` without the call for the clocks and offsets that have more than one chunk."""
    zigzag = f"(zigzag := {value} << 1)"
    parts = f"low[{zigzag} & {varint.MASK}] + high[zigzag >> {varint.CHUNK}]"
    return f"{parts} if {value} > {varint.MASK >> 1} else varint({value})"


def _logical(value: str, kind: str) -> str:
    name = value.rpartition(".")[2]
    match kind:
        case "of-first-event":
            return f'text[(first_{name} := record.events[0].{name} if record.events else "")]'
        case "unless-first-events":
            return rf'b"\0" if {value} == first_{name} else text["=" + {value}]'
        case "json":
            mapping = value.removesuffix("_json")
            text = f'json(mapping) if (mapping := {mapping}) else b""'
            return f"lengths[len(json_text := {text})], json_text"
        case _:
            raise TypeError(f"The compiled encoder does not know the logical type {kind!r}.")


def _block(value: str, names: str, items: str, depth: int) -> Iterator[_Line]:
    """A non-empty map or array is one block: its count, its items; the caller adds the closing zero."""
    yield depth, f"if {value}:"
    yield depth + 1, f"varint(len({value}))"
    yield depth + 1, f"for {names} in {items}:"
