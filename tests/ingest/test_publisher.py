import asyncio

from confluent_kafka import KafkaError

from ingest.answers import refusal_answer
from ingest.publisher import Publisher
from ingest.record import Record
from ingest.refusals import Refusal
from runtime.settings import KafkaSettings


def test_a_record_that_kafka_does_not_acknowledge_in_time_is_reported_with_the_fault() -> None:
    async def publish() -> KafkaError | None:
        publisher = Publisher(KafkaSettings(kafka_bootstrap_servers="127.0.0.1:1"), ack_timeout_ms=300)
        assert not await publisher.is_connected()
        reported: asyncio.Future[KafkaError | None] = asyncio.get_running_loop().create_future()
        record = Record("sillage.usage", b"key", b"value", [])
        publisher.publish(record, lambda fault, _: reported.set_result(fault))
        return await reported

    fault = asyncio.run(publish())
    assert fault
    assert fault.code() == KafkaError._MSG_TIMED_OUT


def test_the_client_is_told_when_to_come_again() -> None:
    assert refusal_answer(Refusal.NOT_STORED).status == 503
    assert b"\r\nretry-after: 5\r\n" in refusal_answer(Refusal.NOT_STORED).head
    assert b"\r\nretry-after: 9\r\n" in refusal_answer(Refusal.TENANT_TOO_FAST, 9).head
    assert b"retry-after" not in refusal_answer(Refusal.KEY_UNKNOWN).head
