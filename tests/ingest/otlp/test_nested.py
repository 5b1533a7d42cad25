import json
import math

import pytest
from hypothesis import given
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList

from ingest import spans
from ingest.otlp.nested import json_of, may_nest
from ingest.otlp.reading import read_request
from tests.ingest.otlp.requests import delivery, request, text
from tests.ingest.otlp.test_attributes import VALUES


def array(*values: AnyValue) -> AnyValue:
    return AnyValue(array_value=ArrayValue(values=values))


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (AnyValue(string_value='é"\n'), '"é\\"\\n"'),
        (AnyValue(int_value=-(1 << 63)), "-9223372036854775808"),
        (AnyValue(double_value=12), "12.0"),
        (AnyValue(double_value=1e300), "1e+300"),
        (AnyValue(double_value=math.nan), '"NaN"'),
        (AnyValue(double_value=-math.inf), '"-Infinity"'),
        (AnyValue(bool_value=False), "false"),
        (AnyValue(bytes_value=b"\xff"), '"/w=="'),
        (AnyValue(), "null"),
        (array(AnyValue(int_value=1), array()), "[1,[]]"),
        (AnyValue(kvlist_value=KeyValueList(values=[text("b", "1"), text("a", "2")])), '{"b":"1","a":"2"}'),
    ],
)
def test_a_value_is_written_as_json(value: AnyValue, written: str) -> None:
    assert json_of(value) == written


@pytest.mark.parametrize("size", [0, 1, 100, 20_000, 300_000])
def test_the_json_stands_behind_what_nests_and_its_length_last(size: int) -> None:
    value = array(AnyValue(string_value="x" * size))
    body = request(attributes=[text("plain", "2*"), KeyValue(key="tags", value=value)]).SerializeToString()
    one = delivery(body)
    spans.take(one)
    sent, _ = read_request(spans.record(one).value, one.encoding)
    plain, nested = sent.resource_spans[0].scope_spans[0].spans[0].attributes
    assert plain == text("plain", "2*")
    raw = nested.value.SerializeToString()
    length = int.from_bytes(raw[-4:], "little")
    assert json.loads(raw[-6 - length : -6]) == ["x" * size]
    assert raw[-6:-4] == b"\xad\x06"
    assert nested.value.array_value == value.array_value


@given(VALUES)
def test_nothing_that_nests_is_missed(value: AnyValue) -> None:
    body = request(attributes=[KeyValue(key="k", value=value)]).SerializeToString()
    if value.WhichOneof("value") in ("array_value", "kvlist_value"):
        assert may_nest(body)


@pytest.mark.parametrize("first", [b"*", b"2"])
def test_an_id_that_begins_as_an_array_or_a_list_does_is_none(first: bytes) -> None:
    """Of 22 random ids one in six requests has such a one, and would be looked through for nothing."""
    made = request(span_id=first + bytes(range(1, 8)), parent_span_id=first + b"\n" * 7)
    made.resource_spans[0].scope_spans[0].spans[0].links.add(span_id=first + b"\x07" * 7)
    assert not may_nest(made.SerializeToString())


@pytest.mark.parametrize("empty", [array(), AnyValue(kvlist_value=KeyValueList())])
def test_an_empty_array_or_list_is_found_too(empty: AnyValue) -> None:
    assert may_nest(request(attributes=[KeyValue(key="k", value=empty)]).SerializeToString())
