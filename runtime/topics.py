"""Make the declared topics, and check at a process's start that they are as declared."""

import time
from collections.abc import Iterable

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType

from schemas.topics import Topic

_TIMEOUT = 10.0
_CONTROLLER_TIMEOUT = 2.0
_POLL_SECONDS = 0.05


class TopicsNotReady(Exception):
    """A topic is missing or not as declared; the message says which, how, and what to run."""


def create_missing(client: AdminClient, topics: Iterable[Topic], replication_factor: int) -> list[str]:
    """Create the topics that do not exist; give the names of those created, once brokers know them.

    Raises KafkaException, TopicsNotReady.
    """
    client.list_topics(timeout=_TIMEOUT)  # it knows why Kafka turns us away: `runtime.kafka.Admin`
    wanted = [NewTopic(t.name, t.partitions, replication_factor, config=t.config) for t in topics]
    created = []
    for name, done in client.create_topics(wanted, request_timeout=_TIMEOUT).items():
        try:
            done.result()
            created.append(name)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise
    _await_topics(client, created)
    return created


def _await_topics(client: AdminClient, names: list[str]) -> None:
    """The controller answers before the brokers have heard of a new topic: ask until they have."""
    deadline = time.monotonic() + _TIMEOUT
    while missing := set(names) - set(client.list_topics(timeout=_TIMEOUT).topics):
        if time.monotonic() > deadline:
            raise TopicsNotReady(
                f"Kafka has created {missing} but does not show them. Run `sillage migrate` again."
            )
        time.sleep(_POLL_SECONDS)


def check(client: AdminClient, topics: Iterable[Topic], timeout: float = _TIMEOUT) -> dict[str, bytes]:
    """Hold the topics against their declaration; give each topic's id (16 bytes).

    Raises TopicsNotReady, or KafkaException when Kafka does not answer within so many seconds. More
    partitions than declared are fine: a busy installation adds some.
    """
    client.list_topics(timeout=timeout)  # it knows why Kafka turns us away: `runtime.kafka.Admin`
    declared = {topic.name: topic for topic in topics}
    described = client.describe_topics(TopicCollection(list(declared)), request_timeout=timeout)
    ids = {}
    for name, future in described.items():
        try:
            found = future.result()
        except KafkaException as error:
            if error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise TopicsNotReady(f"Topic {name} does not exist. Run `sillage migrate`.") from None
            raise
        if len(found.partitions) < declared[name].partitions:
            raise TopicsNotReady(
                f"Topic {name} has {len(found.partitions)} partitions, not {declared[name].partitions}. "
                f"Add the missing ones with Kafka's own tools."
            )
        ids[name] = _id_bytes(found.topic_id)
    _check_settings(client, declared, timeout)
    return ids


def topic_id(client: AdminClient, topic: Topic) -> bytes:
    """The topic's id (16 bytes) as of now; raises KafkaException when Kafka does not say.

    librdkafka asks the controller, and as long as it takes a node that has ended for it, it tries to connect
    in a loop that uses a whole core (600,000 switches between threads in ten seconds, librdkafka 2.16): so it
    hears first who is there, and does not wait for long.
    """
    client.list_topics(topic.name, timeout=_TIMEOUT)
    asked = client.describe_topics(TopicCollection([topic.name]), request_timeout=_CONTROLLER_TIMEOUT)
    return _id_bytes(asked[topic.name].result().topic_id)


def _check_settings(client: AdminClient, declared: dict[str, Topic], timeout: float) -> None:
    resources = [ConfigResource(ResourceType.TOPIC, name) for name in declared]
    for resource, future in client.describe_configs(resources, request_timeout=timeout).items():
        entries = future.result()
        for setting, value in declared[resource.name].config.items():
            if entries[setting].value != value:
                raise TopicsNotReady(
                    f"Topic {resource.name} has {setting}={entries[setting].value}; {value} is declared. "
                    f"Sillage's expiry depends on it: set it back with Kafka's own tools."
                )


def _id_bytes(topic_id: object) -> bytes:
    """Kafka's topic id as its 16 bytes, big-endian."""
    most = topic_id.get_most_significant_bits()  # type: ignore[attr-defined]
    least = topic_id.get_least_significant_bits()  # type: ignore[attr-defined]
    mask = (1 << 64) - 1
    return int((most & mask) << 64 | least & mask).to_bytes(16, "big")
