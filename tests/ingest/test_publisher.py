import asyncio

import pytest

from ingest.http import refusal_answer
from ingest.publisher import Publisher
from ingest.refusals import Refusal, RefuseRequest


def test_a_batch_that_kafka_does_not_acknowledge_in_time_is_refused() -> None:
    async def publish() -> None:
        publisher = Publisher("127.0.0.1:1", ack_timeout_ms=300)
        assert not await publisher.is_connected()
        await publisher.publish("sillage.usage", b"key", b"value", [])

    with pytest.raises(RefuseRequest) as caught:
        asyncio.run(publish())
    assert caught.value.refusal is Refusal.NOT_STORED


def test_the_client_is_told_when_to_come_again() -> None:
    answer = refusal_answer(Refusal.NOT_STORED)
    assert (answer.status, dict(answer.headers)["retry-after"]) == (503, "5")
    assert "retry-after" not in dict(refusal_answer(Refusal.KEY_UNKNOWN).headers)
