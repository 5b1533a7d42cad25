"""What `sillage doctor` checks, in its order; to add a check is to add a line."""

from cli.checks import clickhouse, clocks, collector, geography, kafka, machine, registry
from cli.checks.finding import Check, Finding, Verdict, examine

CHECKS = (
    Check("python", machine.python_version),
    Check("disk", machine.free_disk),
    Check("settings", machine.settings),
    Check("kafka", kafka.answers, needs=("settings",)),
    Check("topics", kafka.topics, needs=("settings", "kafka")),
    Check("schema registry", registry.usage_schema, needs=("settings",)),
    Check("clickhouse", clickhouse.answers, needs=("settings",)),
    Check("migrations", clickhouse.migrations, needs=("clickhouse",)),
    Check("expiry", clickhouse.table_expiry, needs=("migrations",)),
    Check("tenants", collector.tenants, needs=("settings",)),
    Check("pseudonym keys", collector.pseudonym_keys, needs=("settings",)),
    Check("collector", collector.ready, needs=("settings",)),
    Check("sdk built", collector.sdk_built),
    Check("sdk served", collector.sdk_served, needs=("collector", "sdk built")),
    Check("consumer group", kafka.consumer_group, needs=("topics",)),
    Check("span consumer group", kafka.span_consumer_group, needs=("topics",)),
    Check("clickhouse clock", clocks.clickhouse_clock, needs=("clickhouse",)),
    Check("kafka clock", clocks.kafka_clock, needs=("topics",)),
    Check("geography", geography.geography, needs=("settings",)),
)

__all__ = ["CHECKS", "Check", "Finding", "Verdict", "examine"]
