"""The events that are sent: all of an event's content follows from its number, and SQL can check that.

An event's id carries its number in its last 60 bits, a batch's id the batch's: event n is in batch n / 20.
"""

import io
import json
import time
import uuid

import fastavro

from bench.traffic import EVENTS_A_BATCH, TENANT
from schemas.framing import read_prefix
from schemas.usage import BATCH as BATCH_SCHEMA

_EVENT_BITS, _BATCH_BITS = 0x0190_0000_0000_7000, 0x0190_0000_0001_7000
_VARIANT = 1 << 63
NUMBER_BITS = (1 << 60) - 1
"""The part of an id that is a number."""
USERS = 500
_PARSED = fastavro.parse_schema(BATCH_SCHEMA)


def _uuid(high: int, number: int) -> uuid.UUID:
    return uuid.UUID(int=high << 64 | _VARIANT | number)


def event_id(number: int) -> uuid.UUID:
    """The id of the event of this number."""
    return _uuid(_EVENT_BITS, number)


def batch_id(number: int) -> uuid.UUID:
    """The id of the batch of this number."""
    return _uuid(_BATCH_BITS, number)


def batch_number(identity: bytes) -> int:
    """The number of the batch with this id."""
    return int.from_bytes(identity, "big") & NUMBER_BITS


def batch_of(value: bytes) -> int:
    """The number of the batch in a record."""
    _, start = read_prefix(value)
    record = fastavro.schemaless_reader(io.BytesIO(value[start:]), _PARSED, None)
    assert isinstance(record, dict)
    return batch_number(record["batch_id"])


def user_of(batch: int) -> int:
    """The number of the user who did all of a batch."""
    return batch % USERS


def user_id(user: int) -> str:
    """As the customer knows the user of this number."""
    return f"u-{user}"


def body(batch: int) -> bytes:
    """A batch as an SDK sends it."""
    now = time.time_ns() // 1_000_000
    first = batch * EVENTS_A_BATCH
    events = [
        {
            "id": str(event_id(number)), "kind": "action", "name": f"act.{number % 97}", "at": now,
            "page": f"/page/{number % 1009}", "referrer": f"r{number}", "session": f"s-{batch}",
            "user": user_id(user_of(batch)),
            "properties": {
                "number": float(number), "text": event_id(number).hex, "even": number % 2 == 0,
                "filler": "x" * 200,
            },
        }
        for number in range(first, first + EVENTS_A_BATCH)
    ]  # fmt: skip
    whole = {"key": f"pk_{TENANT}", "batch_id": str(batch_id(batch)), "sent_at": now, "events": events}
    return json.dumps(whole, separators=(",", ":")).encode()


NUMBER = f"bitAnd(reinterpretAsUInt64(reverse(substring(event_id, 9, 8))), {NUMBER_BITS})"
"""SQL: an event's number."""
BATCH = f"intDiv({NUMBER}, {EVENTS_A_BATCH})"
"""SQL: the number of the batch that the event was sent in."""
USER = f"({BATCH} % {USERS})"
"""SQL: the number of the user who did it."""
SOUND = f"""(
    hex(event_id) = upper(concat('{_EVENT_BITS:016x}', lower(hex(toUInt64({_VARIANT}) + {NUMBER}))))
    AND bitAnd(reinterpretAsUInt64(reverse(substring(batch_id, 9, 8))), {NUMBER_BITS}) = {BATCH}
    AND tenant = '{TENANT}' AND kind = 'action' AND retention_days = 90
    AND name = concat('act.', toString({NUMBER} % 97))
    AND page = concat('/page/', toString({NUMBER} % 1009))
    AND referrer = concat('r', toString({NUMBER}))
    AND session_id = concat('s-', toString({BATCH}))
    AND length(user_id) = 32
    AND properties_json = concat(
        '{{"number":', toString({NUMBER}), '.0,"text":"', lower(hex(event_id)),
        '","even":', if({NUMBER} % 2 = 0, 'true', 'false'), ',"filler":"', repeat('x', 200), '"}}'
    )
)"""
"""SQL: whether the row is what was sent."""
