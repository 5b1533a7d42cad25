"""OTLP's JSON, as it is read: ids in hex, names in lowerCamelCase, enums as integers, null as absent.

Source: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding,
https://protobuf.dev/programming-guides/json/
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct


def _written(pattern: str) -> Meta:
    """How a text is written: for the description, since it is read where it is filled in."""
    return Meta(extra_json_schema={"pattern": pattern})


def _between(least: int, most: int) -> Meta:
    """The bounds of 64 bits, for the description alike: those that are checked in reading have fewer bits."""
    return Meta(extra_json_schema={"minimum": least, "maximum": most})


_SIGN = "[A-Za-z0-9+/_-]"
BASE64 = f"^(?:{_SIGN}{{4}})*(?:{_SIGN}{{2}}(?:==)?|{_SIGN}{{3}}=?)?$"
"""Of either alphabet, padded or not, as protobuf's JSON says."""

Hex = Annotated[str, _written("^(?:[0-9a-fA-F]{2})*$")] | None
Base64 = Annotated[str, _written(BASE64)] | None
Integer = Annotated[int, _between(-(2**63), 2**63 - 1)] | Annotated[str, _written("^-?[0-9]{1,18}$")] | None
"""A 64-bit integer: digits, in quotes or not."""
Moment = Annotated[int, _between(0, 2**64 - 1)] | Annotated[str, _written("^[0-9]{1,19}$")] | None
"""Unix nanoseconds; of 64 bits too."""
Double = float | Annotated[str, Meta(extra_json_schema={"enum": ["NaN", "Infinity", "-Infinity"]})] | None
Natural = Annotated[int, Meta(ge=0, le=0xFFFF_FFFF)] | None
"""Of 32 bits."""
Enumerated = Annotated[int, Meta(ge=-0x8000_0000, le=0x7FFF_FFFF)] | None
"""An enum's number; one that is not known is kept."""


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
    int_value: Integer = None
    double_value: Double = None
    array_value: ArrayJson | None = None
    kvlist_value: ListJson | None = None
    bytes_value: Base64 = None


class AttributeJson(Struct, rename="camel"):
    """A KeyValue."""

    key: str | None = None
    value: ValueJson | None = None


Attributes = list[AttributeJson] | None


class EventJson(Struct, rename="camel"):
    """A span's event."""

    time_unix_nano: Moment = None
    name: str | None = None
    attributes: Attributes = None
    dropped_attributes_count: Natural = None


class LinkJson(Struct, rename="camel"):
    """A span's link."""

    trace_id: Hex = None
    span_id: Hex = None
    trace_state: str | None = None
    attributes: Attributes = None
    dropped_attributes_count: Natural = None
    flags: Natural = None


class StatusJson(Struct, rename="camel"):
    """How a span ended."""

    message: str | None = None
    code: Enumerated = None


class SpanJson(Struct, rename="camel"):
    """A span."""

    trace_id: Hex = None
    span_id: Hex = None
    trace_state: str | None = None
    parent_span_id: Hex = None
    flags: Natural = None
    name: str | None = None
    kind: Enumerated = None
    start_time_unix_nano: Moment = None
    end_time_unix_nano: Moment = None
    attributes: Attributes = None
    dropped_attributes_count: Natural = None
    events: list[EventJson] | None = None
    dropped_events_count: Natural = None
    links: list[LinkJson] | None = None
    dropped_links_count: Natural = None
    status: StatusJson | None = None


class ScopeJson(Struct, rename="camel"):
    """An InstrumentationScope."""

    name: str | None = None
    version: str | None = None
    attributes: Attributes = None
    dropped_attributes_count: Natural = None


class ScopeSpansJson(Struct, rename="camel"):
    """The spans of one scope."""

    scope: ScopeJson | None = None
    spans: list[SpanJson] | None = None
    schema_url: str | None = None


class ResourceJson(Struct, rename="camel"):
    """What the spans come from."""

    attributes: Attributes = None
    dropped_attributes_count: Natural = None


class ResourceSpansJson(Struct, rename="camel"):
    """The spans of one resource."""

    resource: ResourceJson | None = None
    scope_spans: list[ScopeSpansJson] | None = None
    schema_url: str | None = None


class RequestJson(Struct, rename="camel"):
    """An ExportTraceServiceRequest."""

    resource_spans: list[ResourceSpansJson] | None = None
