"""What travels, as JSON Schema: from the structs that decode and encode it, with what types do not say."""

import msgspec

from ingest.answers import ErrorAnswer, EventsAnswer, NothingTaken
from ingest.openapi.headers import Json
from ingest.otlp.answers import ExportAnswer, Status
from ingest.otlp.json_shape import RequestJson
from ingest.wire import MAX_EVENTS, Batch

FIELDS: dict[str, dict[str, str]] = {
    "Batch": {
        "batch_id": "Made once and kept through every retry: a batch that comes twice is stored once.",
        "sent_at": "The client's clock at this attempt, in Unix milliseconds; 0 or absent: not known.",
        "key": "The tenant's public write key; a Bearer token stands in its place.",
        "context": "What is the same for all events.",
        "lost": "How many events the client had to drop, by reason.",
        "events": "What happened. Each is judged by itself: see the answer's `refused`.",
    },
    "Context": {
        "sdk": "Name and version of what sends.",
        "release": "Version of the product.",
        "language": "BCP 47 tag of the user's language.",
        "screen": "Width and height, such as 1440x900.",
        "timezone": "IANA name of the user's time zone.",
        "automated": "Whether a program drives the browser.",
    },
    "Event": {
        "id": "Made at capture, version 7 preferred.",
        "kind": "What sort of thing it is.",
        "name": "What happened.",
        "at": "When, by the client's clock, in Unix milliseconds.",
        "page": "Path or URL; what may be known of it is kept, the rest dropped before it is stored.",
        "referrer": "Where the user came from.",
        "session": "The visit; it must not name a person.",
        "user": "The user's id; stored as a keyed HMAC, never as it came.",
        "trace_id": "The W3C trace that it belongs to, or empty.",
        "properties": "What else is known of it, by name.",
    },
}
"""What each field of a batch means."""


def schemas() -> Json:
    """For `components/schemas`."""
    _, found = msgspec.json.schema_components(
        (Batch, EventsAnswer, ErrorAnswer, NothingTaken, RequestJson, ExportAnswer, Status),
        ref_template="#/components/schemas/{name}",
    )
    for struct, meanings in FIELDS.items():
        for field, meaning in meanings.items():
            found[struct]["properties"][field]["description"] = meaning
    # What ingest/reading.py asks of a batch beside its fields.
    found["Batch"]["properties"]["events"]["maxItems"] = MAX_EVENTS
    found["Batch"]["anyOf"] = [
        {"required": ["events"], "properties": {"events": {"minItems": 1}}},
        {"required": ["lost"], "properties": {"lost": {"minProperties": 1}}},
    ]
    return found
