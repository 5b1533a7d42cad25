"""A consumer group, a consumer and a database of a test's own, on the running stack's servers."""

import contextlib
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from clickhouse_connect.driver.client import Client
from confluent_kafka import Producer, TopicPartition

from runtime.kafka import Admin
from runtime.positions import Position, positions
from runtime.settings import KafkaSettings, load
from schemas.topics import USAGE
from schemas.usage import pack_received_at
from tests.client import awaited
from tests.conftest import Stack
from tests.ingest.batches import usage_record
from tests.queries.databases import own_database


@dataclass
class Pipeline:
    """What one test may damage without another's noticing; records come from the topic that all share."""

    environ: dict[str, str]
    group: str
    client: Client
    tenant: str
    consumer: "subprocess.Popen[str] | None" = None
    said: str = ""

    @property
    def kafka(self) -> KafkaSettings:
        return load(KafkaSettings, self.environ)

    @property
    def brokers(self) -> str:
        return self.environ["SILLAGE_KAFKA_BOOTSTRAP_SERVERS"]

    def sillage(self, *arguments: str, **changes: str) -> "subprocess.CompletedProcess[str]":
        """Run a command as a user does."""
        command = [sys.executable, "-m", "cli", *arguments]
        environ = self.environ | {"COLUMNS": "200"} | changes
        return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)

    def start_consumer(self) -> None:
        self.consumer = subprocess.Popen(
            [sys.executable, "-m", "cli", "consumer"],
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def stop_consumer(self) -> str:
        """End it as SIGTERM does; gives what it said."""
        process, self.consumer = self.consumer, None
        if process is None:
            return ""
        process.terminate()
        try:
            return process.communicate(timeout=30)[0]
        finally:
            process.kill()

    def consume_all(self) -> None:
        """Run a consumer until the group has passed everything that Kafka holds now."""
        self.start_consumer()
        try:
            awaited(lambda: not self.lag())
        finally:
            self.said = self.stop_consumer()

    def lag(self) -> int:
        return lag(self.environ, self.group)

    def positions(self) -> dict[int, Position]:
        found = positions(Admin(self.kafka), self.group, [USAGE.name])
        return {partition: at for (_, partition), at in found.items()}

    def produce(
        self,
        events: int = 2,
        value: bytes | None = None,
        headers: Any = None,
        age_days: float = 0,
        retention_days: int = 90,
    ) -> tuple[str, list[str]]:
        """Send one record to Kafka; gives its coordinates and its events' ids."""
        made, ids = usage_record(events, retention_days)
        stamp = _now(age_days)
        carried = [("tenant", self.tenant.encode()), ("received_at", stamp)] if headers is None else headers
        found: list[Any] = []
        producer = Producer({"bootstrap.servers": self.brokers, "acks": "all"})
        producer.produce(
            USAGE.name,
            made if value is None else value,
            key=self.tenant,  # in one partition: the offsets of a test follow each other
            headers=carried,
            on_delivery=lambda error, message: found.append(error or message),
        )
        assert producer.flush(10) == 0
        (message,) = found
        return f"{message.topic()}/{message.partition()}/{message.offset()}", ids

    def produce_in_transaction(self, ending: str) -> None:
        """Send one record of one event within a transaction, which is then committed or aborted."""
        producer = Producer({"bootstrap.servers": self.brokers, "transactional.id": self.tenant})
        producer.init_transactions(30)
        producer.begin_transaction()
        headers: Any = [("tenant", self.tenant.encode()), ("received_at", _now())]
        producer.produce(USAGE.name, usage_record(1)[0], key=self.tenant, headers=headers)
        producer.flush(10)
        (producer.commit_transaction if ending == "commit" else producer.abort_transaction)(30)

    def stored_ids(self) -> list[str]:
        """The events of this test's tenant that are stored, each as often as it is."""
        sql = "SELECT toString(event_id) FROM usage WHERE tenant = {tenant:String}"
        return sorted(row[0] for row in self.client.query(sql, {"tenant": self.tenant}).result_rows)

    def delete(self, place: str) -> None:
        """Take the rows of one record out of ClickHouse."""
        _, partition, offset = place.split("/")
        self.client.command(
            "ALTER TABLE usage_events DELETE WHERE kafka_partition = {partition:UInt16} AND kafka_offset = "
            "{offset:UInt64} SETTINGS mutations_sync = 1",
            {"partition": int(partition), "offset": int(offset)},
        )


@contextlib.contextmanager
def own_pipeline(stack: Stack) -> Iterator[Pipeline]:
    """It begins with an empty topic; its consumer is ended, and its database dropped, at the end."""
    awaited(lambda: not lag(stack.environ, "sillage"))
    forget_records(stack.environ)
    with own_database(stack) as (database, client):
        group = f"test.{uuid.uuid4().hex}"
        environ = stack.environ | {"SILLAGE_CLICKHOUSE_DATABASE": database, "SILLAGE_CONSUMER_GROUP": group}
        pipeline = Pipeline(environ, group, client, tenant=f"t{uuid.uuid4().hex[:10]}")
        try:
            yield pipeline
        finally:
            pipeline.stop_consumer()


def lag(environ: dict[str, str], group: str) -> int:
    """Records that the group has not come to."""
    client = Admin(load(KafkaSettings, environ))
    return sum(at.lag for at in positions(client, group, [USAGE.name]).values())


def forget_records(environ: dict[str, str]) -> None:
    """Let the usage topic's records leave Kafka, as retention does."""
    client = Admin(load(KafkaSettings, environ))
    ends = positions(client, "nobody", [USAGE.name]).items()
    for future in client.delete_records([TopicPartition(*place, at.end) for place, at in ends]).values():
        future.result()


def _now(minus_days: float = 0) -> bytes:
    return pack_received_at(time.time_ns() // 1_000_000 - int(minus_days * 86_400_000))
