"""The usage batch: its schema, the encoder of the hot path, and how stored batches are put together.

A batch is encoded once, in the collector. The consumer never decodes it: it appends the encoded fields of
`usage_additions.avsc`, and the sum is a valid record of the stored schema.
"""

import json
import os
import struct
from collections.abc import Generator, Sequence
from importlib import resources
from typing import Any

import fastavro.schema

from schemas import avro_writer, varint
from schemas.body import Body, joined

Schema = dict[str, Any]


def _read(name: str) -> Schema:
    schema: Schema = json.loads(resources.files("schemas").joinpath(name).read_text())
    return schema


BATCH: Schema = _read("usage_batch.avsc")
ADDITIONS: Schema = _read("usage_additions.avsc")
_AGENT_FIELDS, _PLACE_FIELDS = slice(0, 6), slice(6, 10)
"""The additions that enrichment finds by user agent and by address; the others are the record's own."""
PIECE_BYTES = 128 << 10
"""About as much as goes through memory at once: whoever sends and receives megabytes in one piece copies them
through memory that is new and cold, which costs a microsecond an event."""
SEAL = 0x53494C4C414745
"""The last field of each stored record, which the landing view checks."""

COUNTRY_ONLY = "/country"
"""Behind client_ip: of the place, the consumer may find the country alone. No network has a slash."""

encode_batch = avro_writer.compile_encoder(BATCH)
encode_agent = avro_writer.compile_encoder(ADDITIONS | {"fields": ADDITIONS["fields"][_AGENT_FIELDS]})
encode_place = avro_writer.compile_encoder(ADDITIONS | {"fields": ADDITIONS["fields"][_PLACE_FIELDS]})


def fingerprint(schema: Schema) -> bytes:
    """CRC-64-AVRO of the parsing canonical form: 8 bytes, in the order of single-object encoding."""
    canonical = fastavro.schema.to_parsing_canonical_form(schema)
    return bytes.fromhex(fastavro.schema.fingerprint(canonical, "CRC-64-AVRO"))


def stored_schema(writer: Schema) -> Schema:
    """The schema of a batch written with `writer` and completed by the consumer."""
    return writer | {"fields": writer["fields"] + ADDITIONS["fields"]}


def columns(schema: Schema) -> list[str]:
    """The names that the fields of a stored schema have as ClickHouse columns: `sdk`, `events.at`."""
    found = []
    for field in schema["fields"]:
        match field["type"]:
            case {"type": "array", "items": {"type": "record", "fields": inner}}:
                found += [f"{field['name']}.{one['name']}" for one in inner]
            case _:
                found.append(field["name"])
    return found


def container_header(schema: Schema) -> bytes:
    """The head of an uncompressed Avro object container file, up to its sync marker.

    Source: https://avro.apache.org/docs/1.12.0/specification/#object-container-files
    """
    meta = {b"avro.schema": json.dumps(schema).encode(), b"avro.codec": b"null"}
    pairs = (varint.encode(len(part)) + part for pair in meta.items() for part in pair)
    return b"Obj\x01" + varint.encode(len(meta)) + b"".join(pairs) + b"\0"


def container(header: bytes, records: int, parts: Sequence[bytes | memoryview]) -> Body:
    """An Avro container file: the header of `container_header`, then the records in one block.

    `parts` are the records' bytes, in as many pieces as is convenient.
    """
    sync, size = os.urandom(16), sum(map(len, parts))
    head = header + sync + varint.encode(records) + varint.encode(size)

    def pieces() -> Generator[bytes, None, None]:
        yield head
        yield from joined(parts, len(parts) * PIECE_BYTES // max(size, 1) + 1)
        yield sync

    return Body(len(head) + size + len(sync), pieces())


def address_and_agent(batch: bytes, start: int) -> tuple[bytes, bytes]:
    """Give client_ip and user_agent, the first two fields of the batch that starts there, in UTF-8.

    Raises IndexError for a batch that ends before they do.
    """
    address_length, at = varint.decode(batch, start)
    address = batch[at : at + address_length]
    if address_length != len(address):  # negative, too: nothing may be read in front of it
        raise IndexError("the batch ends inside client_ip")
    length, at = varint.decode(batch, at + address_length)
    agent = batch[at : at + length]
    if length != len(agent) or not address.isascii():
        raise IndexError("the batch ends inside its first two fields")
    return address, agent


def batch_id(batch: bytes, start: int) -> bytes:
    """Give batch_id, the third field of the batch that starts there, in its 16 bytes.

    Raises IndexError for a batch that ends before it does.
    """
    at = start
    for _ in ("client_ip", "user_agent"):
        length, at = varint.decode(batch, at)
        at += max(0, length)
    found = batch[at : at + 16]
    if len(found) != 16:
        raise IndexError("the batch ends inside its first three fields")
    return found


pack_received_at = struct.Struct(">q").pack
"""The `received_at` header: Unix milliseconds, 8 bytes big-endian."""


_unpack_received_at = struct.Struct(">q").unpack


def unpack_received_at(header: bytes) -> int:
    """Read the `received_at` header; struct.error when it does not have 8 bytes."""
    value: int = _unpack_received_at(header)[0]
    return value
