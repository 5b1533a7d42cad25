"""The compiled encoder writes what fastavro writes, byte for byte, and its sums are whole records."""

import io
import json
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import fastavro
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import avro_writer, usage, varint

LONGS = st.integers(-(2**63), 2**63 - 1)


PRIMITIVES = {
    "string": st.text(),
    "long": LONGS,
    "int": st.integers(-(2**31), 2**31 - 1),
    "boolean": st.booleans(),
    "double": st.floats(allow_nan=False),
}


PROPERTIES = st.dictionaries(
    st.text(), st.text() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans(), max_size=4
)


def values(schema: Any, named: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Any value of an Avro type as fastavro takes it; of a logical type, as the encoder does."""
    match schema:
        case {"logicalType": "json"}:
            return PROPERTIES
        case {"logicalType": "of-first-event"}:
            return st.none()
        case {"logicalType": "unless-first-events"}:
            return st.sampled_from(["", "a", "b", "="])
        case {"type": "fixed", "name": name}:
            return named.setdefault(name, st.binary(min_size=16, max_size=16))  # type: ignore[no-any-return]
        case {"type": "map", "values": inner}:
            return st.dictionaries(st.text(), values(inner, named), max_size=4)
        case {"type": "array", "items": inner}:
            return st.lists(values(inner, named), max_size=4)
        case {"type": "record", "fields": fields}:
            return st.fixed_dictionaries({f["name"]: values(f["type"], named) for f in fields})
        case _:
            found: st.SearchStrategy[Any] = (PRIMITIVES | named)[schema]
            return found


def attributes(value: Any) -> Any:
    """The same value in the form that the compiled encoder takes."""
    if isinstance(value, list):
        return [attributes(item) for item in value]
    if isinstance(value, bytes):
        return UUID(bytes=value)
    if isinstance(value, dict) and "event_id" in value:
        return as_object(value)
    return value


def as_object(record: dict[str, Any]) -> SimpleNamespace:
    named = {name.removesuffix("_json"): attributes(value) for name, value in record.items()}
    return SimpleNamespace(**named)


def written(batch: dict[str, Any]) -> dict[str, Any]:
    """What a batch's logical types stand for in Avro."""
    events = batch["events"]
    first = {name: events[0][name] if events else "" for name in ("user_id", "session_id")}
    return batch | first | {"events": [event | _written(event, first) for event in events]}


def _written(event: dict[str, Any], first: dict[str, str]) -> dict[str, Any]:
    mapping = event["properties_json"]
    own = {name: "" if event[name] == of_first else f"={event[name]}" for name, of_first in first.items()}
    return own | {"properties_json": msgspec.json.encode(mapping).decode() if mapping else ""}


def by_fastavro(schema: Any, record: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(schema), record)
    return out.getvalue()


BATCHES = values(usage.BATCH, {})
ADDITIONS = values(usage.ADDITIONS, {})


@given(BATCHES)
def test_a_batch_is_encoded_as_fastavro_encodes_it(batch: dict[str, Any]) -> None:
    assert usage.encode_batch(as_object(batch)) == by_fastavro(usage.BATCH, written(batch))


@given(BATCHES, ADDITIONS)
def test_a_batch_with_the_additions_appended_is_a_record_of_the_stored_schema(
    batch: dict[str, Any], additions: dict[str, Any]
) -> None:
    batch = written(batch)
    summed = by_fastavro(usage.BATCH, batch) + by_fastavro(usage.ADDITIONS, additions)
    stored = usage.stored_schema(usage.BATCH)
    container = b"".join(usage.container(usage.container_header(stored), 1, [summed]).pieces)
    assert list(fastavro.reader(io.BytesIO(container))) == [batch | additions]


@given(ADDITIONS)
def test_the_enrichment_is_the_first_part_of_the_additions(additions: dict[str, Any]) -> None:
    encoded = usage.encode_agent(as_object(additions)) + usage.encode_place(as_object(additions))
    assert by_fastavro(usage.ADDITIONS, additions).startswith(encoded)


@given(BATCHES)
def test_the_address_and_the_user_agent_are_found_without_decoding_the_batch(batch: dict[str, Any]) -> None:
    batch["client_ip"] = "2001:db8::"
    encoded = b"prefix" + by_fastavro(usage.BATCH, written(batch))
    found = usage.address_and_agent(encoded, len(b"prefix"))
    assert found == (b"2001:db8::", batch["user_agent"].encode())


@given(BATCHES, st.integers(0, 400))
def test_a_batch_cut_inside_its_first_two_fields_is_refused(batch: dict[str, Any], cut: int) -> None:
    batch["client_ip"] = "203.0.113.0"
    first_two = {"type": "record", "name": "Two", "fields": usage.BATCH["fields"][:2]}
    whole = len(by_fastavro(first_two, batch))
    with pytest.raises(IndexError):
        usage.address_and_agent(by_fastavro(usage.BATCH, written(batch))[: min(cut, whole - 1)], 0)


@pytest.mark.parametrize("lengths", [(-1, 0), (-300, 0), (0, -1), (2, -300)])
def test_a_batch_that_says_a_negative_length_is_refused(lengths: tuple[int, int]) -> None:
    of_address, of_agent = lengths
    agent = varint.encode(of_agent) + b"\0" * 400
    with pytest.raises(IndexError):
        usage.address_and_agent(varint.encode(of_address) + b"a" * max(0, of_address) + agent, 0)


@given(st.binary())
def test_any_other_bytes_give_two_fields_or_are_refused(content: bytes) -> None:
    try:
        address, agent = usage.address_and_agent(content, 0)
    except IndexError:
        return
    assert address in content and agent in content


@given(PROPERTIES)
def test_properties_are_json_that_keeps_each_value_and_its_type(mapping: dict[str, Any]) -> None:
    event = {"type": "record", "name": "E", "fields": [_json_field()]}
    encoded = avro_writer.compile_encoder(event)(SimpleNamespace(properties=mapping))
    length, start = varint.decode(encoded, 0)
    assert len(encoded) == start + length
    found = json.loads(encoded[start:] or b"{}")
    assert [(k, type(v), repr(v)) for k, v in found.items()] == [
        (k, type(v), repr(v)) for k, v in mapping.items()
    ]


def _json_field() -> dict[str, Any]:
    events = usage.BATCH["fields"][-1]["type"]["items"]["fields"]
    field: dict[str, Any] = events[-1]
    return field


@given(LONGS)
def test_integers_survive_encoding(number: int) -> None:
    encoded = varint.encode(number)
    assert encoded == by_fastavro("long", number)  # type: ignore[arg-type]
    assert varint.decode(b"?" + encoded + b"?", 1) == (number, 1 + len(encoded))


def test_a_type_that_the_encoder_does_not_know_is_refused_when_it_is_compiled() -> None:
    schema = {"type": "record", "name": "R", "fields": [{"name": "f", "type": "float"}]}
    with pytest.raises(TypeError, match="float"):
        avro_writer.compile_encoder(schema)


def test_the_fingerprint_is_that_of_the_avro_specification() -> None:
    # The specification's table gives 63dd24e7cc258f8a for "null"; on the wire it is little-endian.
    assert usage.fingerprint("null") == bytes.fromhex("8a8f25cce724dd63")  # type: ignore[arg-type]


def test_an_older_writers_batch_still_fits_the_stored_schema() -> None:
    """A reader with today's schema must read what yesterday's collectors wrote: new fields have defaults."""
    first = {field["name"] for field in usage.BATCH["fields"][: len(FIRST_FIELDS)]}
    assert first == set(FIRST_FIELDS)
    for field in usage.BATCH["fields"][len(FIRST_FIELDS) :]:
        assert "default" in field, f"{field['name']} needs a default: older collectors do not write it"


FIRST_FIELDS = [
    "client_ip", "user_agent", "batch_id", "user_id", "session_id", "sent_at", "retention_days", "sdk",
    "release", "language", "screen", "timezone", "automated", "lost", "events",
]  # fmt: skip
