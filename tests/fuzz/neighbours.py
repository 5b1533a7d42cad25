"""Two valid events that stand beside whatever a client sends, and what must be kept of them."""

import re
import uuid
from typing import Any

from ingest.registry import Tenant
from runtime.pseudonyms import pseudonym

FIRST, LAST = uuid.UUID(int=1), uuid.UUID(int=2)
TRACE = "a" * 32
NEIGHBOURS: tuple[dict[str, Any], dict[str, Any]] = (
    {
        "id": str(FIRST), "kind": "view", "name": "page", "at": 1, "page": "/invoices/42",
        "referrer": "https://search.example/find", "session": "session-7", "user": "u-17",
        "trace_id": TRACE, "properties": {"plan": "pro", "seats": 12, "trial": False},
    },
    {
        "id": str(LAST), "kind": "error", "name": "to ada@example.eu", "at": 2,
        "page": "https://ada:pw@app.example/u/ada%40example.eu?q=ada&utm_source=x#ada",
        "referrer": "https://ada@search.example/find?q=ada", "session": "session-7", "user": "u-17",
        "properties": {"note": "from ada@example.eu", "userEmail": "ada@example.eu", "seats": 0.5},
    },
)  # fmt: skip
_KEPT: tuple[dict[str, Any], dict[str, Any]] = (
    {
        "event_id": FIRST.bytes, "kind": "view", "name": "page", "at": 1, "page": "/invoices/42",
        "referrer": "https://search.example/find",
        "properties": {"plan": "pro", "seats": 12.0, "trial": False},
    },
    {
        "event_id": LAST.bytes, "kind": "error", "name": "to [email]", "at": 2,
        "page": "https://app.example/u/[email]?utm_source=x",
        "referrer": "https://search.example/find",
        "properties": {"note": "from [email]", "seats": 0.5},
    },
)  # fmt: skip
_DAILY = re.compile("[0-9a-f]{32}")


def check_neighbour(which: int, found: dict[str, Any], tenant: Tenant, objects: bool) -> None:
    """Hold one of them, as it stands in the record, against what the reference says of it."""
    is_exempt = tenant.mode == "exempt"
    expected = _KEPT[which] | {
        "user_id": "" if objects or is_exempt else pseudonym(tenant.pseudonym_key, "u-17"),
        "trace_id": "" if objects or is_exempt or which else TRACE,
    }
    if is_exempt:
        expected["referrer"] = "https://search.example"
    session = found.pop("session_id")
    assert found == expected, "a neighbour has changed"
    if objects:
        assert session == ""
    elif is_exempt:
        assert _DAILY.fullmatch(session)
    else:
        assert session == "session-7"
