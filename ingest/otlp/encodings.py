"""The two encodings of OTLP/HTTP; an answer has the one that its request has.

Source: https://opentelemetry.io/docs/specs/otlp/#otlphttp
"""

from enum import Enum

from ingest.request import Headers


class Encoding(Enum):
    """By its content type."""

    PROTOBUF = "application/x-protobuf"
    JSON = "application/json"


_BY_TYPE = {encoding.value.encode(): encoding for encoding in Encoding}


def encoding_of(headers: Headers) -> Encoding | None:
    """The request's encoding; None where its type is neither of the two."""
    content_type = headers.get(b"content-type", b"")
    return _BY_TYPE.get(content_type) or _BY_TYPE.get(content_type.partition(b";")[0].strip().lower())
