"""Settings: one frozen dataclass a process, read once from `SILLAGE_…` variables, strictly.

A setting that no process knows, or a value of the wrong shape, stops the start with the name of the
setting and what was expected. `docs/reference/settings.md` lists them all; a test holds that list.
"""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

PREFIX = "SILLAGE_"
STACK_FILE = "stack.env"
"""What `sillage up` writes into its data directory, so that other commands find the stack it runs."""


DENIED_PROPERTIES = (
    "email", "*_email", "e_mail", "mail",
    "phone", "*_phone", "phone_number", "mobile", "mobile_number",
    "password", "*_password", "passwd", "pwd", "passphrase", "secret", "*_secret", "token", "*_token",
    "authorization", "cookie", "api_key", "private_key",
    "iban", "ssn", "social_security_number", "credit_card", "card_number", "cvv", "cvc",
    "ip", "*_ip", "address", "*_address", "street",
    "first_name", "last_name", "full_name", "surname", "birthday", "birth_date", "date_of_birth",
)  # fmt: skip
"""Names of properties that hold what identifies a person or opens a door, as `lower_case_words`."""

DENIED_ATTRIBUTES = (
    "url.full", "url.query", "http.url", "http.target",
    "net.*.ip", "net.sock.*.addr", "network.peer.address", "source.address", "http.client_ip",
    "user.email", "user.name", "user.full_name", "user.hash", "enduser.*",
    "http.request.header.authorization", "http.request.header.proxy*authorization",
    "http.request.header.cookie", "http.request.header.*forwarded*", "http.request.header.x*ip",
    "http.response.header.set*cookie",
)  # fmt: skip
"""Attributes of spans that hold what identifies a person or opens a door, as OpenTelemetry names them."""


class SettingError(Exception):
    """A setting is unknown, missing or malformed; the message names it and says what was expected."""


def setting(
    meaning: str,
    default: Any = MISSING,
    *,
    secret: bool = False,
    at_least: int = 0,
    one_of: tuple[str, ...] = (),
    fills: str = "",
) -> Any:
    """Declare one setting: its meaning goes to the reference, a secret never to a log.

    A file that `fills` another setting is read at the start, where that one is not set.
    """
    bounds = {"at_least": at_least, "one_of": one_of, "fills": fills}
    return field(default=default, repr=not secret, metadata={"meaning": meaning, **bounds})


@dataclass(frozen=True, kw_only=True)
class ProcessSettings:
    """What every process reads."""

    log_level: str = setting("Least severe level that is logged: debug, info, warning or error.", "info")
    admin_host: str = setting("Address of the admin port, which serves `/metrics`.", "127.0.0.1")
    admin_port: int = setting("Port of `/metrics`; 0 turns it off.", 0)
    tracing_endpoint: str = setting(
        "Where spans of the process's own work are sent, by OTLP over HTTP: `/v1/traces` is put behind it;"
        " empty: none are made.",
        "",
    )
    tracing_key: str = setting("Bearer key that is sent along with these spans.", "", secret=True)


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


@dataclass(frozen=True, kw_only=True)
class StateSettings:
    """Where the papers of retention and of people's rights are."""

    state_dir: Path = setting(
        "Directory of what must outlive a process and is no telemetry, such as the key that signs reports.",
        Path(".sillage/state"),
    )


@dataclass(frozen=True, kw_only=True)
class OperatorSettings(StateSettings):
    """Who runs a command that reads or changes what is known of a person."""

    operator_token: str = setting("The token of the operator who runs a command.", "", secret=True)
    operator_token_file: Path | None = setting(
        "File with that token, where SILLAGE_OPERATOR_TOKEN is not set.", None
    )


@dataclass(frozen=True, kw_only=True)
class RetentionSettings(KafkaSettings, ClickHouseSettings, StateSettings):
    """Every store that the report of retention measures."""

    collector_metrics_urls: tuple[str, ...] = setting(
        "The collectors' pages of metrics, separated by commas: how old is what waits in their spools.", ()
    )
    log_dir: Path | None = setting(
        "Directory of the processes' logs, when they are files here; what is older than 60 days is deleted.",
        None,
    )
    backup_dir: Path | None = setting(
        "Directory of the disk `backups` of ClickHouse, as this machine sees it; empty: no backups are made.",
        None,
    )


