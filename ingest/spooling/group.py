"""A group: records that were written to the spool together, compressed as one and held by one checksum."""

import struct
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from ingest.record import Record
from runtime.zstd import zstd
from schemas.usage import unpack_received_at

MOST_RECORDS = 256
"""So many are published at once; the event loop does nothing else meanwhile."""
_LEVEL = 1
_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(list[tuple[str, bytes, bytes, list[tuple[str, Any]]]]).decode


class DamagedGroup(Exception):
    """What is on the disk is not what was written there."""


@dataclass(frozen=True)
class Packed:
    """A group as it is stored."""

    oldest_received_at: int
    """Unix milliseconds."""
    count: int
    content: bytes
    checksum: int


@dataclass(frozen=True)
class Group:
    """A group as it is read; `records` is None when it is damaged."""

    number: int
    count: int
    records: list[Record] | None


def pack(records: Sequence[Record]) -> Packed:
    """Put records into a group."""
    oldest = min(map(_received_at, records))
    content = zstd.compress(_encode(records), _LEVEL)
    return Packed(oldest, len(records), content, _checksum(oldest, len(records), content))


def unpack(packed: Packed) -> list[Record]:
    """The records of a group, in their order; raises DamagedGroup."""
    if packed.checksum != _checksum(packed.oldest_received_at, packed.count, packed.content):
        raise DamagedGroup("its checksum is another")
    try:
        return list(map(Record._make, _decode(zstd.decompress(packed.content))))
    except (zstd.ZstdError, msgspec.MsgspecError) as error:
        raise DamagedGroup(str(error)) from error


def _checksum(oldest: int, count: int, content: bytes) -> int:
    return zlib.crc32(content, zlib.crc32(struct.pack(">qq", oldest, count)))


def _received_at(record: Record) -> int:
    """The arrival stamp; of a record that has none, such as a schema, the time of now."""
    stamp = dict(record.headers).get("received_at")
    return unpack_received_at(stamp) if isinstance(stamp, bytes) else time.time_ns() // 1_000_000
