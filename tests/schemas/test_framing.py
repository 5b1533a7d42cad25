"""One suite over both framings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.framing import Confluent, Framing, SingleObject, UnframedRecord, read_prefix

FRAMINGS: list[Framing] = [SingleObject(bytes(range(8))), Confluent(0), Confluent(2**32 - 1)]


@pytest.mark.parametrize("framing", FRAMINGS, ids=str)
@given(payload=st.binary())
def test_the_payload_is_found_behind_its_prefix(framing: Framing, payload: bytes) -> None:
    value = framing.frame(payload)
    assert value[read_prefix(value)[1] :] == payload


@pytest.mark.parametrize("framing", FRAMINGS, ids=str)
def test_the_schema_key_is_the_framing_of_nothing(framing: Framing) -> None:
    assert read_prefix(framing.frame(b"payload"))[0] == framing.frame(b"")


def test_each_framing_has_a_key_of_its_own() -> None:
    assert len({framing.frame(b"") for framing in FRAMINGS}) == len(FRAMINGS)


@given(st.binary())
def test_any_other_value_is_unframed(value: bytes) -> None:
    try:
        schema_key, payload_start = read_prefix(value)
    except UnframedRecord as error:
        assert str(len(value)) in str(error)
    else:
        assert value.startswith((b"\xc3\x01", b"\0"))
        assert len(schema_key) == payload_start
