import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.dead_letter import DeadLetter, Reason, from_record

HEADERS = st.lists(st.tuples(st.sampled_from(["tenant", "received_at", "other"]), st.binary()))
LETTERS = st.builds(
    DeadLetter,
    topic=st.text(),
    topic_id=st.binary(min_size=16, max_size=16),
    partition=st.integers(0, 2**31 - 1),
    offset=st.integers(0, 2**63 - 1),
    reason=st.sampled_from(Reason),
    detail=st.text(),
    at=st.integers(0, 2**62),
    value=st.binary(),
    headers=HEADERS,
)


@given(LETTERS)
def test_a_letter_is_read_back_as_it_was_written(letter: DeadLetter) -> None:
    assert from_record(letter.key(), letter.value, letter.to_headers()) == letter


@given(LETTERS, LETTERS)
def test_letters_share_a_key_only_when_they_share_their_coordinates(
    one: DeadLetter, other: DeadLetter
) -> None:
    same = (one.topic_id, one.partition, one.offset) == (other.topic_id, other.partition, other.offset)
    assert (one.key() == other.key()) == same


def test_a_record_without_the_headers_is_no_dead_letter() -> None:
    with pytest.raises(ValueError, match="no dead letter"):
        from_record(b"k" * 28, b"", [("tenant", b"demo")])
