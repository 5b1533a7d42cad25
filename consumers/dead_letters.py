"""Dead letters out: each goes to `sillage.dead`, acknowledged before the record's offset is committed."""

import logging
import time
from typing import Any

from confluent_kafka import KafkaError, Message, Producer

from consumers.errors import RetryLater
from consumers.record import DeadRecord, raw_headers
from runtime import metrics
from runtime.kafka import connection
from runtime.settings import KafkaSettings
from schemas.dead_letter import DeadLetter, Reason
from schemas.topics import CODEC, DEAD

log = logging.getLogger(__name__)

_ACK_SECONDS = 30.0


class DeadLetters:
    """Writes dead letters; `confirm` returns once Kafka has all that were written before it."""

    def __init__(self, kafka: KafkaSettings, ack_seconds: float = _ACK_SECONDS) -> None:
        self._producer = Producer(
            {
                **connection(kafka),
                "acks": "all",
                "enable.idempotence": True,
                "compression.type": CODEC,
                "delivery.timeout.ms": int(1_000 * ack_seconds),
            }
        )
        self._ack_seconds = ack_seconds
        self._failed: list[DeadLetter] = []

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
        self._send(letter)
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
        """Return when every letter is acknowledged; raises RetryLater, having sent the failed ones again."""
        waiting = self._producer.flush(self._ack_seconds)
        failed, self._failed = self._failed, []
        for letter in failed:
            self._send(letter)
        if waiting or failed:
            raise RetryLater(f"{waiting + len(failed)} dead letters are not acknowledged yet.")

    def _send(self, letter: DeadLetter) -> None:
        def delivered(error: KafkaError | None, _: Any) -> None:
            if error:
                self._failed.append(letter)

        headers: list[tuple[str, str | bytes | None]] = [*letter.to_headers()]
        self._producer.produce(
            DEAD.name, letter.value, key=letter.key(), headers=headers, on_delivery=delivered
        )
