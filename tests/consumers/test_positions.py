"""Where a consumer stands in each partition, and what it does when something else comes than must."""

import uuid
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from consumers.errors import StopConsuming
from consumers.positions import Positions
from runtime import metrics, topics
from runtime.kafka import Admin
from schemas.topics import Topic
from tests.conftest import Stack


@pytest.fixture
def topic() -> Topic:
    return Topic(f"test.{uuid.uuid4().hex}", 3)


@pytest.fixture
def asked(stack: Stack, topic: Topic) -> dict[str, Any]:
    """A topic of the test's own, a consumer of a group of its own, and an admin client."""
    admin = Admin(stack.kafka)
    topics.create_missing(admin, [topic], 1)
    consumer = Consumer({"bootstrap.servers": stack.kafka_bootstrap_servers, "group.id": uuid.uuid4().hex})
    return {"consumer": consumer, "admin": admin, "topic": topic}


def on(topic: Topic, *partitions: int, offset: int = -1001) -> list[TopicPartition]:
    return [TopicPartition(topic.name, partition, offset) for partition in partitions]


def expired(topic: Topic) -> float:
    return float(metrics.EXPIRED_UNREAD.labels(topic.name)._value.get())


def written(stack: Stack, topic: Topic, partition: int, records: int) -> None:
    producer = Producer({"bootstrap.servers": stack.kafka_bootstrap_servers})
    for _ in range(records):
        producer.produce(topic.name, b"", partition=partition)
    assert producer.flush(10) == 0


def test_a_record_of_a_partition_that_is_not_assigned_is_left_alone(
    asked: dict[str, Any], topic: Topic
) -> None:
    positions = Positions(**asked, topic_id=b"")
    positions.assigned(on(topic, 0, 1))
    positions.revoked(on(topic, 1))
    assert (positions.pass_over(0, 7), positions.pass_over(1, 7)) == (True, False)


def test_offsets_that_go_back_stop_the_consumer_until_they_are_assigned_anew(
    asked: dict[str, Any], topic: Topic
) -> None:
    positions = Positions(**asked, topic_id=b"")
    positions.assigned(on(topic, 0))
    positions.pass_over(0, 7)
    with pytest.raises(StopConsuming, match="goes back from offset 8 to 7"):
        positions.pass_over(0, 7)
    positions.assigned(on(topic, 0))
    assert positions.pass_over(0, 7)


def test_records_that_left_kafka_unread_are_counted_as_lost(
    stack: Stack, asked: dict[str, Any], topic: Topic
) -> None:
    written(stack, topic, 2, records=30)
    asked["admin"].delete_records(on(topic, 2, offset=20))[on(topic, 2)[0]].result()
    asked["consumer"].commit(offsets=on(topic, 2, offset=10), asynchronous=False)
    positions = Positions(**asked, topic_id=topics.topic_id(asked["admin"], topic))
    positions.assigned(on(topic, 2))
    positions.pass_over(2, 20)
    positions.check_new()
    positions.check_new()
    assert expired(topic) == 10


def test_offsets_that_no_record_has_are_no_loss(stack: Stack, asked: dict[str, Any], topic: Topic) -> None:
    written(stack, topic, 0, records=30)
    asked["consumer"].commit(offsets=on(topic, 0, offset=10), asynchronous=False)
    positions = Positions(**asked, topic_id=topics.topic_id(asked["admin"], topic))
    positions.assigned(on(topic, 0))
    positions.pass_over(0, 11)
    positions.check_new()
    positions.pass_over(0, 13)
    assert expired(topic) == 0


def test_a_group_that_has_committed_nothing_has_lost_nothing(asked: dict[str, Any], topic: Topic) -> None:
    positions = Positions(**asked, topic_id=topics.topic_id(asked["admin"], topic))
    positions.assigned(on(topic, 0))
    positions.pass_over(0, 15)
    positions.check_new()
    assert expired(topic) == 0


def test_nothing_is_stored_of_a_topic_that_was_made_anew(asked: dict[str, Any], topic: Topic) -> None:
    positions = Positions(**asked, topic_id=b"another topic's!")
    positions.assigned(on(topic, 0))
    positions.pass_over(0, 0)
    with pytest.raises(StopConsuming, match="deleted and made anew"):
        positions.check_new()
