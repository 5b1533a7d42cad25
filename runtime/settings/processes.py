"""Settings of every process but the collector, and the list of all processes."""

from dataclasses import Field, dataclass, fields
from pathlib import Path
from typing import Any

from runtime.settings.collector import CollectorSettings
from runtime.settings.declaring import setting, variable
from runtime.settings.parts import OperatorSettings, ProcessSettings, RetentionSettings, TenantSettings
from runtime.settings.servers import ClickHouseSettings, KafkaSettings, SchemaRegistrySettings


@dataclass(frozen=True, kw_only=True)
class ConsumerSettings(ProcessSettings, KafkaSettings, SchemaRegistrySettings, ClickHouseSettings):
    """Settings of `sillage consumer`."""

    consumer_group: str = setting("Kafka consumer group.", "sillage")
    consumer_instance: str = setting(
        "A name that no other consumer of the group has: after a restart it has its partitions back at once.",
        "",
    )
    consumer_protocol: str = setting(
        "Kafka's protocol for groups: `classic`, or `consumer`, where the brokers set the session's length.",
        "classic",
        one_of=("classic", "consumer"),
    )
    consumer_session_timeout_ms: int = setting(
        "Silence after which the partitions of a consumer go to others; only of the classic protocol.",
        10_000,
        at_least=1_000,
    )
    consumer_rebalance_timeout_ms: int = setting(
        "Longest time that a rebalance waits for a consumer, and that a consumer may be busy with one batch.",
        120_000,
        at_least=1_000,
    )
    clickhouse_timeout_ms: int = setting(
        "Longest wait for ClickHouse's answer to an INSERT; then it is found out what was stored.",
        30_000,
        at_least=1_000,
    )
    geo_databases: tuple[Path, ...] | None = setting(
        "City databases in MMDB format, asked in turn; set and empty: geography is unknown.", None
    )
    batch_max_bytes: int = setting(
        "Bytes of records that are sent in one INSERT at most.", 64 << 20, at_least=1 << 16
    )
    batch_max_wait_ms: int = setting("Longest time a record waits for its INSERT to fill.", 250, at_least=1)


@dataclass(frozen=True, kw_only=True)
class JobSettings(ProcessSettings, RetentionSettings):
    """Settings of `sillage jobs`."""

    jobs_interval_seconds: int = setting("Pause between two rounds of periodic work.", 60, at_least=1)
    retention_check_seconds: int = setting(
        "Time between two checks of retention, each of which is kept for the report.", 3_600, at_least=1
    )


@dataclass(frozen=True, kw_only=True)
class MigrateSettings(KafkaSettings, SchemaRegistrySettings, ClickHouseSettings):
    """Settings of `sillage migrate`."""


@dataclass(frozen=True, kw_only=True)
class QuerySettings(ClickHouseSettings, OperatorSettings):
    """Settings of the commands that ask questions, such as `sillage usage`."""

    segments_file: Path | None = setting(
        "TOML file of segments, named filters for questions about usage; empty: there are none.", None
    )


@dataclass(frozen=True, kw_only=True)
class PrivacySettings(QuerySettings, RetentionSettings, TenantSettings):
    """Settings of the commands of people's rights: `sillage person`, `sillage tenant`."""

    two_person_approval: str = setting(
        "Whether an erasure waits until another operator has approved it: `on` or `off`.",
        "off",
        one_of=("on", "off"),
    )


PROCESSES: tuple[type, ...] = (
    CollectorSettings, ConsumerSettings, JobSettings, RetentionSettings, MigrateSettings, QuerySettings,
    PrivacySettings,
)  # fmt: skip


def known() -> dict[str, "Field[Any]"]:
    """Every setting of every process, by environment variable."""
    return {variable(f.name): f for process in PROCESSES for f in fields(process)}
