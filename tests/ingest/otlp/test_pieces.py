"""A request in pieces is the same request: each span once, in its order, with its resource and scope."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans

from ingest.otlp.fields import Malformed, fields
from ingest.otlp.pieces import Cutter
from schemas.spans import is_resource_spans_alone, varint
from tests.ingest.otlp.requests import request, text

UNKNOWN = st.sampled_from(
    [
        b"",
        b"\xa2\x3e\x05other",  # of a field 1000, as earlier versions of OTLP had one
        b"\xf8\x3e\x96\x01",
        b"\xfd\x3e\x01\x02\x03\x04",
        b"\xf9\x3e\x01\x02\x03\x04\x05\x06\x07\x08",
        b"\xfb\x3e\x0b\x08\x01\x12\x01x\x0d\x01\x02\x03\x04\x0c\xfc\x3e",  # groups
    ]
)
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
SPANS = st.builds(
    lambda name, size: request(name=name, attributes=[text("a", "x" * size)]), NAMES, st.integers(0, 300)
).map(lambda made: made.resource_spans[0].scope_spans[0].spans[0])


@st.composite
def scopes(draw: st.DrawFn) -> bytes:
    """ScopeSpans with what no parser knows, and its spans between its own fields."""
    own = ScopeSpans(schema_url=draw(NAMES))
    if draw(st.booleans()):
        own.scope.name = draw(NAMES)
    spans = ScopeSpans(spans=draw(st.lists(SPANS, max_size=6))).SerializeToString()
    return b"".join(draw(st.permutations([own.SerializeToString(), spans, draw(UNKNOWN)])))


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    out = b""
    for _ in range(draw(st.integers(0, 4))):
        own = ResourceSpans(schema_url=draw(NAMES))
        own.resource.attributes.append(text("service.name", draw(NAMES)))
        held = [b"\x12" + varint(len(scope)) + scope for scope in draw(st.lists(scopes(), max_size=4))]
        inside = b"".join(draw(st.permutations([own.SerializeToString(), *held, draw(UNKNOWN)])))
        out += b"\n" + varint(len(inside)) + inside
    return out


def spans_of(*values: bytes) -> list[tuple[bytes, ...]]:
    """Every span with all that it stands in, whatever that is."""
    found: list[tuple[bytes, ...]] = []
    for value in values:
        for resource_spans in ExportTraceServiceRequest.FromString(value).resource_spans:
            resource = ResourceSpans.FromString(resource_spans.SerializeToString())
            del resource.scope_spans[:]
            for scope_spans in resource_spans.scope_spans:
                scope = ScopeSpans.FromString(scope_spans.SerializeToString())
                del scope.spans[:]
                heads = resource.SerializeToString(), scope.SerializeToString()
                found += [(*heads, span.SerializeToString()) for span in scope_spans.spans]
    return found


@given(whole=requests(), most=st.integers(500, 5_000))
def test_pieces_together_are_the_request(whole: bytes, most: int) -> None:
    cutter = Cutter(most)
    pieces = list(cutter.pieces(whole))
    assert all(len(piece) <= most and is_resource_spans_alone(piece) for piece in pieces)
    there, wanted = spans_of(*pieces), spans_of(whole)
    assert len(there) == len(wanted) - cutter.too_large
    assert there == (wanted if not cutter.too_large else [one for one in wanted if one in there])
    assert cutter.too_large == 0 or most < 2_000
    assert pieces == list(Cutter(most).pieces(whole))
    assert pieces == [again for piece in pieces for again in Cutter(most).pieces(piece)]


def large(spans: int, resource_bytes: int = 10, span_bytes: int = 10) -> bytes:
    made = ExportTraceServiceRequest()
    resource_spans = made.resource_spans.add()
    resource_spans.resource.attributes.append(text("r", "x" * resource_bytes))
    scope = resource_spans.scope_spans.add()
    for number in range(spans):
        one = request(span_id=number.to_bytes(8, "big"), attributes=[text("s", "y" * span_bytes)])
        scope.spans.append(one.resource_spans[0].scope_spans[0].spans[0])
    return bytes(made.SerializeToString())


def test_a_piece_is_filled_before_the_next_begins() -> None:
    whole = large(2_000, span_bytes=400)
    pieces = list(Cutter(100_000).pieces(whole))
    assert [len(piece) // 1_000 for piece in pieces[:-1]] == [99] * (len(pieces) - 1)
    assert len(pieces) == len(whole) // 100_000 + 1


def test_a_span_that_has_no_room_alone_is_left_out_and_its_neighbours_are_not() -> None:
    whole = large(3) + large(1, span_bytes=11_000) + large(2)
    cutter = Cutter(10_000)
    assert len(spans_of(*cutter.pieces(whole))) == 5
    assert cutter.too_large == 1


def test_a_large_resource_is_not_repeated_for_each_of_many_spans() -> None:
    whole = large(1_000, resource_bytes=9_000, span_bytes=100)
    cutter = Cutter(10_000)
    pieces = list(cutter.pieces(whole))
    assert len(pieces) == 1
    assert cutter.too_large == 1_000 - len(spans_of(*pieces)) > 900
    halves = list(Cutter(20_000).pieces(whole))
    assert len(spans_of(*halves)) == 1_000
    assert sum(map(len, halves)) < 4 * len(whole)


BROKEN: list[Any] = [
    b"\n",
    b"\n\x05abcd",
    b"\n\x02\x12\x05",  # a scope that ends behind its resource
    b"\n\x80",
    b"\n" + b"\xff" * 11,
    b"\n\x01\x0c",  # the end of a group that has not begun
    b"\n\x01\x0b",
    b"\n\x01\x0e",
    b"\n\x02\x09\x01",
]


@pytest.mark.parametrize("whole", BROKEN)
def test_what_is_no_message_is_told(whole: bytes) -> None:
    with pytest.raises(Malformed):
        list(Cutter(1_000).pieces(whole))


@given(st.binary(max_size=60))
def test_any_bytes_are_fields_or_told(junk: bytes) -> None:
    try:
        found = list(fields(junk, 0, len(junk)))
    except Malformed:
        return
    assert b"".join(junk[one.start : one.end] for one in found) == junk
