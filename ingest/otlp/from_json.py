"""From OTLP's JSON to the protobuf message, which is the one form that travels on."""

import base64
import re
from collections.abc import Iterable
from typing import Any

import msgspec
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from ingest.otlp.json_shape import BASE64, RequestJson, ValueJson

MOST_NESTED = 30
"""So deep may a value nest: protobuf's own parsers stop at a hundred messages within each other."""

_HEX = re.compile(r"(?:[0-9a-fA-F]{2})*").fullmatch
_DIGITS = re.compile(r"-?[0-9]{1,20}").fullmatch
_DECIMAL = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?").fullmatch
_BASE64 = re.compile(BASE64).fullmatch
_FLOATS = frozenset({"NaN", "Infinity", "-Infinity"})
_IDS = frozenset({"trace_id", "span_id", "parent_span_id"})
_NUMBERS = frozenset({"time_unix_nano", "start_time_unix_nano", "end_time_unix_nano"})
_NO_ID = b"?"
"""In place of an id that is not written in hex: its length is no id's, so its span is refused by name."""


def message_of(shape: RequestJson) -> ExportTraceServiceRequest:
    """The same as a message.

    Raises ValueError for what has no place in one, RecursionError for what nests too deeply.
    """
    request = ExportTraceServiceRequest()
    _fill(request, shape)
    return request


def _fill(message: Any, shape: msgspec.Struct) -> None:
    """Copy what is there; names are protobuf's own. What it has no room for raises ValueError."""
    for name in shape.__struct_fields__:
        value = getattr(shape, name)
        if value is None:
            continue
        if name in _IDS:
            setattr(message, name, _id(message, value))
        elif name in _NUMBERS:
            setattr(message, name, _integer(value))
        elif name == "attributes":
            _fill_attributes(message.attributes, value, 0)
        elif isinstance(value, list):
            for one in value:
                _fill(getattr(message, name).add(), one)
        elif isinstance(value, msgspec.Struct):
            getattr(message, name).SetInParent()
            _fill(getattr(message, name), value)
        else:
            setattr(message, name, value)


def _id(message: Any, written: str) -> bytes:
    if _HEX(written):
        return bytes.fromhex(written)
    if isinstance(message, Span):
        return _NO_ID
    raise ValueError("no hex")


def _fill_attributes(attributes: Any, shapes: Iterable[Any], depth: int) -> None:
    for shape in shapes:
        attribute = attributes.add(key=shape.key or "")
        if shape.value is not None:
            _fill_value(attribute.value, shape.value, depth)


def _fill_value(value: AnyValue, shape: ValueJson, depth: int) -> None:
    """Of several kinds the last in protobuf's order is taken, as protobuf's parsers do."""
    if depth > MOST_NESTED:
        raise RecursionError
    value.SetInParent()
    if shape.string_value is not None:
        value.string_value = shape.string_value
    if shape.bool_value is not None:
        value.bool_value = shape.bool_value
    if shape.int_value is not None:
        value.int_value = _integer(shape.int_value)
    if shape.double_value is not None:
        value.double_value = _double(shape.double_value)
    if shape.array_value is not None:
        value.array_value.SetInParent()
        for one in shape.array_value.values or ():
            _fill_value(value.array_value.values.add(), one, depth + 1)
    if shape.kvlist_value is not None:
        value.kvlist_value.SetInParent()
        _fill_attributes(value.kvlist_value.values, shape.kvlist_value.values or (), depth + 1)
    if shape.bytes_value is not None:
        value.bytes_value = _bytes(shape.bytes_value)


def _integer(written: int | str) -> int:
    if isinstance(written, str) and not _DIGITS(written):
        raise ValueError("no integer")
    return int(written)


def _double(written: float | str) -> float:
    if isinstance(written, str) and written not in _FLOATS and not _DECIMAL(written):
        raise ValueError("no number")
    return float(written)


def _bytes(written: str) -> bytes:
    if not _BASE64(written):
        raise ValueError("no Base64")
    return base64.urlsafe_b64decode(written.rstrip("=").replace("+", "-").replace("/", "_") + "==")
