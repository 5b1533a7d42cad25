"""How a record's value names its writer schema: two framings behind one interface.

Single-object encoding (the default) carries the schema's CRC-64-AVRO fingerprint; Confluent's wire format
carries a registry's id. Both are a short prefix, so the payload is passed on as it is.
Sources: https://avro.apache.org/docs/1.12.0/specification/#single-object-encoding and
https://docs.confluent.io/platform/current/schema-registry/fundamentals/serdes-develop/index.html#wire-format
"""

import struct
from dataclasses import dataclass
from typing import Protocol


class UnframedRecord(ValueError):
    """The value begins with no framing that Sillage knows."""


class Framing(Protocol):
    """Puts a payload behind the prefix that names its writer schema."""

    def frame(self, payload: bytes) -> bytes:
        """Give the record's value."""
        ...


@dataclass(frozen=True)
class SingleObject:
    """C3 01, the 8-byte fingerprint, the payload."""

    fingerprint: bytes

    def frame(self, payload: bytes) -> bytes:
        """Give the record's value."""
        return b"\xc3\x01" + self.fingerprint + payload


@dataclass(frozen=True)
class Confluent:
    """00, the registry's schema id in 4 bytes big-endian, the payload."""

    schema_id: int

    def frame(self, payload: bytes) -> bytes:
        """Give the record's value."""
        return b"\0" + struct.pack(">I", self.schema_id) + payload


def registry_id(schema_key: bytes) -> int | None:
    """The id that a key of Confluent's framing has in the registry; None for a key of the other framing."""
    if schema_key[:1] != b"\0":
        return None
    found: int = struct.unpack(">I", schema_key[1:])[0]
    return found


def read_prefix(value: bytes) -> tuple[bytes, int]:
    """Give the key of a value's writer schema, and where its payload starts; raises UnframedRecord."""
    if value.startswith(b"\xc3\x01") and len(value) >= 10:
        return value[:10], 10
    if value.startswith(b"\0") and len(value) >= 5:
        return value[:5], 5
    raise UnframedRecord(f"The value of {len(value)} bytes starts with neither C3 01 nor 00.")
