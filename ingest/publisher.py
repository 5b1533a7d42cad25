"""Kafka out: publish a record and await the acknowledgement of all in-sync replicas."""

import asyncio
import logging
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer

from ingest.refusals import Refusal, RefuseRequest
from schemas.topics import CODEC

log = logging.getLogger(__name__)

KafkaHeaders = list[tuple[str, str | bytes | None]]

_POLL_SECONDS = 0.001


class Publisher:
    """An idempotent producer whose delivery reports resolve futures of the event loop, with no thread hop.

    While records are in flight the loop polls the producer each millisecond; an idle collector polls not
    at all. `publish` must be called in the event loop.
    """

    def __init__(self, bootstrap_servers: str, ack_timeout_ms: int) -> None:
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap_servers,
                "acks": "all",
                "enable.idempotence": True,
                "linger.ms": 5,
                "compression.type": CODEC,
                "delivery.timeout.ms": ack_timeout_ms,
            }
        )
        self._in_flight = 0

    async def publish(self, topic: str, key: bytes, value: bytes, headers: KafkaHeaders) -> None:
        """Return when Kafka has the record.

        Raises RefuseRequest(NOT_STORED) when it did not say so within the acknowledgement time-out: the
        record may or may not be stored, and the client must send the same batch again.
        """
        loop = asyncio.get_running_loop()
        acknowledged: asyncio.Future[KafkaError | None] = loop.create_future()

        def delivered(error: KafkaError | None, _: Any) -> None:
            self._in_flight -= 1
            if not acknowledged.done():
                acknowledged.set_result(error)

        try:
            self._producer.produce(topic, value, key=key, headers=headers, on_delivery=delivered)
        except (BufferError, KafkaException) as error:
            log.warning("Kafka's producer takes nothing now: %s", error)
            raise RefuseRequest(Refusal.NOT_STORED) from error
        self._in_flight += 1
        if self._in_flight == 1:
            loop.call_later(_POLL_SECONDS, self._poll, loop)
        if fault := await acknowledged:
            log.warning("Kafka did not acknowledge a record of %s: %s", topic, fault)
            raise RefuseRequest(Refusal.NOT_STORED)

    def _poll(self, loop: asyncio.AbstractEventLoop) -> None:
        self._producer.poll(0)
        if self._in_flight:
            loop.call_later(_POLL_SECONDS, self._poll, loop)

    async def is_connected(self) -> bool:
        """Whether a broker answers within a second."""
        try:
            await asyncio.to_thread(self._producer.list_topics, timeout=1.0)
        except KafkaException:
            return False
        return True

    async def close(self, seconds: float) -> None:
        """Wait for the records in flight, at most so long."""
        await asyncio.to_thread(self._producer.flush, seconds)
