"""The yardstick: what everybody writes. Decode each event, make rows, insert columns."""

import io
from datetime import UTC, datetime
from typing import Any

import fastavro
import psutil
from confluent_kafka import Consumer, Message, TopicPartition

from bench.processes import Engines, Measured
from bench.result import Cost
from consumers.enrichment.agents import Agent, read_agent
from runtime.clickhouse import connect
from runtime.settings import QuerySettings, load
from schemas import usage
from schemas.topics import USAGE

COLUMNS = [
    "received_at", "tenant", "retention_days", "kind", "name", "occurred_at", "client_at", "page", "referrer",
    "session_id", "user_id", "event_id", "batch_id", "trace_id", "properties_json", "sdk", "release",
    "language", "screen", "timezone", "browser", "browser_version", "os", "os_version", "device",
    "is_bot", "bot_reasons", "kafka_partition", "kafka_offset",
]  # fmt: skip
_ROWS_AN_INSERT = 50_000


def measure(at: Engines, events: int) -> Cost:
    """CPU of this process and of the engine for so many events of the topic that is already full."""
    client = connect(load(QuerySettings, at.environ))
    client.command("CREATE TABLE yardstick AS usage_events")
    brokers = at.environ["SILLAGE_KAFKA_BOOTSTRAP_SERVERS"]
    consumer = Consumer({"bootstrap.servers": brokers, "group.id": "yardstick", "enable.auto.commit": False})
    consumer.assign([TopicPartition(USAGE.name, partition, 0) for partition in range(USAGE.partitions)])
    schema = fastavro.parse_schema(usage.BATCH)
    agents: dict[str, Agent] = {}
    me, done, rows = Measured(psutil.Process()), 0, []
    own, engine = me.cpu_seconds(), at.clickhouse.cpu_seconds()
    while done < events:
        for message in consumer.consume(500, 1.0):
            batch = fastavro.schemaless_reader(io.BytesIO((message.value() or b"")[10:]), schema, None)
            assert isinstance(batch, dict)
            agent = batch["user_agent"]
            if agent not in agents:
                agents[agent] = read_agent(agent)
            stamp = dict(message.headers() or ())["received_at"]
            received_at = usage.unpack_received_at(stamp)  # type: ignore[arg-type]
            rows += [_row(batch, event, agents[agent], received_at, message) for event in batch["events"]]
        if len(rows) >= _ROWS_AN_INSERT or done + len(rows) >= events:
            client.insert("yardstick", rows, column_names=COLUMNS)
            done += len(rows)
            rows = []
    cost = Cost(
        own=(me.cpu_seconds() - own) / done * 1e6,
        engine=(at.clickhouse.cpu_seconds() - engine) / done * 1e6,
    )
    consumer.close()
    client.command("DROP TABLE yardstick")
    return cost


def _row(batch: Any, event: Any, agent: Agent, received_at: int, message: Message) -> tuple[Any, ...]:
    return (
        _time(received_at), "bench", batch["retention_days"], event["kind"], event["name"],
        _time(event["at"] + received_at - batch["sent_at"]), _time(event["at"]), event["page"],
        event["referrer"], _own(event, batch, "session_id"), _own(event, batch, "user_id"),
        event["event_id"], batch["batch_id"], event["trace_id"], event["properties_json"],
        batch["sdk"], batch["release"], batch["language"], batch["screen"],
        batch["timezone"], agent.browser, agent.browser_version, agent.os, agent.os_version,
        agent.device, False, [], message.partition(), message.offset(),
    )  # fmt: skip


def _own(event: Any, batch: Any, name: str) -> str:
    return str(event[name][1:] if event[name] else batch[name])


def _time(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1e3, UTC)
