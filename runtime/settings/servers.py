"""Settings of the servers that processes talk to: Kafka, ClickHouse, a schema registry."""

from dataclasses import dataclass
from pathlib import Path

from runtime.settings.declaring import setting


@dataclass(frozen=True, kw_only=True)
class KafkaSettings:
    """Where Kafka is, and how it is spoken to: `runtime.kafka` makes librdkafka's configuration of it."""

    kafka_bootstrap_servers: str = setting(
        "Kafka brokers, `host:port` separated by commas.", "127.0.0.1:8082"
    )
    kafka_security_protocol: str = setting(
        "How brokers are spoken to: `plaintext`, `ssl`, `sasl_plaintext` or `sasl_ssl`.",
        "plaintext",
        one_of=("plaintext", "ssl", "sasl_plaintext", "sasl_ssl"),
    )
    kafka_sasl_mechanism: str = setting(
        "How the password is proven: `PLAIN`, `SCRAM-SHA-256` or `SCRAM-SHA-512`.",
        "SCRAM-SHA-512",
        one_of=("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"),
    )
    kafka_sasl_username: str = setting("Kafka user; needed with SASL.", "")
    kafka_sasl_password: str = setting("Kafka password; needed with SASL.", "", secret=True)
    kafka_sasl_password_file: Path | None = setting(
        "File with that password, where SILLAGE_KAFKA_SASL_PASSWORD is not set.",
        None,
        fills="kafka_sasl_password",
    )
    kafka_ca_file: Path | None = setting(
        "PEM file of the authorities that sign the brokers' certificates; empty: the system's own.",
        None,
    )
    kafka_replication_factor: int = setting(
        "Replicas of each topic that `sillage migrate` creates.", 1, at_least=1
    )


@dataclass(frozen=True, kw_only=True)
class ClickHouseSettings:
    """Where ClickHouse is."""

    clickhouse_url: str = setting("ClickHouse's HTTP interface.", "http://127.0.0.1:8081")
    clickhouse_user: str = setting("ClickHouse user.", "default")
    clickhouse_password: str = setting("ClickHouse password.", "", secret=True)
    clickhouse_password_file: Path | None = setting(
        "File with that password, where SILLAGE_CLICKHOUSE_PASSWORD is not set.",
        None,
        fills="clickhouse_password",
    )
    clickhouse_ca_file: Path | None = setting(
        "PEM file of the authorities that sign ClickHouse's certificate; empty: the system's own.",
        None,
    )
    clickhouse_database: str = setting("Database that holds Sillage's tables.", "sillage")
    clickhouse_cluster: str = setting(
        "Cluster of ClickHouse's `remote_servers` that holds the tables; empty: one server does.", ""
    )
    clickhouse_replica_path: str = setting(
        "Path of a replicated table in Keeper, by the servers' macros; on a cluster alone.",
        "/clickhouse/tables/{shard}/{database}/{table}",
    )
    clickhouse_replica_name: str = setting(
        "Name of a replica, by the servers' macros; on a cluster alone.", "{replica}"
    )
    clickhouse_insert_quorum: str = setting(
        "Replicas that have an INSERT before it is acknowledged: `auto` is most of them; on a cluster alone.",
        "auto",
    )


@dataclass(frozen=True, kw_only=True)
class SchemaRegistrySettings:
    """Where writer schemas are registered, for installations whose topics have other readers too."""

    schema_registry_url: str = setting(
        "Schema registry with Confluent's interface: usage records are framed with its ids; empty: none.",
        "",
    )
    schema_registry_username: str = setting("User of the registry, where it asks for one.", "")
    schema_registry_password: str = setting("Password of that user.", "", secret=True)
    schema_registry_password_file: Path | None = setting(
        "File with that password, where SILLAGE_SCHEMA_REGISTRY_PASSWORD is not set.",
        None,
        fills="schema_registry_password",
    )
    schema_registry_token: str = setting("Bearer token for the registry, in a user's place.", "", secret=True)
    schema_registry_token_file: Path | None = setting(
        "File with that token, where SILLAGE_SCHEMA_REGISTRY_TOKEN is not set.",
        None,
        fills="schema_registry_token",
    )
    schema_registry_ca_file: Path | None = setting(
        "PEM file of the authorities that sign the registry's certificate; empty: the system's own.",
        None,
    )
