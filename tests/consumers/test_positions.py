"""Where a consumer stands in each partition, and what it does when something else comes than must."""

import uuid
from typing import Any

import pytest
from confluent_kafka import Consumer, TopicPartition

from consumers.errors import StopConsuming
from consumers.positions import Positions
from runtime import metrics, topics
from schemas.topics import USAGE
from tests.conftest import Stack


@pytest.fixture
def asked(stack: Stack) -> dict[str, Any]:
    """A consumer of a group of its own, and an admin client."""
    brokers = stack.kafka_bootstrap_servers
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": uuid.uuid4().hex})
    return {"consumer": consumer, "admin": topics.admin(brokers), "topic": USAGE}


def on(*partitions: int, offset: int = -1001) -> list[TopicPartition]:
    return [TopicPartition(USAGE.name, partition, offset) for partition in partitions]


def expired() -> float:
    return float(metrics.EXPIRED_UNREAD.labels(USAGE.name)._value.get())


def test_a_record_of_a_partition_that_is_not_assigned_is_left_alone(asked: dict[str, Any]) -> None:
    positions = Positions(**asked, topic_id=b"")
    positions.assigned(on(0, 1))
    positions.revoked(on(1))
    assert (positions.pass_over(0, 7), positions.pass_over(1, 7)) == (True, False)


def test_offsets_that_go_back_stop_the_consumer_until_they_are_assigned_anew(asked: dict[str, Any]) -> None:
    positions = Positions(**asked, topic_id=b"")
    positions.assigned(on(0))
    positions.pass_over(0, 7)
    with pytest.raises(StopConsuming, match="goes back from offset 8 to 7"):
        positions.pass_over(0, 7)
    positions.assigned(on(0))
    assert positions.pass_over(0, 7)


def test_records_that_left_kafka_unread_are_counted_as_lost(asked: dict[str, Any]) -> None:
    topic_id = topics.topic_id(asked["admin"], USAGE)
    asked["consumer"].commit(offsets=on(2, offset=10), asynchronous=False)
    positions, before = Positions(**asked, topic_id=topic_id), expired()
    positions.assigned(on(2))
    positions.pass_over(2, 15)
    positions.check_new()
    positions.check_new()
    assert expired() - before == 5
    positions.pass_over(2, 17)
    assert expired() - before == 6


def test_a_group_that_has_committed_nothing_has_lost_nothing(asked: dict[str, Any]) -> None:
    positions = Positions(**asked, topic_id=topics.topic_id(asked["admin"], USAGE))
    before = expired()
    positions.assigned(on(0))
    positions.pass_over(0, 15)
    positions.check_new()
    assert expired() == before


def test_nothing_is_stored_of_a_topic_that_was_made_anew(asked: dict[str, Any]) -> None:
    positions = Positions(**asked, topic_id=b"another topic's!")
    positions.assigned(on(0))
    positions.pass_over(0, 0)
    with pytest.raises(StopConsuming, match="deleted and made anew"):
        positions.check_new()
