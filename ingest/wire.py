"""The usage batch as clients send it: its shape and limits, decoded and validated by msgspec in one step.

Attributes carry the names of the Avro schema, so that the encoder reads them as they are; `rename` gives
the name on the wire.
"""

from typing import Annotated, Literal
from uuid import UUID

import msgspec
from msgspec import Meta, Struct, field

MAX_BODY_BYTES = 1_000_000
MAX_EVENTS = 500

Word = Annotated[str, Meta(max_length=200)]
Milliseconds = Annotated[int, Meta(ge=0, lt=10_000_000_000_000)]
PropertyValue = Annotated[str, Meta(max_length=1_024)] | float | bool
Properties = Annotated[dict[Word, PropertyValue], Meta(max_length=50)]


class Event(Struct):
    """One thing that happened, as the client saw it."""

    event_id: UUID = field(name="id")
    kind: Literal["view", "action", "error", "vital"]
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    at: Milliseconds
    page: Annotated[str, Meta(max_length=2_048)] = ""
    referrer: Annotated[str, Meta(max_length=2_048)] = ""
    session_id: Word = field(name="session", default="")
    user_id: Word = field(name="user", default="")
    trace_id: Annotated[str, Meta(pattern=r"^([0-9a-f]{32})?$(?!\n)")] = ""
    """Python's `$` also stands before a last line break, JSON Schema's does not."""
    properties: Properties = field(default_factory=dict)


class Context(Struct):
    """What is the same for all events of a delivery."""

    sdk: Word = ""
    release: Word = ""
    language: Word = ""
    screen: Word = ""
    timezone: Word = ""
    automated: bool = False


class Envelope(Struct):
    """A delivery with its events still raw: what the slow path reads when one of them is bad."""

    batch_id: UUID
    sent_at: Milliseconds = 0
    key: Word = ""
    context: Context = field(default_factory=Context)
    lost: Annotated[dict[Word, Annotated[int, Meta(ge=0, lt=1 << 53)]], Meta(max_length=50)] = field(
        default_factory=dict
    )
    events: list[msgspec.Raw] = field(default_factory=list)


class Batch(Envelope):
    """A whole delivery, every event valid."""

    events: list[Event] = field(default_factory=list)  # type: ignore[assignment]
