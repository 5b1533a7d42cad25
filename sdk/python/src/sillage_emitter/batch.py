"""Events that travel together."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import NamedTuple

from sillage_emitter.event import to_json

MAX_EVENTS = 500
MAX_BODY_BYTES = 1_000_000
ENVELOPE_BYTES = 8_192
"""Kept free in each body for what surrounds the events; every text in there is bounded."""
MAX_EVENT_BYTES = MAX_BODY_BYTES - ENVELOPE_BYTES


class Captured(NamedTuple):
    """An event's JSON, and when it was captured, on the clock of `time.monotonic()`."""

    at: float
    json: bytes


@dataclass(frozen=True)
class Batch:
    """Its id, events and losses stay the same through retries, so that the server stores it once."""

    id: str
    events: list[Captured]
    lost: dict[str, int]

    @property
    def newest(self) -> float:
        """When its last event was captured, on the clock of `time.monotonic()`."""
        return self.events[-1].at

    def body(self, context: dict[str, str]) -> bytes:
        """The request's body for an attempt that is made now."""
        sent_at = time.time_ns() // 1_000_000
        envelope = to_json({"batch_id": self.id, "sent_at": sent_at, "context": context, "lost": self.lost})
        return (
            envelope[:-1].encode() + b',"events":[' + b",".join(event.json for event in self.events) + b"]}"
        )
