"""The usage batch: its schema, the encoder of the hot path, and how stored batches are put together.

A batch is encoded once, in the collector. The consumer never decodes it: it appends the encoded fields of
`usage_additions.avsc`, and the sum is a valid record of the stored schema.
"""

import json
import struct
from importlib import resources
from typing import Any

import fastavro.schema

from schemas import avro_writer, varint

Schema = dict[str, Any]


def _read(name: str) -> Schema:
    schema: Schema = json.loads(resources.files("schemas").joinpath(name).read_text())
    return schema


BATCH: Schema = _read("usage_batch.avsc")
ADDITIONS: Schema = _read("usage_additions.avsc")
ENRICHMENT_FIELDS = 10
"""How many of the additions, from the first, are found by enrichment; the others are the record's own."""
SEAL = 0x53494C4C414745
"""The last field of each stored record, which the landing view checks."""

encode_batch = avro_writer.compile_encoder(BATCH)
encode_enrichment = avro_writer.compile_encoder(
    ADDITIONS | {"fields": ADDITIONS["fields"][:ENRICHMENT_FIELDS]}
)


def fingerprint(schema: Schema) -> bytes:
    """CRC-64-AVRO of the parsing canonical form: 8 bytes, in the order of single-object encoding."""
    canonical = fastavro.schema.to_parsing_canonical_form(schema)
    return bytes.fromhex(fastavro.schema.fingerprint(canonical, "CRC-64-AVRO"))


def stored_schema(writer: Schema) -> Schema:
    """The schema of a batch written with `writer` and completed by the consumer."""
    return writer | {"fields": writer["fields"] + ADDITIONS["fields"]}


def container_header(schema: Schema) -> bytes:
    """The head of an uncompressed Avro object container file, up to its sync marker.

    Source: https://avro.apache.org/docs/1.12.0/specification/#object-container-files
    """
    meta = {b"avro.schema": json.dumps(schema).encode(), b"avro.codec": b"null"}
    pairs = (varint.encode(len(part)) + part for pair in meta.items() for part in pair)
    return b"Obj\x01" + varint.encode(len(meta)) + b"".join(pairs) + b"\0"


def enrichment_key_end(batch: bytes, start: int) -> int:
    """Position behind client_ip and user_agent, the first two fields: their bytes key the enrichment cache.

    Raises IndexError for a batch that ends before.
    """
    at = start
    for _ in ("client_ip", "user_agent"):
        length, at = varint.decode(batch, at)
        if not 0 <= length <= len(batch) - at:
            raise IndexError("the batch ends inside its first two fields")
        at += length
    return at


def read_enrichment_key(key: bytes) -> tuple[str, str]:
    """Decode client_ip and user_agent from the bytes that `enrichment_key_end` delimits."""
    length, at = varint.decode(key, 0)
    _, agent = varint.decode(key, at + length)
    return key[at : at + length].decode(), key[agent:].decode()


pack_received_at = struct.Struct(">q").pack
"""The `received_at` header: Unix milliseconds, 8 bytes big-endian."""


def unpack_received_at(header: bytes) -> int:
    """Read the `received_at` header; struct.error when it does not have 8 bytes."""
    (value,) = struct.unpack(">q", header)
    return int(value)
