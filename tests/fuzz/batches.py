"""Batches for the target `deliveries`: each maker gives a body, and whether both neighbours must be taken."""

import json
from typing import Any

from ingest.wire import MAX_EVENTS
from tests.fuzz.choices import Choices
from tests.fuzz.neighbours import FIRST, NEIGHBOURS
from tests.fuzz.secrets import PLANTS, with_email

Made = tuple[bytes, bool]
EVENT_ID = "01900000-0000-7000-8000-0000000000aa"
FIELDS = ("name", "page", "referrer", "session", "user", "trace_id", "kind", "at", "id", "properties", "more")
DEEP = 64
"""A value that nests deeper may take its whole batch with it, by name."""


def batch(choices: Choices, key: str) -> Made:
    """A body under this key. What costs the engine a hundred times as much is rare."""
    make = choices.of(_OFTEN) if choices.byte() < 240 else _many
    return make(choices, key)


def _beside_neighbours(choices: Choices, key: str) -> Made:
    """Any bytes in an event's place."""
    raw = choices.piece()
    return _around(raw, key), _is_json(raw)


def _planted(choices: Choices, key: str) -> Made:
    return _around(_planted_event(choices), key), True


def _planted_alone(choices: Choices, key: str) -> Made:
    """Nothing but its own secrets tells that there is something to be minimised."""
    return _of(_planted_event(choices), key), False


def _planted_event(choices: Choices) -> bytes:
    """An event of any fields, with secrets in those that are minimised."""
    event: dict[str, Any] = {"id": EVENT_ID, "kind": "view", "name": "n", "at": 1}
    for _ in range(choices.byte() % 8):
        field = choices.of(FIELDS)
        event[field] = _field(choices, field)
    return _dumped(event, choices)


def _field(choices: Choices, field: str) -> Any:
    match field:
        case "page" | "referrer":
            return choices.of(PLANTS)(choices)
        case "name":
            return with_email(choices)
        case "properties":
            return {
                choices.of((_text, with_email))(choices): choices.of((_text, with_email, _scalar))(choices)
                for _ in range(choices.byte() % 60)
            }
        case _:
            return choices.of((_text, _scalar))(choices)


def _text(choices: Choices) -> str:
    return choices.text() * choices.of((1, 1, 1, 60))


def _scalar(choices: Choices) -> Any:
    return choices.of((True, None, 0, -1, 1.5, 10**13, 1e300, [], {}, "a" * 32, EVENT_ID, "a" * 2_049))


def _any_envelope(choices: Choices, key: str) -> Made:
    """Any members beside the events."""
    return _around(b"1", key, b"," + choices.piece()), False


def _any_body(choices: Choices, _key: str) -> Made:
    return choices.piece(), False


def _alone(choices: Choices, key: str) -> Made:
    """One event that has nothing to be minimised, or anything, or none."""
    plain = json.dumps({"id": EVENT_ID, "kind": "view", "name": "n", "at": 1, "user": "u"}).encode()
    events = choices.of((plain, b"")) or choices.piece()
    return _of(events, key, choices.of((b"{}", b'{"quota":1}'))), False


def _of(events: bytes, key: str, lost: bytes = b"{}") -> bytes:
    whole = b'{"batch_id":"%s","lost":%s,"key":"%s","events":[%s]}'
    return whole % (EVENT_ID.encode(), lost, key.encode(), events)


def _many(choices: Choices, key: str) -> Made:
    """As many events as a batch may have, some fewer, some more."""
    number = MAX_EVENTS - 2 + choices.of((0, -MAX_EVENTS + 2, 1, 2))
    return _around(b",".join([choices.of((b"1", b"{}"))] * number) if number else b"1", key), number < 499


def _around(raw: bytes, key: str, more: bytes = b"") -> bytes:
    first, last = (json.dumps(one).encode() for one in NEIGHBOURS)
    head = json.dumps({"key": key, "batch_id": str(FIRST), "lost": {"quota": 3}}).encode()[:-1]
    return b'%s%s,"events":[%s,%s,%s]}' % (head, more, first, raw, last)


def _dumped(event: dict[str, Any], choices: Choices) -> bytes:
    """The event as JSON, its signs as they are or escaped, as clients may choose."""
    written = json.dumps(event, ensure_ascii=choices.yes())
    for sign in choices.of(("", "@", "@%", "?#", "@%?#")):
        written = written.replace(sign, f"\\u{ord(sign):04x}")
    return written.encode("utf-8", "replace")


def _is_json(raw: bytes) -> bool:
    """Whether the bytes are one JSON value by RFC 8259, and no deep one."""
    if raw.count(b"[") + raw.count(b"{") > DEEP:
        return False
    try:
        json.loads(raw.decode(), parse_constant=_refuse)
    except ValueError:
        return False
    return True


def _refuse(constant: str) -> None:
    raise ValueError(constant)


_OFTEN = (_beside_neighbours, _planted, _planted_alone, _any_envelope, _alone, _any_body)
