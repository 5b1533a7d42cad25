"""Everything the collector refuses: one enum for whole deliveries, one for single events, one for
spans.

Each reason is counted under its name, told to the client under its name, and documented under its name in
`docs/reference/refusals.md` (a test holds that list). No message repeats what the client sent.
"""

import re
from enum import Enum, StrEnum
from http import HTTPStatus

import msgspec

RETRY_AFTER_SECONDS = 5
"""When a client that was put off should come again, unless something better is known."""


class Refusal(Enum):
    """Why a delivery is refused whole: the HTTP status, what is wrong, and what to do about it."""

    NOT_FOUND = (
        404,
        "There is nothing at this address.",
        "Send usage batches to POST /v1/events, traces to POST /v1/traces.",
    )
    METHOD_NOT_ALLOWED = (
        405,
        "This address does not take this method.",
        "Use the method in the Allow header.",
    )
    UNSUPPORTED_MEDIA_TYPE = (
        415,
        "The body is neither application/json nor text/plain.",
        "Send JSON under one of these two types.",
    )
    UNSUPPORTED_TRACES_TYPE = (
        415,
        "The body is neither application/x-protobuf nor application/json.",
        "Export with OTLP over HTTP, in one of these two types.",
    )
    UNSUPPORTED_ENCODING = (
        415,
        "The body is compressed in a way that is not taken.",
        "Send it as it is, or with Content-Encoding gzip, deflate or zstd.",
    )
    ENCODING_BROKEN = (
        400,
        "The body is not what its Content-Encoding says.",
        "Compress the whole body once, or send it as it is.",
    )
    MALFORMED_REQUEST = (400, "This is no HTTP/1.1 request.", "Use an HTTP client, and check what it sends.")
    HEAD_TOO_LARGE = (
        431,
        "The request line and headers have more than 16,384 bytes.",
        "Send fewer or shorter headers.",
    )
    REQUEST_TOO_SLOW = (408, "The request did not come in time.", "Send it again, on a better connection.")
    BODY_TOO_LARGE = (
        413,
        "The body is larger than it may be: 1,000,000 bytes, traces 20 MiB if nothing else is set.",
        "Send fewer events or spans at once; an exporter's OTEL_BSP_MAX_EXPORT_BATCH_SIZE says how many.",
    )
    NOT_JSON = (400, "The body is not valid JSON in UTF-8.", "Send one JSON object in UTF-8.")
    TOO_DEEP = (
        400,
        "The body is nested too deeply.",
        "Send a batch as documented: nothing in it nests deeply.",
    )
    NOT_OTLP = (
        400,
        "The body is no ExportTraceServiceRequest of OTLP.",
        "Export traces with OTLP over HTTP, as Content-Type says; attributes may nest 30 deep.",
    )
    FOREIGN_FIELDS = (
        400,
        "The body holds something else than resource_spans at its top level.",
        "Send an ExportTraceServiceRequest of resource_spans alone.",
    )
    BATCH_INVALID = (400, "The batch does not have the documented form.", "Check the fields beside `events`.")
    NO_EVENTS = (400, "The batch holds no event.", "Send at least one event, or report losses in `lost`.")
    TOO_MANY_EVENTS = (400, "The batch holds more than 500 events.", "Split it.")
    ALL_EVENTS_REFUSED = (
        400,
        "Every event of the batch is refused.",
        "See `refused` for each event's reason.",
    )
    KEY_MISSING = (401, "The batch names no key.", "Put your write key into `key`, or send a Bearer token.")
    SECRET_KEY_MISSING = (
        401,
        "The request carries no key.",
        "Send your secret key, sk_…, in Authorization: Bearer or in x-sillage-key.",
    )
    KEY_PUBLIC = (
        403,
        "This key is a public one, and traces need a secret one.",
        "Send your secret key, sk_…, and keep it out of pages.",
    )
    KEY_UNKNOWN = (401, "The key is unknown or revoked.", "Copy the key anew from your tenant's settings.")
    ORIGIN_FORBIDDEN = (
        403,
        "This page's origin may not use this key.",
        "Add the origin to the tenant's `origins`.",
    )
    ADDRESS_TOO_FAST = (
        429,
        "Too many requests come from this address.",
        "Wait for as long as Retry-After says; send more in fewer requests.",
    )
    TENANT_TOO_FAST = (
        429,
        "Too many requests come with this tenant's keys.",
        "Wait for as long as Retry-After says; send more in fewer requests.",
    )
    TOO_MANY_CONNECTIONS = (
        503,
        "There are too many connections.",
        "Close those that are idle, or come again later.",
    )
    BUSY = (
        503,
        "The collector has as many requests in hand as it can hold.",
        "Send the same batch again later.",
    )
    FAILED = (500, "The collector has met an error of its own.", "Report it; the log has the details.")
    NOT_STORED = (503, "Kafka did not take the batch in time.", "Send the same batch again later.")
    SPOOL_FULL = (
        503,
        "Kafka is away, and the collector's spool is full or cannot be written.",
        "Send the same batch again later.",
    )
    NOT_READY = (
        503,
        "No batch can be taken: no Kafka broker answers, and the spool is full or there is none.",
        "Look at Kafka; the collector finds it again by itself.",
    )

    def __init__(self, status: int, message: str, remedy: str) -> None:
        self.status = HTTPStatus(status)
        self.message = message
        self.remedy = remedy

    @property
    def is_passing(self) -> bool:
        """Whether the same request may be taken later."""
        return self.status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)

    @property
    def code(self) -> str:
        """The reason's name as it travels: in the answer, the metric and the reference."""
        return self.name.lower()


