"""Spans as OTLP/JSON, as they came: an ExportTraceServiceRequest that can be posted to /v1/traces again.

https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
"""

from collections.abc import Iterator, Sequence
from typing import Any

from clickhouse_connect.driver.client import Client

from queries.traces.otlp_values import Json, attributes, raw_attributes
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
            name, version, *scoped_attributes = scope
            told = {"name": name, "version": version, "attributes": attributes(*scoped_attributes)}
            scoped = {"scope": told} if any(told.values()) else {}
            entry = {
                "resource": {"attributes": attributes(*resource)},
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
        "attributes": attributes(keys, values, types), "droppedAttributesCount": no_attributes,
        "events": [
            {"timeUnixNano": str(at % _UINT64), "name": event, "attributes": raw_attributes(names, raw)}
            for at, event, names, raw in events
        ],
        "droppedEventsCount": no_events,
        "links": [
            {
                "traceId": trace, "spanId": id_, "traceState": told, "flags": flagged,
                "attributes": raw_attributes(names, raw),
            }
            for trace, id_, told, flagged, names, raw in links
        ],
        "droppedLinksCount": no_links,
    } | ({"status": {"code": code, "message": message}} if code or message else {})  # fmt: skip