@dataclass(frozen=True, kw_only=True)
class TenantSettings:
    """Who may write, and how their users are made pseudonymous."""

    tenants_file: Path = setting("TOML file of tenants, keys and origins; read again when it changes.")
    pseudonym_keys_file: Path = setting(
        "TOML file with the secrets that key the HMAC of user ids; read again when it changes."
    )


@dataclass(frozen=True, kw_only=True)
class CollectorSettings(ProcessSettings, KafkaSettings, SchemaRegistrySettings, TenantSettings):
    """Settings of `sillage collector`."""

    collector_host: str = setting("Address that the collector listens on.", "127.0.0.1")
    collector_port: int = setting("Port that the collector listens on.", 8080, at_least=1)
    tls_certificate_file: Path | None = setting(
        "PEM file of the certificate and its chain: the collector speaks TLS. Without it, HTTP.", None
    )
    tls_key_file: Path | None = setting(
        "PEM file of the certificate's private key, when it is not in the same file.", None
    )
    trusted_proxies: tuple[str, ...] = setting(
        "Networks of proxies that are believed who the client is, separated by commas.", ()
    )
    forwarded_header: str = setting(
        "The header in which they name the client: the other one is never read.",
        "x-forwarded-for",
        one_of=("x-forwarded-for", "forwarded"),
    )
    query_parameters: tuple[str, ...] = setting(
        "Query parameters of pages and referrers that are kept; `*` stands for any text.", ("utm_*",)
    )
    denied_properties: tuple[str, ...] = setting(
        "Properties that are dropped, by the words of their names; `*` stands for any text.",
        DENIED_PROPERTIES,
    )
    denied_attributes: tuple[str, ...] = setting(
        "Attributes of spans that are dropped, by their exact names; `*` stands for any text.",
        DENIED_ATTRIBUTES,
    )
    mask_emails: str = setting(
        "Whether what looks like an e-mail address is masked: `on` or `off`.", "on", one_of=("on", "off")
    )
    ack_timeout_ms: int = setting(
        "Longest wait for Kafka's acknowledgement; then the record goes into the spool.", 5_000, at_least=100
    )
    spool_dir: Path | None = setting(
        "Directory on a local disk that keeps records while Kafka is away; empty: a 503 is the answer then.",
        None,
    )
    spool_max_bytes: int = setting("Largest size of the spool's file.", 4 << 30, at_least=1 << 20)
    spool_max_age_hours: int = setting(
        "Hours after which a record in the spool is lost; Kafka's consumers refuse what is older than 336.",
        168,
        at_least=1,
    )
    max_connections: int = setting("Open connections of one process at most.", 10_000, at_least=1)
    max_connections_per_address: int = setting(
        "Open connections of one process from one address that is no trusted proxy, at most.",
        500,
        at_least=1,
    )
    max_waiting_requests: int = setting(
        "Requests of one process that wait for their answer at most; one more is refused with 503.",
        10_000,
        at_least=1,
    )
    max_body_bytes_in_memory: int = setting(
        "Bytes of unfinished bodies that one process holds at most; more are refused with 503.",
        64 << 20,
        at_least=1 << 20,
    )
    head_timeout_ms: int = setting(
        "Longest time for a request's line and headers to come, before a 408.", 10_000, at_least=100
    )
    body_timeout_ms: int = setting(
        "Longest time for a request's body to come, before a 408.", 30_000, at_least=100
    )
    idle_timeout_ms: int = setting(
        "Longest time that a connection stays open without a request.", 75_000, at_least=100
    )
    address_requests_per_second: int = setting(
        "Requests a second from one IPv4 address or IPv6 /64 network, per process; 0 is no limit.", 1_000
    )
    tenant_requests_per_second: int = setting(
        "Requests a second with one tenant's keys, per process, unless its own limit says otherwise;"
        " 0 is no limit.",
        0,
    )


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
        "Bytes of records that are sent in one INSERT at most.", 16 << 20, at_least=1 << 16
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


