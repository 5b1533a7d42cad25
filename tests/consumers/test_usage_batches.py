import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.usage_batches import BatchDecoder, Undecodable, batch_id
from schemas import usage
from tests.ingest.batches import usage_record

DECODER = BatchDecoder(lambda _: usage.BATCH)


def test_a_batch_is_decoded_as_it_was_written() -> None:
    value, ids = usage_record(3, retention_days=30)
    batch = DECODER.decode(value)
    assert [event["event_id"].hex() for event in batch["events"]] == [one.replace("-", "") for one in ids]
    assert (batch["retention_days"], batch["batch_id"]) == (30, batch_id(value))


@given(st.data())
def test_a_batch_that_is_cut_or_has_a_tail_is_none(data: st.DataObject) -> None:
    value, _ = usage_record(1)
    cut = data.draw(st.integers(0, len(value) - 1))
    for bad in (value[:cut], value + b"\0"):
        with pytest.raises(Undecodable):
            DECODER.decode(bad)


@given(st.binary(max_size=100))
def test_no_bytes_make_the_identity_fail(tail: bytes) -> None:
    for value in (tail, usage_record(0)[0][:10] + tail):
        assert batch_id(value) is None or len(batch_id(value) or b"") == 16
