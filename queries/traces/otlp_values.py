"""Attribute values as OTLP/JSON has them, from either way in which they are kept."""

import base64
import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from opentelemetry.proto.common.v1.common_pb2 import AnyValue

Json = dict[str, Any]


def attributes(keys: Sequence[str], values: Sequence[str], types: Sequence[str]) -> list[Json]:
    """Give the attributes of a span, a scope or a resource, kept as texts with their types."""
    return [
        {"key": key, "value": _TYPED[type_](value)}
        for key, value, type_ in zip(keys, values, types, strict=True)
    ]


def raw_attributes(keys: Sequence[str], values: Sequence[str]) -> list[Json]:
    """Give the attributes of an event or a link, whose values are kept as AnyValue, here in Base64."""
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
