"""Spans as OTLP/JSON, as they came: an ExportTraceServiceRequest that can be posted to /v1/traces again.

https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
"""

import base64
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from clickhouse_connect.driver.client import Client
from opentelemetry.proto.common.v1.common_pb2 import AnyValue

from queries.traces.places import Place, there

_MAP = "mapKeys({0}), mapValues({0})"
_BYTES = "arrayMap(m -> mapKeys(m), {0}), arrayMap(m -> arrayMap(v -> base64Encode(v), mapValues(m)), {0})"
_ROWS = f"""
    SELECT
        {_MAP.format("resource")}, resource_types,
        scope_name, scope_version, {_MAP.format("scope_attributes")}, scope_types,
        trace_id, span_id, parent_span_id, trace_state, flags, name, CAST(kind, 'Int8'),
        toUnixTimestamp64Nano(started_at), end_minus_start_ns,
        {_MAP.format("attributes")}, attribute_types, dropped_attributes,
        arrayMap(at -> toUnixTimestamp64Nano(at), `events.at`), `events.name`,
        {_BYTES.format("event_values")}, dropped_events,
        `links.trace_id`, `links.span_id`, `links.trace_state`, `links.flags`, {_BYTES.format("link_values")},
        dropped_links,
        CAST(status, 'Int8'), status_message
    FROM spans WHERE {{there}} AND {{{{span:String}}}} IN ('', span_id)
"""  # noqa: S608  the pieces stand in this module
_UINT64 = 2**64
_BLOCK = {"max_block_size": 1_000}

Json = dict[str, Any]


def resource_spans(client: Client, place: Place, span_id: str = "") -> Iterator[Json]:
    """Give the elements of `resourceSpans`, of all spans or of one.

    They come a block of rows at a time, so that a long trace needs no memory; neighbours share one.
    """
    where, parameters = there([place])
    sql, asked = _ROWS.format(there=where), parameters | {"span": span_id}
    with client.query_row_block_stream(sql, asked, settings=_BLOCK) as blocks:
        for block in blocks:
            yield from _grouped(block)


def _grouped(rows: Sequence[Sequence[Any]]) -> Iterator[Json]:
    before: tuple[Any, Any] | None = None
    entry: Json | None = None
    for row in rows:
        resource, scope, span = row[:3], row[3:8], row[8:]
        if entry is None or before != (resource, scope):
            if entry is not None:
                yield entry
            name, version, *attributes = scope
            told = {"name": name, "version": version, "attributes": _attributes(*attributes)}
            scoped = {"scope": told} if any(told.values()) else {}
            entry = {
                "resource": {"attributes": _attributes(*resource)},
                "scopeSpans": [scoped | {"spans": []}],
            }
            before = (resource, scope)
        entry["scopeSpans"][0]["spans"].append(_span(span))
    if entry is not None:
        yield entry


def _span(row: Sequence[Any]) -> Json:
    (
        trace_id, span_id, parent, state, flags, name, kind, start, lasted, keys, values, types,
        no_attributes, event_times, event_names, event_keys, event_values, no_events,
        link_traces, link_spans, link_states, link_flags, link_keys, link_values, no_links, code, message,
    ) = row  # fmt: skip
    events = zip(event_times, event_names, event_keys, event_values, strict=True)
    links = zip(link_traces, link_spans, link_states, link_flags, link_keys, link_values, strict=True)
    return {
        "traceId": trace_id, "spanId": span_id, "parentSpanId": parent, "traceState": state, "flags": flags,
        "name": name, "kind": kind,
        "startTimeUnixNano": str(start % _UINT64), "endTimeUnixNano": str((start + lasted) % _UINT64),
        "attributes": _attributes(keys, values, types), "droppedAttributesCount": no_attributes,
        "events": [
            {"timeUnixNano": str(at % _UINT64), "name": event, "attributes": _raw_attributes(names, raw)}
            for at, event, names, raw in events
        ],
        "droppedEventsCount": no_events,
        "links": [
            {
                "traceId": trace, "spanId": id_, "traceState": told, "flags": flagged,
                "attributes": _raw_attributes(names, raw),
            }
            for trace, id_, told, flagged, names, raw in links
        ],
        "droppedLinksCount": no_links,
    } | ({"status": {"code": code, "message": message}} if code or message else {})  # fmt: skip


def _attributes(keys: Sequence[str], values: Sequence[str], types: Sequence[str]) -> list[Json]:
    return [
        {"key": key, "value": _TYPED[type_](value)}
        for key, value, type_ in zip(keys, values, types, strict=True)
    ]


def _raw_attributes(keys: Sequence[str], values: Sequence[str]) -> list[Json]:
    return [
        {"key": key, "value": _any_value(AnyValue.FromString(base64.b64decode(value)))}
        for key, value in zip(keys, values, strict=True)
    ]


def _double(value: float) -> Json:
    """JSON has no number for what is not finite; protobuf's mapping has these words."""
    if math.isnan(value):
        return {"doubleValue": "NaN"}
    return {"doubleValue": value if math.isfinite(value) else "Infinity" if value > 0 else "-Infinity"}


def _any_value(value: AnyValue) -> Json:
    match value.WhichOneof("value"):
        case "string_value":
            return {"stringValue": value.string_value}
        case "bool_value":
            return {"boolValue": value.bool_value}
        case "int_value":
            return {"intValue": str(value.int_value)}
        case "double_value":
            return _double(value.double_value)
        case "bytes_value":
            return {"bytesValue": base64.b64encode(value.bytes_value).decode()}
        case "array_value":
            return {"arrayValue": {"values": [_any_value(one) for one in value.array_value.values]}}
        case "kvlist_value":
            pairs = [{"key": one.key, "value": _any_value(one.value)} for one in value.kvlist_value.values]
            return {"kvlistValue": {"values": pairs}}
    return {}


class _Pairs(list[tuple[str, Any]]):
    """An object's members in their order, a name twice if it stands there twice."""


def _nested(text: str) -> Json:
    """A list of either kind: its JSON, or the Base64 of the AnyValue where nobody wrote its JSON."""
    if text[:1] not in ("[", "{"):
        return _any_value(AnyValue.FromString(base64.b64decode(text)))
    return _from_json(json.loads(text, object_pairs_hook=_Pairs))


def _from_json(value: Any) -> Json:
    match value:
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return _double(value)
        case str():
            return {"stringValue": value}
        case _Pairs():
            pairs = [{"key": key, "value": _from_json(one)} for key, one in value]
            return {"kvlistValue": {"values": pairs}}
        case list():
            return {"arrayValue": {"values": [_from_json(one) for one in value]}}
    return {}


_TYPED: Mapping[str, Callable[[str], Json]] = {
    "none": lambda _: {},
    "string": lambda text: {"stringValue": text},
    "bool": lambda text: {"boolValue": text == "true"},
    "int": lambda text: {"intValue": text},
    "double": lambda text: _double(float(text)),
    "array": _nested,
    "kvlist": _nested,
    "bytes": lambda text: {"bytesValue": text},
}
