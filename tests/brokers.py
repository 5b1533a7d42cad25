"""Kafka nodes of a test's own, to be killed and frozen at will."""

import asyncio
import contextlib
import signal
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

from confluent_kafka import Consumer, Message, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from local.kafka.broker import Broker
from local.kafka.jars import local_jars
from local.ports import HOST, Ports
from tests.client import awaited
from tests.conftest import free_port_base

READY_WITHIN_S = 60


class RunningBroker:
    """A broker's process."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.address = f"{HOST}:{broker.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.broker.configure()
        self._process = self._run(self.broker.serve_argv)
        asyncio.run(asyncio.wait_for(self.broker.until_ready(), READY_WITHIN_S))

    def format(self) -> None:
        self.broker.configure()
        assert self._run(self.broker.format_argv).wait() == 0

    def stop(self) -> int:
        assert self._process
        self._process.terminate()
        return self._process.wait(15)

    def kill(self) -> None:
        assert self._process
        self._process.kill()
        self._process.wait()

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """It answers nobody until the block ends, and has forgotten nothing."""
        assert self._process
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def _run(self, argv: list[str]) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(argv, env=self.broker.environ, cwd=self.broker.directory)


@contextlib.contextmanager
def running_broker(directory: Path) -> Iterator[RunningBroker]:
    """One, until the block ends."""
    ports, jars = Ports(free_port_base()), local_jars(lambda _there, _total: None)
    running = RunningBroker(Broker(directory, jars, HOST, ports.kafka, ports.kafka_controller))
    running.format()
    running.start()
    try:
        yield running
    finally:
        running.kill()


def create_topic(address: str) -> str:
    """A topic of one partition."""
    topic = f"test-{uuid.uuid4().hex}"
    client = AdminClient({"bootstrap.servers": address})
    client.create_topics([NewTopic(topic, 1, 1)])[topic].result(15)
    return topic


def messages(address: str, topic: str, partitions: int = 1) -> list[Message]:
    """All that the topic holds now."""
    consumer = Consumer({"bootstrap.servers": address, "group.id": uuid.uuid4().hex})
    found: list[Message] = []
    try:
        # A broker that has just started says for a moment that it knows of no partition.
        awaited(lambda: consumer.list_topics(topic, timeout=20).topics[topic].partitions)
        for partition in range(partitions):
            place = TopicPartition(topic, partition, 0)
            left = consumer.get_watermark_offsets(place, timeout=20)[1]
            consumer.assign([place])
            while left > 0:
                read = consumer.consume(left, 15)
                assert read, f"{left} messages of {topic} do not come"
                left -= len(read)
                found += read
    finally:
        consumer.close()
    return found
