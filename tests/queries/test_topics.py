import uuid

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import NewTopic

from queries.topics import members, topics
from runtime.kafka import Admin
from runtime.positions import Position, positions
from tests.conftest import Stack


def test_a_topic_is_counted_over_all_its_partitions(stack: Stack) -> None:
    client, name, group = Admin(stack.kafka), f"test.{uuid.uuid4().hex}", uuid.uuid4().hex
    client.create_topics([NewTopic(name, 2, 1)])[name].result()
    producer = Producer({"bootstrap.servers": stack.kafka_bootstrap_servers})
    for number in range(5):
        producer.produce(name, b"x", partition=number % 2)
    assert producer.flush(10) == 0
    consumer = Consumer({"bootstrap.servers": stack.kafka_bootstrap_servers, "group.id": group})
    consumer.commit(offsets=[TopicPartition(name, 0, 2)], asynchronous=False)
    consumer.close()

    assert positions(client, group, [name]) == {(name, 0): Position(0, 3, 2), (name, 1): Position(0, 2, None)}
    (found,) = topics(client, [name, "test.not-there"], {name: group})
    assert (found.name, found.records, found.lag) == (name, 5, 3)
    assert found.records_per_second == 0.5
    assert topics(client, [name], {})[0].lag is None
    assert members(client, group) == 0
    client.delete_topics([name])[name].result()
