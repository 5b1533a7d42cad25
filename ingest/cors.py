"""Which pages may read an answer: those of the tenants' origins, named exactly, and no others."""

import functools
from http import HTTPStatus

from ingest.answers import Answer
from ingest.registry import Registry
from ingest.request import Headers

PREFLIGHT = Answer(
    HTTPStatus.NO_CONTENT,
    headers=[
        ("access-control-allow-methods", "POST"),
        ("access-control-allow-headers", "content-type, content-encoding, authorization, x-sillage-key"),
        ("access-control-max-age", "86400"),
    ],
)
READABLE_BY_ALL = b"access-control-allow-origin: *\r\n"
"""A page of a foreign origin may read that it is refused, and so stop trying."""


def readable(headers: Headers, tenants: Registry) -> bytes:
    """The header lines that let the page that sent the request read the answer, if it may."""
    origin = headers.get(b"origin")
    if not origin or not tenants.allows(origin.decode("latin-1")):
        return b""
    return _lines(origin)


@functools.lru_cache
def _lines(origin: bytes) -> bytes:
    return (
        b"access-control-allow-origin: %s\r\naccess-control-expose-headers: retry-after\r\nvary: origin\r\n"
        % origin
    )
