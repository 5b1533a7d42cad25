import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from schemas.spans import headers, is_resource_spans_alone, nested_json, record_key, varint


def request(*names: str) -> bytes:
    """A request of one resource a span."""
    made = ExportTraceServiceRequest()
    for name in names:
        made.resource_spans.add().scope_spans.add().spans.add(name=name)
    return bytes(made.SerializeToString())


@pytest.mark.parametrize(
    "value", [b"", b"\x0a\x00", request("a"), request("a", "b" * 300, "c" * 70_000), b"\x0a\x81\x00x"]
)
def test_resource_spans_may_follow_each_other(value: bytes) -> None:
    assert is_resource_spans_alone(value)


@pytest.mark.parametrize(
    ("attack", "value"),
    [
        ("a field 100 of its own", request("a") + b"\xa2\x06\x01x"),
        ("one that comes first", b"\xa2\x06\x01x" + request("a")),
        ("an unknown field that swallows what is appended", request("a") + b"\x12\x7f"),
        ("a last field that swallows what is appended", request("a") + b"\x0a\x7f" + request("b")),
        ("field 1 of another type", request("a") + b"\x08\x01"),
        ("a group that is not closed", request("a") + b"\x0b"),
        ("a tag that is written longer than it is", b"\x8a\x00\x00"),
        ("a tag without length", request("a") + b"\x0a"),
        ("half a length", request("a") + b"\x0a\x80"),
        ("a length that never ends", b"\x0a" + b"\x80" * 20 + b"\x00"),
        ("a length beyond all messages", b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
    ],
)
def test_nothing_else_may_stand_at_the_top(attack: str, value: bytes) -> None:
    assert not is_resource_spans_alone(value), attack


@pytest.mark.parametrize(
    ("start_ns", "moment"),
    [(0, 0), (1_790_000_000_123_456_789, 1_790_000_000_123), ((1 << 64) - 1, 18_446_744_073_709)],
)
def test_the_key_begins_with_the_first_start_and_goes_on_with_a_hash(start_ns: int, moment: int) -> None:
    key = record_key(start_ns, b"value")
    assert int.from_bytes(key[:6], "big") == moment
    assert key[6:] == bytes.fromhex("d7ab8cce59abd5050d59")
    assert len(key) == 16


def test_headers_stand_in_their_order() -> None:
    assert headers("demo", 1_790_000_000_000, 90) == [
        ("tenant", b"demo"),
        ("received_at", (1_790_000_000_000).to_bytes(8, "big")),
        ("retention_days", b"\x5a"),
    ]


@pytest.mark.parametrize("text", [b"[]", b'["' + b"x" * 200_000 + b'"]'])
def test_the_json_of_a_nested_value_is_found_from_its_end(text: bytes) -> None:
    value = AnyValue()
    value.array_value.values.add().string_value = "x"
    value.MergeFromString(nested_json(text))
    raw = value.SerializeToString()
    length = int.from_bytes(raw[-4:], "little")
    assert raw[-6:-4] == b"\xad\x06"
    assert raw[-6 - length : -6] == text
    assert AnyValue.FromString(raw).array_value.values[0].string_value == "x"


def test_varints_are_plain() -> None:
    assert [varint(number) for number in (0, 127, 128, 300)] == [b"\0", b"\x7f", b"\x80\x01", b"\xac\x02"]
