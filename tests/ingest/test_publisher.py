import asyncio

from confluent_kafka import KafkaError

from ingest.http import refusal_answer
from ingest.publisher import Publisher
from ingest.record import Record
from ingest.refusals import Refusal


def test_a_record_that_kafka_does_not_acknowledge_in_time_is_reported_with_the_fault() -> None:
    async def publish() -> KafkaError | None:
        publisher = Publisher("127.0.0.1:1", ack_timeout_ms=300)
        assert not await publisher.is_connected()
        reported: asyncio.Future[KafkaError | None] = asyncio.get_running_loop().create_future()
        record = Record("sillage.usage", b"key", b"value", [])
        publisher.publish(record, lambda fault, _: reported.set_result(fault))
        return await reported

    fault = asyncio.run(publish())
    assert fault
    assert fault.code() == KafkaError._MSG_TIMED_OUT


def test_the_client_is_told_when_to_come_again() -> None:
    for refusal in (Refusal.NOT_STORED, Refusal.SPOOL_FULL):
        answer = refusal_answer(refusal)
        assert (answer.status, dict(answer.headers)["retry-after"]) == (503, "5")
    assert "retry-after" not in dict(refusal_answer(Refusal.KEY_UNKNOWN).headers)
