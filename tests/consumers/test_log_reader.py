"""Chosen records of a real partition: exactly those asked for, near and far apart."""

import uuid
from collections.abc import Iterator

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import NewTopic
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from consumers.intervals import Interval
from consumers.log_reader import LogReader
from runtime.kafka import Admin
from tests.conftest import Stack

RECORDS = 6_000
CUTS = st.lists(st.integers(0, RECORDS), max_size=8, unique=True).map(sorted)


@pytest.fixture(scope="module")
def topic(stack: Stack) -> Iterator[str]:
    client, name = Admin(stack.kafka), f"test.{uuid.uuid4().hex}"
    client.create_topics([NewTopic(name, 1, 1)])[name].result()
    producer = Producer({"bootstrap.servers": stack.kafka_bootstrap_servers, "linger.ms": 50})
    for number in range(RECORDS):
        producer.produce(name, str(number).encode())
    assert producer.flush(30) == 0
    yield name
    client.delete_topics([name])[name].result()


@pytest.fixture(scope="module")
def reader(stack: Stack) -> Iterator[LogReader]:
    found = LogReader(stack.kafka)
    yield found
    found.close()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CUTS)
@example([0, 1, RECORDS - 1, RECORDS])
@example([0, 1, 2, 3, 5_000, 5_001])
def test_exactly_the_records_asked_for_come_in_order(reader: LogReader, topic: str, cuts: list[int]) -> None:
    wanted = [Interval(*pair) for pair in zip(cuts[::2], cuts[1::2], strict=False)]
    found = [int(message.value() or b"") for message in reader.read(topic, 0, wanted)]
    assert found == [offset for one in wanted for offset in range(one.first, one.until)]


def test_the_whole_topic_is_what_it_holds_now(reader: LogReader, topic: str) -> None:
    assert sum(1 for _ in reader.whole(topic)) == RECORDS
    assert reader.kept(topic, 0) == Interval(0, RECORDS)


def test_a_topic_that_does_not_exist_has_no_partitions(reader: LogReader) -> None:
    assert reader.partitions("test.not-there") == []
    assert list(reader.whole("test.not-there")) == []
