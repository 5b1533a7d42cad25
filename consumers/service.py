"""The consumer process: settings in, a running loop out."""

from confluent_kafka import Consumer

from consumers.dead_letters import DeadLetters
from consumers.enrichment.agents import read_agent
from consumers.enrichment.geography import open_geography
from consumers.inserts import Inserter
from consumers.loop import BatchLimits, ConsumerLoop
from consumers.usage import UsageSink
from consumers.writer_schemas import PublishedSchemas
from runtime import clickhouse, metrics, notify, topics
from runtime.settings import ConsumerSettings
from runtime.signals import on_stop
from schemas.topics import DEAD, SCHEMAS, USAGE


def run(settings: ConsumerSettings) -> None:
    """Consume until SIGTERM or SIGINT.

    Raises SettingError or TopicsNotReady before anything is consumed, StopConsuming when an operator must
    act.
    """
    brokers = settings.kafka_bootstrap_servers
    topic_ids = topics.check(topics.admin(brokers), (USAGE, DEAD, SCHEMAS))
    sink = UsageSink(PublishedSchemas(brokers), read_agent, open_geography(settings.geo_databases).find)
    read_agent("")  # the first user agent costs a second, which no event should wait for
    metrics.serve(settings.admin_host, settings.admin_port)
    consumer = _kafka_consumer(settings)
    loop = ConsumerLoop(
        consumer,
        sink,
        topic_ids[USAGE.name],
        Inserter(clickhouse.connect(settings), sink),
        DeadLetters(brokers),
        BatchLimits(settings.batch_max_bytes, settings.batch_max_wait_ms / 1000),
    )
    on_stop(loop.stop)
    try:
        loop.run(on_assigned=notify.ready)
    finally:
        consumer.close()


def _kafka_consumer(settings: ConsumerSettings) -> Consumer:
    config: dict[str, str | int | float | bool] = {
        "bootstrap.servers": settings.kafka_bootstrap_servers,
        "group.id": settings.consumer_group,
        "enable.auto.commit": False,
        "auto.offset.reset": "earliest",
        "partition.assignment.strategy": "cooperative-sticky",
        "session.timeout.ms": 10_000,
        "fetch.wait.max.ms": 100,
        "queued.max.messages.kbytes": 32 << 10,
    }
    if settings.consumer_instance:
        config["group.instance.id"] = settings.consumer_instance
    return Consumer(config)
