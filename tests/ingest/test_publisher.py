import asyncio

from ingest.answers import refusal_answer
from ingest.publisher import Publisher, Record
from ingest.refusals import Refusal


def test_a_batch_that_kafka_does_not_acknowledge_in_time_is_refused() -> None:
    async def publish() -> Refusal | None:
        publisher = Publisher("127.0.0.1:1", ack_timeout_ms=300)
        assert not await publisher.is_ready()
        answered: asyncio.Future[Refusal | None] = asyncio.get_running_loop().create_future()
        publisher.put(Record("sillage.usage", b"key", b"value", []), answered.set_result)
        return await answered

    assert asyncio.run(publish()) is Refusal.NOT_STORED


def test_the_client_is_told_when_to_come_again() -> None:
    assert refusal_answer(Refusal.NOT_STORED).status == 503
    assert b"\r\nretry-after: 5\r\n" in refusal_answer(Refusal.NOT_STORED).head
    assert b"\r\nretry-after: 9\r\n" in refusal_answer(Refusal.TENANT_TOO_FAST, 9).head
    assert b"retry-after" not in refusal_answer(Refusal.KEY_UNKNOWN).head
