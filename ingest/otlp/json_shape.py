"""OTLP's JSON, as it is read: ids in hex, names in lowerCamelCase, enums as integers, null as absent.

Source: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding,
https://protobuf.dev/programming-guides/json/
"""

from __future__ import annotations

from msgspec import Struct

Number = int | str | None
"""A 64-bit integer: digits, in quotes or not."""


class ArrayJson(Struct, rename="camel"):
    """An ArrayValue."""

    values: list[ValueJson] | None = None


class ListJson(Struct, rename="camel"):
    """A KeyValueList."""

    values: list[AttributeJson] | None = None


class ValueJson(Struct, rename="camel"):
    """An AnyValue."""

    string_value: str | None = None
    bool_value: bool | None = None
    int_value: Number = None
    double_value: float | str | None = None
    array_value: ArrayJson | None = None
    kvlist_value: ListJson | None = None
    bytes_value: str | None = None


class AttributeJson(Struct, rename="camel"):
    """A KeyValue."""

    key: str | None = None
    value: ValueJson | None = None


Attributes = list[AttributeJson] | None


class EventJson(Struct, rename="camel"):
    """A span's event."""

    time_unix_nano: Number = None
    name: str | None = None
    attributes: Attributes = None
    dropped_attributes_count: int | None = None


class LinkJson(Struct, rename="camel"):
    """A span's link."""

    trace_id: str | None = None
    span_id: str | None = None
    trace_state: str | None = None
    attributes: Attributes = None
    dropped_attributes_count: int | None = None
    flags: int | None = None


class StatusJson(Struct, rename="camel"):
    """How a span ended."""

    message: str | None = None
    code: int | None = None


class SpanJson(Struct, rename="camel"):
    """A span."""

    trace_id: str | None = None
    span_id: str | None = None
    trace_state: str | None = None
    parent_span_id: str | None = None
    flags: int | None = None
    name: str | None = None
    kind: int | None = None
    start_time_unix_nano: Number = None
    end_time_unix_nano: Number = None
    attributes: Attributes = None
    dropped_attributes_count: int | None = None
    events: list[EventJson] | None = None
    dropped_events_count: int | None = None
    links: list[LinkJson] | None = None
    dropped_links_count: int | None = None
    status: StatusJson | None = None


class ScopeJson(Struct, rename="camel"):
    """An InstrumentationScope."""

    name: str | None = None
    version: str | None = None
    attributes: Attributes = None
    dropped_attributes_count: int | None = None


class ScopeSpansJson(Struct, rename="camel"):
    """The spans of one scope."""

    scope: ScopeJson | None = None
    spans: list[SpanJson] | None = None
    schema_url: str | None = None


class ResourceJson(Struct, rename="camel"):
    """What the spans come from."""

    attributes: Attributes = None
    dropped_attributes_count: int | None = None


class ResourceSpansJson(Struct, rename="camel"):
    """The spans of one resource."""

    resource: ResourceJson | None = None
    scope_spans: list[ScopeSpansJson] | None = None
    schema_url: str | None = None


class RequestJson(Struct, rename="camel"):
    """An ExportTraceServiceRequest."""

    resource_spans: list[ResourceSpansJson] | None = None
