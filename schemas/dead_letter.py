"""A dead letter: the raw bytes of a record that could not be stored, where it stood, and why.

It travels as a Kafka record of `sillage.dead`: the value is the original's, the key its coordinates (so the
same letter sent twice is one), the headers the original's and four of its own.
"""

import struct
from dataclasses import dataclass
from enum import StrEnum

Headers = list[tuple[str, bytes]]

_OWN = ("dead.topic", "dead.reason", "dead.detail", "dead.at")


class Reason(StrEnum):
    """Why a record is dead; the same word is the metric's label."""

    UNFRAMED = "unframed"
    """The value starts with no known framing."""
    HEADER_MISSING = "header_missing"
    """The tenant or the arrival stamp is absent or malformed."""
    STAMP_IMPLAUSIBLE = "stamp_implausible"
    """The arrival stamp lies after the broker's, or longer before it than anything may wait."""
    TRUNCATED = "truncated"
    """The batch ends before its first two fields do."""
    NOT_OTLP = "not_otlp"
    """A record of spans holds something else than whole resource_spans at its top level."""
    ENGINE_REFUSED = "engine_refused"
    """ClickHouse cannot parse it; the detail has its words."""


@dataclass(frozen=True)
class DeadLetter:
    """One record that could not be stored."""

    topic: str
    topic_id: bytes
    partition: int
    offset: int
    reason: Reason
    detail: str
    at: int
    value: bytes
    headers: Headers

    def key(self) -> bytes:
        """The coordinates: topic id (16 bytes), partition (4), offset (8), big-endian."""
        return self.topic_id + struct.pack(">iq", self.partition, self.offset)

    def to_headers(self) -> Headers:
        """The original's headers, then this letter's own."""
        own = (self.topic, self.reason, self.detail, str(self.at))
        return [*self.headers, *((name, text.encode()) for name, text in zip(_OWN, own, strict=True))]


def from_record(key: bytes, value: bytes, headers: Headers) -> DeadLetter:
    """Read a record of `sillage.dead` back; raises ValueError when it is none."""
    own = {name: text.decode() for name, text in headers if name in _OWN}
    if len(own) != len(_OWN) or len(key) != 28:
        raise ValueError("The record is no dead letter: its key or its headers are not of that form.")
    partition, offset = struct.unpack(">iq", key[16:])
    return DeadLetter(
        topic=own["dead.topic"],
        topic_id=key[:16],
        partition=partition,
        offset=offset,
        reason=Reason(own["dead.reason"]),
        detail=own["dead.detail"],
        at=int(own["dead.at"]),
        value=value,
        headers=[(name, text) for name, text in headers if name not in _OWN],
    )
