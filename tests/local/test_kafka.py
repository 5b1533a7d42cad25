"""The real Kafka, as the stack runs it."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from local.kafka.broker import Broker
from local.ports import HOST, Ports
from tests.brokers import RunningBroker, create_topic, running_broker
from tests.conftest import free_port_base

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]  # the first run fetches Kafka

COUNT = 1000


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBroker]:
    directory = tmp_path_factory.mktemp("kafka, of this test")  # a comma separates two directories in Kafka
    with running_broker(directory) as running:
        assert running.broker.is_formatted
        yield running


def produce(address: str, topic: str, compression: str = "none") -> None:
    """Send COUNT messages; returns when all are acknowledged."""
    producer = Producer({"bootstrap.servers": address, "acks": "all", "compression.type": compression})
    refused = []
    for number in range(COUNT):
        producer.produce(topic, b"%d" % number, on_delivery=lambda error, _: refused.append(error))
    assert producer.flush(30) == 0
    assert refused == [None] * COUNT


def read_all(address: str, topic: str) -> list[bytes | None]:
    consumer = Consumer({"bootstrap.servers": address, "group.id": uuid.uuid4().hex})
    consumer.assign([TopicPartition(topic, 0, 0)])
    found: list[bytes | None] = []
    try:
        while len(found) < COUNT:
            messages = consumer.consume(COUNT, 15)
            assert messages, f"only {len(found)} messages"
            found += [message.value() for message in messages]
    finally:
        consumer.close()
    return found


@pytest.mark.parametrize("compression", ["none", "lz4", "zstd", "snappy", "gzip"])
def test_messages_come_back_in_order(broker: RunningBroker, compression: str) -> None:
    topic = create_topic(broker.address)
    produce(broker.address, topic, compression)
    assert read_all(broker.address, topic) == [b"%d" % number for number in range(COUNT)]


def test_acknowledged_messages_survive_a_kill(broker: RunningBroker) -> None:
    topic = create_topic(broker.address)
    produce(broker.address, topic)
    broker.kill()
    broker.start()
    assert read_all(broker.address, topic) == [b"%d" % number for number in range(COUNT)]
    produce(broker.address, topic)


def test_the_data_can_move_to_other_ports_after_an_ordinary_stop(broker: RunningBroker) -> None:
    topic = create_topic(broker.address)
    produce(broker.address, topic)
    assert broker.stop() == 143  # Java's exit code for SIGTERM
    ports = Ports(free_port_base())
    before = broker.broker
    moved = RunningBroker(Broker(before.directory, before.jars, HOST, ports.kafka, ports.kafka_controller))
    try:
        moved.start()
        assert read_all(moved.address, topic) == [b"%d" % number for number in range(COUNT)]
    finally:
        moved.kill()
        broker.start()


def test_topics_are_not_made_by_accident(broker: RunningBroker) -> None:
    client = AdminClient({"bootstrap.servers": broker.address})
    topic = f"mistyped-{uuid.uuid4().hex}"
    assert client.list_topics(topic, timeout=15).topics[topic].error is not None
    assert topic not in client.list_topics(timeout=15).topics


def test_storage_that_was_half_formatted_is_formatted_again(broker: RunningBroker, tmp_path: Path) -> None:
    fresh = RunningBroker(Broker(tmp_path, broker.broker.jars, HOST, 1, 2))
    fresh.format()
    (tmp_path / "data" / "meta.properties").unlink()
    assert not fresh.broker.is_formatted
    fresh.format()
    assert fresh.broker.is_formatted
