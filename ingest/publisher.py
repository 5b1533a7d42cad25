"""Kafka out: publish records and hear of the acknowledgement of all in-sync replicas."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Producer

from ingest.record import Record
from runtime.kafka import connection
from runtime.settings import KafkaSettings
from schemas.topics import CODEC

log = logging.getLogger(__name__)

Report = Callable[[KafkaError | None, Any], None]
"""Kafka's word on one record: None when all in-sync replicas have it. The second argument is of no use."""

_LINGER_MS = 10
_POLL_SECONDS = 0.005
_MOST_QUEUED_KB = 64 << 10
_LONGEST_RECONNECT_MS = 500
_LAST_REPORTS_SECONDS = 2.0
_REPLACED_AGAIN_SECONDS = 10.0


class Publisher:
    """An idempotent producer whose reports come in the event loop, with no thread hop and no future.

    While records are in flight the loop polls the producer; an idle collector polls not at all. It is made
    and used in the event loop.
    """

    def __init__(self, kafka: KafkaSettings, ack_timeout_ms: int) -> None:
        self._configuration: dict[str, Any] = {
            **connection(kafka),
            "acks": "all",
            "enable.idempotence": True,
            "linger.ms": _LINGER_MS,
            "compression.type": CODEC,
            "delivery.timeout.ms": ack_timeout_ms,
            "queue.buffering.max.kbytes": _MOST_QUEUED_KB,
            "reconnect.backoff.max.ms": _LONGEST_RECONNECT_MS,  # how soon Kafka's return is seen
        }
        self._loop = asyncio.get_running_loop()
        self._producer = Producer(self._configuration)
        self._retired: list[Producer] = []
        self._polls = False
        self._replaced_at = -_REPLACED_AGAIN_SECONDS

    def publish(self, record: Record, report: Report) -> None:
        """Have `report` called once, in the event loop, after this has returned; never raises."""
        try:
            self._producer.produce(
                record.topic, record.value, record.key, on_delivery=report, headers=record.headers
            )
        except BufferError:
            self._loop.call_soon(report, KafkaError(KafkaError._QUEUE_FULL), None)
        except KafkaException as error:
            self._loop.call_soon(report, error.args[0], None)
        else:
            if not self._polls:
                self._polls = True
                self._loop.call_later(_POLL_SECONDS, self._poll)

    def _poll(self) -> None:
        in_flight = True
        try:
            self._producer.poll(0)
            for producer in self._retired:
                producer.poll(0)
            self._retired = [producer for producer in self._retired if len(producer)]
            in_flight = self.in_flight > 0
        finally:  # a report that raises must not silence those behind it
            self._polls = in_flight
            if in_flight:
                self._loop.call_later(_POLL_SECONDS, self._poll)

    @property
    def in_flight(self) -> int:
        """Records without report."""
        return len(self._producer) + sum(map(len, self._retired))

    def replace_broken(self, fault: KafkaError) -> None:
        """Make a new producer after a fault that the present one cannot recover from.

        All records of a broken one report such a fault; the new one must not be blamed for it.
        """
        now = self._loop.time()
        is_fatal = fault.fatal() or fault.code() == KafkaError._FATAL
        if is_fatal and now - self._replaced_at > _REPLACED_AGAIN_SECONDS:
            self._replaced_at = now
            log.warning("Kafka's producer cannot go on and is made anew: %s", fault)
            self._retired.append(self._producer)
            self._producer = Producer(self._configuration)

    async def is_connected(self) -> bool:
        """Whether a broker answers within a second."""
        try:
            await asyncio.to_thread(self._producer.list_topics, timeout=1.0)
        except KafkaException:
            return False
        return True

    async def close(self, seconds: float) -> None:
        """Wait for the records in flight, at most so long; what is left then is reported as failed."""
        await self._until_reported(seconds)
        for producer in (self._producer, *self._retired):
            producer.purge()
        await self._until_reported(_LAST_REPORTS_SECONDS)

    async def _until_reported(self, seconds: float) -> None:
        ends = self._loop.time() + seconds
        while self.in_flight and self._loop.time() < ends:  # noqa: ASYNC110  librdkafka tells by being polled
            await asyncio.sleep(_POLL_SECONDS)
