"""Batches and traces as a client may send them."""

from uuid import UUID

import msgspec

from ingest.openapi.headers import Json
from ingest.wire import Batch, Context, Event

_MORNING = 1_790_000_000_000


def _event(number: int, name: str) -> Event:
    return Event(
        event_id=UUID(f"01998d2a-6f00-7000-8000-0000000000a{number}"),
        kind="action",
        name=name,
        at=_MORNING + number,
        page="/invoices/42",
        session_id="5d0f1c9a",
        user_id="u-17",
        trace_id="4bf92f3577b34da6a3ce929d0e0e4736",
        properties={"plan": "pro", "seats": 12, "trial": False},
    )


_FROM_A_PAGE = Batch(
    batch_id=UUID("01998d2a-6f00-7000-8000-000000000001"),
    sent_at=_MORNING + 100,
    key="pk_demo",
    context=Context("js/0.1.0", "2026.11.2", "fr-FR", "1440x900", "Europe/Paris"),
    lost={"queue_full": 3},
    events=[_event(1, "invoice.opened"), _event(2, "invoice.sent")],
)
_FROM_A_BACK_END = Batch(
    batch_id=UUID("01998d2a-6f00-7000-8000-000000000002"), events=[_event(3, "invoice.paid")]
)
_LOSSES_ALONE = Batch(
    batch_id=UUID("01998d2a-6f00-7000-8000-000000000003"), key="pk_demo", lost={"expired": 12}
)

EXAMPLES: Json = {
    "page": {"summary": "From a page, with its public key", "value": msgspec.to_builtins(_FROM_A_PAGE)},
    "back_end": {
        "summary": "From a back end, whose secret key is the Bearer token",
        "value": msgspec.to_builtins(_FROM_A_BACK_END),
    },
    "losses": {
        "summary": "Only a report of what was lost",
        "value": msgspec.to_builtins(_LOSSES_ALONE),
    },
}

_SPAN: Json = {
    "traceId": "4bf92f3577b34da6a3ce929d0e0e4736",
    "spanId": "00f067aa0ba902b7",
    "name": "GET /invoices/{id}",
    "kind": 2,
    "startTimeUnixNano": "1790000000000000000",
    "endTimeUnixNano": "1790000000005000000",
    "attributes": [{"key": "http.response.status_code", "value": {"intValue": "200"}}],
}
SPANS_EXAMPLE: Json = {
    "summary": "One span, in OTLP's JSON",
    "value": {
        "resourceSpans": [
            {
                "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "billing"}}]},
                "scopeSpans": [{"spans": [_SPAN]}],
            }
        ]
    },
}
