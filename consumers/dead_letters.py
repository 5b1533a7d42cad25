"""Dead letters out: each goes to `sillage.dead`, acknowledged before the record's offset is committed."""

import logging
import time
from typing import Any

from confluent_kafka import KafkaError, Message, Producer

from consumers.errors import RetryLater
from consumers.record import DeadRecord, raw_headers
from runtime import metrics
from schemas.dead_letter import DeadLetter, Reason
from schemas.topics import CODEC, DEAD

log = logging.getLogger(__name__)

_ACK_SECONDS = 30.0


class DeadLetters:
    """Writes dead letters; `confirm` waits until Kafka has all that were written before it."""

    def __init__(self, bootstrap_servers: str) -> None:
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap_servers,
                "acks": "all",
                "enable.idempotence": True,
                "compression.type": CODEC,
            }
        )
        self._faults: list[KafkaError] = []

    def bury(self, message: Message, topic_id: bytes, death: DeadRecord) -> None:
        """Send one record to the dead letters."""
        letter = DeadLetter(
            topic=message.topic() or "",
            topic_id=topic_id,
            partition=message.partition() or 0,
            offset=message.offset() or 0,
            reason=Reason(death.reason),
            detail=death.detail,
            at=time.time_ns() // 1_000_000,
            value=message.value() or b"",
            headers=raw_headers(message),
        )
        self._producer.produce(
            DEAD.name,
            letter.value,
            key=letter.key(),
            headers=dict(letter.to_headers()),
            on_delivery=self._delivered,
        )
        metrics.DEAD_LETTERS.labels(letter.topic, letter.reason).inc()
        log.warning(
            "Dead letter: %s partition %d offset %d: %s: %s",
            letter.topic,
            letter.partition,
            letter.offset,
            letter.reason,
            letter.detail,
        )

    def confirm(self) -> None:
        """Return when every letter is acknowledged; raises RetryLater when one is not."""
        waiting = self._producer.flush(_ACK_SECONDS)
        faults, self._faults = self._faults, []
        if waiting or faults:
            raise RetryLater(f"{waiting + len(faults)} dead letters are not acknowledged: {faults[:1]}")

    def _delivered(self, error: KafkaError | None, _: Any) -> None:
        if error:
            self._faults.append(error)
