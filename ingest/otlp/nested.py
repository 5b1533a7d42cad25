"""Arrays and key-value lists in attributes: how they are found, and their JSON, which ClickHouse shows.

ClickHouse takes an attribute's value as the bytes of its AnyValue and cannot follow what nests in it; so its
JSON is written behind it (`schemas.spans.nested_json`).
"""

import base64
import json
import math
from collections.abc import Iterable, Iterator, MutableSequence

from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from ingest.byte_search import search_of
from schemas.spans import nested_json

_LENGTH = rb"[\x80-\xff]*."
_search = search_of(rb"\x12%b[*2](?:\x00|%b\n)" % (_LENGTH, _LENGTH))
"""KeyValue.value and its length; array_value or kvlist_value and its length; the first of its values.

An empty one has none. Without this last sign a span's id that begins as an array does would be taken for one.
"""
KeyValues = MutableSequence[KeyValue]
_NESTING = ("array_value", "kvlist_value")


def may_nest(value: bytes) -> bool:
    """Whether an attribute of the request may hold an array or a list.

    Text may look like one. None is missed that protobuf's own encoders have written; one that was written
    in another order, or whose values are, behind unknown fields, is shown as its bytes.
    """
    return _search(value) is not None


def add_json(attributes: Iterable[KeyValue]) -> bool:
    """Write its JSON behind each attribute that nests; whether there was one."""
    found = False
    for attribute in attributes:
        value = attribute.value
        if value.WhichOneof("value") in _NESTING:
            value.DiscardUnknownFields()
            value.MergeFromString(nested_json(json_of(value).encode()))
            found = True
    return found


def lists_within(value: AnyValue) -> Iterator[KeyValues]:
    """Every list of keys and values inside; what the caller takes out of one is not looked into."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        match value.WhichOneof("value"):
            case "array_value":
                waiting += value.array_value.values
            case "kvlist_value":
                yield value.kvlist_value.values
                waiting += [attribute.value for attribute in value.kvlist_value.values]


def json_of(value: AnyValue) -> str:
    """An integer as its digits, a double always with a point or an exponent, bytes in Base64.

    JSON has no NaN and no infinity: they are texts. protobuf's parser bounds how deep a value nests.
    """
    match value.WhichOneof("value"):
        case "string_value":
            return json.dumps(value.string_value, ensure_ascii=False)
        case "bool_value":
            return "true" if value.bool_value else "false"
        case "int_value":
            return str(value.int_value)
        case "double_value":
            return _double(value.double_value)
        case "bytes_value":
            return f'"{base64.b64encode(value.bytes_value).decode()}"'
        case "array_value":
            return f"[{','.join(map(json_of, value.array_value.values))}]"
        case "kvlist_value":
            return f"{{{','.join(map(_member, value.kvlist_value.values))}}}"
        case _:  # none of them, or one that is newer
            return "null"


def _member(attribute: KeyValue) -> str:
    return f"{json.dumps(attribute.key, ensure_ascii=False)}:{json_of(attribute.value)}"


def _double(number: float) -> str:
    if math.isfinite(number):
        return repr(number)
    return '"NaN"' if math.isnan(number) else '"Infinity"' if number > 0 else '"-Infinity"'
