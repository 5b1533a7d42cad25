"""A dead letter that Kafka does not take is sent again: its record's offset must not be committed before."""

import uuid

import pytest
from confluent_kafka import Message

from consumers.dead_letters import DeadLetters
from consumers.errors import RetryLater
from consumers.record import DeadRecord
from runtime.settings import KafkaSettings
from schemas.dead_letter import Reason
from tests.client import dead_letters
from tests.conftest import Stack


def buried(letters: DeadLetters, marker: bytes) -> None:
    message = Message(topic="sillage.usage", value=b"bad", headers=[("marker", marker)])
    letters.bury(message, b"t" * 16, DeadRecord(Reason.UNFRAMED, "why"))


def test_a_letter_is_confirmed_once_kafka_has_it(stack: Stack) -> None:
    marker, letters = uuid.uuid4().bytes, DeadLetters(stack.kafka)
    buried(letters, marker)
    letters.confirm()
    (found,) = dead_letters(stack, marker, 1)
    assert (found.value, found.reason, found.detail) == (b"bad", Reason.UNFRAMED, "why")


def test_a_letter_that_kafka_did_not_take_is_never_confirmed() -> None:
    letters = DeadLetters(KafkaSettings(kafka_bootstrap_servers="127.0.0.1:1"), ack_seconds=1.0)
    buried(letters, b"marker")
    for _ in range(3):
        with pytest.raises(RetryLater, match="1 dead letters"):
            letters.confirm()
    letters._producer.purge()  # what waits for its report keeps the producer alive, and trying, for good
    letters._producer.flush(1)
