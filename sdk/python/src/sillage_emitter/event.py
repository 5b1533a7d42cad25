"""One event as `POST /v1/events` takes it: JSON, made at capture, never refused."""

from __future__ import annotations

import json
import time
import uuid

from sillage_emitter.complaints import Complaints
from sillage_emitter.identifiers import trace_id, uuid7
from sillage_emitter.properties import MAX_NAME, clean_properties
from sillage_emitter.texts import clip

KINDS = frozenset({"view", "action", "error", "vital"})
MAX_PAGE = 2_048

to_json = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, check_circular=False, separators=(",", ":")
).encode


class InvalidEvent(ValueError):
    """Drop the event: it has no name, or a kind that is none."""


def encode_event(
    name: object,
    properties: object,
    complaints: Complaints,
    *,
    kind: object = "action",
    user: object = None,
    session: object = None,
    trace: object = None,
    page: object = None,
) -> bytes:
    """Give the event's JSON, every text within its limit; what has no form on the wire is left out.

    Raises InvalidEvent.
    """
    if not isinstance(name, str) or not name:
        raise InvalidEvent("its name is no text, or empty")
    if not isinstance(kind, str) or kind not in KINDS:
        raise InvalidEvent("its kind is none of " + ", ".join(sorted(KINDS)))
    now = time.time_ns() // 1_000_000
    event: dict[str, object] = {"id": uuid7(now), "kind": kind, "name": clip(name, MAX_NAME), "at": now}
    if user is not None and (text := _identifier("user", user, complaints)):
        event["user"] = text
    if session is not None and (text := _identifier("session", session, complaints)):
        event["session"] = text
    if trace and (text := _trace_id(trace, complaints)):
        event["trace_id"] = text
    if isinstance(page, str) and page:
        event["page"] = clip(page, MAX_PAGE)
    if properties is not None and (kept := clean_properties(properties, complaints)):
        event["properties"] = kept
    return to_json(event).encode()


def _identifier(field: str, given: object, complaints: Complaints) -> str:
    if isinstance(given, str):
        return clip(given, MAX_NAME)
    if isinstance(given, (int, uuid.UUID)) and not isinstance(given, bool):
        return str(given)[:MAX_NAME]
    complaints.error(field, "`%s` is left out: a %s is no id.", field, type(given).__name__)
    return ""


def _trace_id(given: object, complaints: Complaints) -> str:
    text = trace_id(given)
    if not text:
        complaints.error("trace_id", "`trace_id` is left out: it has not 32 hex digits, or only zeros.")
    return text