class RefuseRequest(Exception):
    """Refuse the whole delivery; raised anywhere on its way, answered in one place."""

    def __init__(self, refusal: Refusal, retry_after: int = RETRY_AFTER_SECONDS) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal
        self.retry_after = retry_after
        """Seconds, told to the client where the refusal is a passing one."""


class EventRefusal(StrEnum):
    """Why one event of a delivery is refused while its neighbours are taken."""

    EVENT_INVALID = "event_invalid"
    ID_MISSING = "id_missing"
    ID_INVALID = "id_invalid"
    KIND_MISSING = "kind_missing"
    KIND_INVALID = "kind_invalid"
    NAME_MISSING = "name_missing"
    NAME_INVALID = "name_invalid"
    NAME_TOO_LONG = "name_too_long"
    AT_MISSING = "at_missing"
    AT_INVALID = "at_invalid"
    PAGE_INVALID = "page_invalid"
    PAGE_TOO_LONG = "page_too_long"
    REFERRER_INVALID = "referrer_invalid"
    REFERRER_TOO_LONG = "referrer_too_long"
    SESSION_INVALID = "session_invalid"
    SESSION_TOO_LONG = "session_too_long"
    USER_INVALID = "user_invalid"
    USER_TOO_LONG = "user_too_long"
    TRACE_ID_INVALID = "trace_id_invalid"
    PROPERTIES_INVALID = "properties_invalid"
    PROPERTIES_TOO_LONG = "properties_too_long"

    @property
    def message(self) -> str:
        """A sentence for the developer who reads the answer."""
        field, _, fault = self.value.rpartition("_")
        if self is EventRefusal.PROPERTIES_TOO_LONG:
            return "An event has at most 50 properties; keys have 200 characters at most, values 1,024."
        if fault == "long":
            return f"`{field.removesuffix('_too')}` is longer than documented."
        if fault == "missing":
            return f"`{field}` is required."
        return (
            "The event is no JSON object."
            if field == "event"
            else f"`{field}` is not of the documented form."
        )


class SpanRefusal(StrEnum):
    """Why one span of a request is refused while its neighbours are taken."""

    TRACE_ID_INVALID = "trace_id_invalid"
    SPAN_ID_INVALID = "span_id_invalid"
    PARENT_SPAN_ID_INVALID = "parent_span_id_invalid"
    SPAN_TOO_LARGE = "span_too_large"

    @property
    def message(self) -> str:
        """A sentence for the developer who reads the exporter's log."""
        return _OF_SPANS[self]


_OF_SPANS = {
    SpanRefusal.TRACE_ID_INVALID: "A trace id has 16 bytes, and not all are zero.",
    SpanRefusal.SPAN_ID_INVALID: "A span id has 8 bytes, and not all are zero.",
    SpanRefusal.PARENT_SPAN_ID_INVALID: "A parent's span id has 8 bytes, or none.",
    SpanRefusal.SPAN_TOO_LARGE: "With its resource and scope, a span has 990,000 bytes at most.",
}


_AT_FIELD = re.compile(r"`\$\.(\w+)")
_MISSING = re.compile(r"missing required field `(\w+)`")


def event_refusal(error: msgspec.MsgspecError) -> EventRefusal:
    """Name what msgspec found wrong with one event."""
    text = str(error)
    if missing := _MISSING.search(text):
        return EventRefusal(f"{missing[1]}_missing")
    if not (where := _AT_FIELD.search(text)):
        return EventRefusal.EVENT_INVALID
    fault = "too_long" if "of length <=" in text else "invalid"
    return EventRefusal(f"{where[1]}_{fault}")
