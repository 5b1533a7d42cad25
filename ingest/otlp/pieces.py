"""A large OTLP request as several small ones: each span is in one of them, with its resource and its scope.

A piece is made of the request's own bytes, whatever they hold, and filled with spans in their order until the
next has no room: so a request that is sent again has the same pieces.
"""

from collections.abc import Iterator

from ingest.otlp.places import Place, Walk
from schemas.spans import varint

_RESOURCE_SPANS_TAG, _SCOPE_SPANS_TAG = b"\n", b"\x12"
_MOST_HEAD_BYTES = 6
"""Of a tag and a length."""


class _Piece:
    """A piece that is being filled."""

    def __init__(self) -> None:
        self.bytes = 0
        """As many as it has at most."""
        self._resources: list[tuple[bytes, list[tuple[bytes, list[bytes]]]]] = []
        self._last: Place | None = None

    def bytes_with(self, place: Place) -> int:
        """How many bytes it would have with one span more."""
        size = self.bytes + len(place.span)
        if self._last is None or place.resource is not self._last.resource:
            return size + len(place.resource) + len(place.scope) + 2 * _MOST_HEAD_BYTES
        if place.scope is not self._last.scope:
            return size + len(place.scope) + _MOST_HEAD_BYTES
        return size

    def add(self, place: Place) -> None:
        """Take a span, with its resource and scope where those are not the last one's."""
        self.bytes = self.bytes_with(place)
        if self._last is None or place.resource is not self._last.resource:
            self._resources.append((place.resource, [(place.scope, [place.span])]))
        elif place.scope is not self._last.scope:
            self._resources[-1][1].append((place.scope, [place.span]))
        else:
            self._resources[-1][1][-1][1].append(place.span)
        self._last = place

    def encoded(self) -> bytes:
        """The request."""
        return b"".join(
            _headed(
                _RESOURCE_SPANS_TAG,
                resource,
                *(_headed(_SCOPE_SPANS_TAG, scope, *spans) for scope, spans in scopes),
            )
            for resource, scopes in self._resources
        )

    def repeated_bytes(self, place: Place) -> int:
        """How much of a span's resource and scope stands here, and would stand in the next piece too."""
        if self._last is None or place.resource is not self._last.resource:
            return 0
        return len(place.resource) + (len(place.scope) if place.scope is self._last.scope else 0)


class Cutter:
    """Cuts requests into pieces of so many bytes at most."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self.too_large = 0
        """Spans that have no room in a piece beside their resource and scope."""

    def pieces(self, request: bytes) -> Iterator[bytes]:
        """Each an ExportTraceServiceRequest, one at a time; raises Malformed, TooManyParts.

        A resource and a scope that fill half of a piece are not repeated, or they would make many times of
        a request's bytes: what has no room beside them in the first is too large.
        """
        piece = _Piece()
        for place in Walk(request).places():
            if piece.bytes_with(place) > self._most_bytes:
                if not self._may_begin_with(place, piece):
                    self.too_large += 1
                    continue
                yield piece.encoded()
                piece = _Piece()
            piece.add(place)
        if piece.bytes:
            yield piece.encoded()

    def _may_begin_with(self, place: Place, before: _Piece) -> bool:
        return (
            _Piece().bytes_with(place) <= self._most_bytes
            and before.repeated_bytes(place) <= self._most_bytes // 2
        )


def _headed(tag: bytes, *content: bytes) -> bytes:
    inside = b"".join(content)
    return b"".join((tag, varint(len(inside)), inside))
