"""Settings that several processes share, by what they are about."""

from dataclasses import dataclass
from pathlib import Path

from runtime.settings.declaring import setting
from runtime.settings.servers import ClickHouseSettings, KafkaSettings


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
