"""Records as the collector makes them, told apart by a number."""

import time

from ingest.record import Record
from schemas.topics import USAGE
from schemas.usage import pack_received_at


def record(number: int, age_hours: float = 0, size: int = 0) -> Record:
    received_at = time.time_ns() // 1_000_000 - int(age_hours * 3_600_000)
    return Record(
        USAGE.name,
        number.to_bytes(16, "big"),
        f"telemetry {number} ".encode() + b"x" * size,
        [("tenant", b"acme"), ("received_at", pack_received_at(received_at))],
    )


def number_of(key: bytes) -> int:
    return int.from_bytes(key, "big")


def numbers(records: list[Record] | None) -> list[int]:
    return [number_of(one.key) for one in records or []]
