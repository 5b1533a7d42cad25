"""A trace is had back as the OTLP request that it was."""

import base64
import json
import math
import uuid
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client
from google.protobuf import json_format
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from queries.traces.otlp import resource_spans
from queries.traces.places import locate
from tests.otlp import key_values
from tests.queries.traces.spans import TRACE, request, span, store

_IDS = ("traceId", "spanId", "parentSpanId")
_SCALARS = (
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.binary()
    | st.text(st.characters(exclude_categories=["Cs"]))
)  # fmt: skip
_KEYS = st.text(st.characters(exclude_categories=["Cs"]))
_VALUES = st.recursive(_SCALARS, lambda v: st.lists(v, max_size=3) | st.dictionaries(_KEYS, v, max_size=3))


def had_back(client: Client, tenant: str) -> ExportTraceServiceRequest:
    """The JSON of a trace, read by protobuf's own reader, which wants ids in Base64."""
    (place,) = locate(client, [TRACE], tenant)
    text = json.dumps({"resourceSpans": list(resource_spans(client, place))})
    made = ExportTraceServiceRequest()
    json_format.Parse(json.dumps(_ids_in_base64(json.loads(text))), made)
    return made


def _ids_in_base64(value: Any) -> Any:
    if isinstance(value, list):
        return [_ids_in_base64(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        key: base64.b64encode(bytes.fromhex(one)).decode() if key in _IDS else _ids_in_base64(one)
        for key, one in value.items()
    }


def full() -> ExportTraceServiceRequest:
    """Everything that a span can carry."""
    values = {
        "text": "ü\n\0'", "empty": "", "yes": True, "no": False, "int": -(2**63), "double": 1e300, "one": 1.0,
        "inf": -math.inf, "bytes": b"\0\xff", "none": None, "list": ["a", 1, 2.0, None, {"k": [True]}],
        "map": {},
    }  # fmt: skip
    one = span("1", attributes=values, events=[("cache.miss", values), ("bare", {})])
    one.trace_state, one.flags, one.status.message = "a=b", 0x301, "told"
    one.status.code, one.dropped_attributes_count = 1, 3  # type: ignore[assignment]
    one.dropped_events_count, one.dropped_links_count = 4, 5
    link = one.links.add(trace_id=b"l" * 16, span_id=b"l" * 8, trace_state="c=d", flags=1)
    link.attributes.extend(key_values(values))
    made = request(shop=[one, span("2", "1", ms=-3)])
    made.resource_spans[0].resource.attributes.extend(
        key_values({f"r.{key}": v for key, v in values.items()})
    )
    scope = made.resource_spans[0].scope_spans[0].scope
    scope.name, scope.version = "lib", "1.2"
    scope.attributes.extend(key_values(values))
    return made


def test_everything_a_span_carries_comes_back(client: Client, tenant: str) -> None:
    store(client, full(), tenant=tenant)
    assert had_back(client, tenant) == full()


def test_spans_of_several_services_come_back_below_theirs(client: Client, tenant: str) -> None:
    sent = request(shop=[span("1")], pay=[span("2", "1"), span("3", "2")])
    store(client, sent, tenant=tenant)
    back = had_back(client, tenant)
    assert sorted(one.SerializeToString() for one in back.resource_spans) == sorted(
        one.SerializeToString() for one in sent.resource_spans
    )


@settings(max_examples=20, deadline=None)
@given(st.dictionaries(_KEYS, _VALUES, max_size=8))
def test_any_attributes_come_back(client: Client, attributes: dict[str, Any]) -> None:
    tenant = uuid.uuid4().hex
    sent = request(shop=[span("1", attributes=attributes, events=[("e", attributes)])])
    store(client, sent, tenant=tenant)
    assert had_back(client, tenant) == sent


@pytest.mark.parametrize(
    ("tag", "text", "value"),
    [
        (42, '[1,2.0,"a",true,null]', [1, 2.0, "a", True, None]),
        (50, '{"k":{"l":[]},"b":1e3}', {"k": {"l": []}, "b": 1000.0}),
    ],
)
def test_nested_values_that_are_stored_as_json_are_lists_again(
    client: Client, tenant: str, tag: int, text: str, value: Any
) -> None:
    client.command(
        "INSERT INTO trace_spans (received_at, tenant, retention_days, started_at, trace_id, span_id,"
        f" attributes, attribute_types) SELECT now64(3), '{tenant}', 90, now64(9), unhex('{TRACE}'),"
        " 'spanspan',"
        f" map('a', '{text}'), [{tag}]"
    )
    (element,) = had_back(client, tenant).resource_spans
    assert list(element.scope_spans[0].spans[0].attributes) == key_values({"a": value})
