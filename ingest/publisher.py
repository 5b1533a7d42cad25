"""Kafka out: publish a record and await the acknowledgement of all in-sync replicas."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, NamedTuple

from confluent_kafka import KafkaError, KafkaException, Producer

from ingest.refusals import Refusal
from schemas.topics import CODEC

log = logging.getLogger(__name__)

KafkaHeaders = list[tuple[str, str | bytes | None]]
Done = Callable[[Refusal | None], None]
"""Is called once, in the event loop: None when the record is safe."""


class Record(NamedTuple):
    """A record on its way to Kafka."""

    topic: str
    key: bytes
    value: bytes
    headers: KafkaHeaders


_POLL_SECONDS = 0.001


class Publisher:
    """An idempotent producer whose delivery reports resolve futures of the event loop, with no thread hop.

    While records are in flight the loop polls the producer each millisecond; an idle collector polls not
    at all. `put` must be called in the event loop.
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

    def put(self, record: Record, done: Done) -> None:
        """Publish; `done` hears NOT_STORED when Kafka did not say in time that it has the record.

        It may or may not have it then, and the client must send the same batch again.
        """

        def delivered(error: KafkaError | None, _: Any) -> None:
            self._in_flight -= 1
            if error:
                log.warning("Kafka did not acknowledge a record of %s: %s", record.topic, error)
            done(Refusal.NOT_STORED if error else None)

        try:
            self._producer.produce(
                record.topic, record.value, key=record.key, headers=record.headers, on_delivery=delivered
            )
        except (BufferError, KafkaException) as error:
            log.warning("Kafka's producer takes nothing now: %s", error)
            done(Refusal.NOT_STORED)
            return
        self._in_flight += 1
        if self._in_flight == 1:
            loop = asyncio.get_running_loop()
            loop.call_later(_POLL_SECONDS, self._poll, loop)

    def _poll(self, loop: asyncio.AbstractEventLoop) -> None:
        self._producer.poll(0)
        if self._in_flight:
            loop.call_later(_POLL_SECONDS, self._poll, loop)

    async def is_ready(self) -> bool:
        """Whether a broker answers within a second."""
        try:
            await asyncio.to_thread(self._producer.list_topics, timeout=1.0)
        except KafkaException:
            return False
        return True

    async def close(self, seconds: float) -> None:
        """Wait for the records in flight, at most so long."""
        await asyncio.to_thread(self._producer.flush, seconds)
