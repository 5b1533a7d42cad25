"""Where spans stand in the bytes of an OTLP request: each in its scope, and that in its resource."""

from collections.abc import Iterator
from typing import NamedTuple

from ingest.otlp.fields import LENGTH_DELIMITED, Field, fields

_HELD = 2
"""The number of ResourceSpans.scope_spans, and of ScopeSpans.spans."""
MOST_PARTS = 1_000_000
"""Each is walked past twice: so many half a million spans have."""


class TooManyParts(Exception):
    """A request of more spans, scopes and resources than anybody sends: to walk it would take too long."""


class Place(NamedTuple):
    """A span, and what it stands in: the fields that are theirs of its ResourceSpans and its ScopeSpans.

    Spans of one scope have the same object: by that they are known to stand together.
    """

    resource: bytes
    scope: bytes
    span: bytes


class Walk:
    """One walk through a request, from span to span."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._parts = 0

    def places(self) -> Iterator[Place]:
        """Every span in its order; raises Malformed or TooManyParts, once it comes there."""
        for resource_spans in self._counted(fields(self._request, 0, len(self._request))):
            resource = self._own(resource_spans)
            for scope_spans in self._held(resource_spans):
                scope = self._own(scope_spans)
                for span in self._held(scope_spans):
                    yield Place(resource, scope, self._request[span.start : span.end])

    def _own(self, holder: Field) -> bytes:
        """Of ResourceSpans all but its scopes, of ScopeSpans all but its spans."""
        own, at = [], holder.content
        for held in self._held(holder):
            if held.start > at:
                own.append(self._request[at : held.start])
            at = held.end
        own.append(self._request[at : holder.end])
        return b"".join(own)

    def _held(self, holder: Field) -> Iterator[Field]:
        """Of ResourceSpans its scopes, of ScopeSpans its spans."""
        for part in self._counted(fields(self._request, holder.content, holder.end)):
            if part.number == _HELD and part.wire_type == LENGTH_DELIMITED:
                yield part

    def _counted(self, parts: Iterator[Field]) -> Iterator[Field]:
        for part in parts:
            self._parts += 1
            if self._parts > MOST_PARTS:
                raise TooManyParts
            yield part