def variable(name: str) -> str:
    """Give a field's environment variable: `log_level` is `SILLAGE_LOG_LEVEL`."""
    return PREFIX + name.upper()


ADDRESSES = ("_URL", "_URLS", "_SERVERS", "_ENDPOINT")
"""How the names of settings end that say where something is."""


def known() -> dict[str, "Field[Any]"]:
    """Every setting of every process, by environment variable."""
    return {variable(f.name): f for process in PROCESSES for f in fields(process)}


def _items(text: str, item: Callable[[str], Any]) -> tuple[Any, ...]:
    return tuple(item(part.strip()) for part in text.split(",") if part.strip())


_PARSERS: dict[Any, tuple[Callable[[str], Any], str]] = {
    str: (str, "text"),
    int: (int, "a whole number"),
    Path: (Path, "a path"),
    Path | None: (lambda text: Path(text) if text else None, "a path"),
    tuple[str, ...]: (lambda text: _items(text, str), "a list separated by commas"),
    tuple[Path, ...] | None: (lambda text: _items(text, Path), "paths separated by commas"),
}

Settings = TypeVar("Settings")


def load(process: type[Settings], environ: Mapping[str, str]) -> Settings:
    """Read one process's settings.

    Raises SettingError for a variable that no process knows, a value that does not parse, a setting without
    default that is absent, or a file of a secret that cannot be read.
    """
    names = known()
    for name in environ:
        if name.startswith(PREFIX) and not name.startswith(PREFIX + "TEST_") and name not in names:
            near = difflib.get_close_matches(name, names, 1)
            raise SettingError(
                f"{name} is no setting of Sillage." + (f" Did you mean {near[0]}?" if near else "")
            )
    values = {}
    for declared in fields(process):  # type: ignore[arg-type]
        name = variable(declared.name)
        if name in environ:
            values[declared.name] = _parse(name, declared, environ[name])
        elif declared.default is MISSING:
            raise SettingError(f"{name} is not set. {declared.metadata['meaning']}")
    for declared in fields(process):  # type: ignore[arg-type]
        secret, file = declared.metadata["fills"], values.get(declared.name)
        if secret and file and not values.get(secret):
            values[secret] = _secret_in(file, variable(declared.name))
    return process(**values)


def _secret_in(file: Path, name: str) -> str:
    """What the file holds, but for the line's end that editors add."""
    try:
        secret = file.read_text().rstrip("\r\n")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise SettingError(f"{name} is {file}, which cannot be read: {reason}.") from None
    if not secret:
        raise SettingError(f"{name} is {file}, which is empty.")
    return secret


def _parse(name: str, declared: "Field[Any]", text: str) -> Any:
    if name.endswith(ADDRESSES) and "@" in text:
        raise SettingError(
            f"{name} has a user or a password in it. Addresses are shown and logged: leave out what stands "
            f"before the @, and give it by the settings for users and passwords."
        )
    parse, expected = _PARSERS[declared.type]
    try:
        value = parse(text)
    except ValueError:
        raise SettingError(f"{name} is {text!r}; expected {expected}.") from None
    if isinstance(value, int) and value < declared.metadata["at_least"]:
        raise SettingError(f"{name} is {value}; expected at least {declared.metadata['at_least']}.")
    choices = declared.metadata["one_of"]
    if choices and value not in choices:
        raise SettingError(f"{name} is {text!r}; expected {' or '.join(choices)}.")
    return value


def with_stack(environ: Mapping[str, str], data_dir: Path = Path(".sillage")) -> dict[str, str]:
    """The environment, completed by what the stack running on `data_dir` left in its `stack.env`.

    A variable that is set wins over the stack's.
    """
    file = data_dir / STACK_FILE
    lines = file.read_text().splitlines() if file.exists() else []
    return dict(line.split("=", 1) for line in lines if "=" in line) | dict(environ)


def write_stack(data_dir: Path, values: Mapping[str, str]) -> None:
    """Leave the settings of a running stack for `with_stack`, readable by its owner alone."""
    file = data_dir / STACK_FILE
    file.touch(mode=0o600)
    file.write_text("".join(f"{name}={value}\n" for name, value in values.items()))
