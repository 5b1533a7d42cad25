"""The consumer process: settings in, a running loop out."""

import logging
import time
from typing import Any

from clickhouse_connect.driver.client import Client
from confluent_kafka import Consumer

from consumers.claims import Claims
from consumers.dead_letters import DeadLetters
from consumers.enrichment.agents import read_agent
from consumers.enrichment.geography import open_geography
from consumers.inserts import Inserter
from consumers.loop import BatchLimits, ConsumerLoop
from consumers.positions import Positions
from consumers.spans import SpanSink
from consumers.usage import UsageSink
from consumers.writer_schemas import WriterSchemas
from runtime import clickhouse, kafka, metrics, notify, topics, tracing
from runtime.memory import collect_rarely, keep_freed_memory
from runtime.schema_registry import schema_registry
from runtime.settings import ConsumerSettings
from runtime.signals import on_stop
from schemas.topics import DEAD, SCHEMAS, SPANS, Topic, group_of

_KEPT_BYTES, _LARGE_BYTES = 256 << 20, 64 << 20
"""What a batch frees is written again by the next one."""

log = logging.getLogger(__name__)

_CONNECT_SECONDS = 1.0


def run(settings: ConsumerSettings, topic: Topic) -> None:
    """Consume one of `schemas.topics.CONSUMED` until SIGTERM or SIGINT.

    Raises SettingError or TopicsNotReady before anything is consumed, StopConsuming when an operator must
    act.
    """
    keep_freed_memory(_KEPT_BYTES, _LARGE_BYTES)
    admin = kafka.Admin(settings)
    topic_id = topics.check(admin, (topic, DEAD, SCHEMAS))[topic.name]
    sink = SpanSink(topic_id) if topic is SPANS else _usage_sink(settings, topic_id)
    client = _clickhouse_client(settings)
    metrics.serve(settings.admin_host, settings.admin_port)
    consumer = _kafka_consumer(settings, group_of(topic, settings.consumer_group))
    claims = Claims(client, sink, topic_id)
    loop = ConsumerLoop(
        consumer,
        sink,
        Positions(consumer, admin, topic, topic_id),
        claims,
        Inserter(client, sink, claims),
        DeadLetters(settings),
        BatchLimits(settings.batch_max_bytes, settings.batch_max_wait_ms / 1000),
    )
    on_stop(loop.stop)
    collect_rarely()
    try:
        with tracing.tracing("consumer", settings):
            loop.run(on_assigned=notify.ready)
    finally:
        consumer.close()


def _usage_sink(settings: ConsumerSettings, topic_id: bytes) -> UsageSink:
    places = open_geography(settings.geo_databases)
    read_agent("")  # the first user agent costs a second, which no event should wait for
    writer_schemas = WriterSchemas(settings, schema_registry(settings))
    return UsageSink(topic_id, writer_schemas, read_agent, places.find)


def _clickhouse_client(settings: ConsumerSettings) -> Client:
    """Wait for ClickHouse: a consumer may be started before it, or during an outage."""
    while True:
        try:
            return clickhouse.connect(settings, timeout_seconds=settings.clickhouse_timeout_ms / 1000)
        except clickhouse.ClickHouseUnreachable as error:
            log.warning("Trying again in %.0f s: %s", _CONNECT_SECONDS, error)
            time.sleep(_CONNECT_SECONDS)


def _kafka_consumer(settings: ConsumerSettings, group: str) -> Consumer:
    config: dict[str, Any] = {
        **kafka.connection(settings),
        "group.id": group,
        "group.protocol": settings.consumer_protocol,
        "enable.auto.commit": False,
        "auto.offset.reset": "earliest",
        "max.poll.interval.ms": settings.consumer_rebalance_timeout_ms,
        "fetch.wait.max.ms": 100,
        # Little is held, so that it is still in the processor's cache when it is read; and a full queue is
        # looked at again soon: by default nothing is fetched for a second after that.
        "queued.max.messages.kbytes": 2 << 10,
        "fetch.queue.backoff.ms": 5,
    }
    if settings.consumer_protocol == "classic":
        config["partition.assignment.strategy"] = "cooperative-sticky"
        config["session.timeout.ms"] = settings.consumer_session_timeout_ms
        config["heartbeat.interval.ms"] = settings.consumer_session_timeout_ms // 4
    if settings.consumer_instance:
        config["group.instance.id"] = settings.consumer_instance
    return Consumer(config)
