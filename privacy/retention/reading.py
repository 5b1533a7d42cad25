"""What a store of telemetry is, and what one is found to hold at a moment."""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from clickhouse_connect.driver.client import Client

from runtime import clickhouse
from runtime.settings import KafkaSettings, RetentionSettings

EXPORTS = "exports.jsonl"
"""The list of exported files, in the state directory."""


class CannotTell(Exception):
    """The store cannot be measured, so that nothing may be promised of it; the message says why."""


@dataclass(frozen=True)
class Reading:
    """What one store holds. Times have an offset; what a store does not know is None."""

    limit_in_store: str = ""
    """The limit as the store itself has it; empty where it has none of its own."""
    oldest_received_at: datetime | None = None
    oldest_occurred_at: datetime | None = None
    records: int = 0
    bytes: int | None = None
    overdue_records: int = 0
    overdue_bytes: int = 0
    next_drop: datetime | None = None
    """When the oldest that it holds is to be gone."""
    last_drop: datetime | None = None
    problem: str = ""
    """Why the promise is not kept although nothing may be overdue yet: a limit that was changed, for one."""


@dataclass(frozen=True)
class Reach:
    """The ways to every store."""

    clickhouse: Callable[[], Client]
    """Raises as `runtime.clickhouse.connect` does."""
    kafka: KafkaSettings
    collectors: tuple[str, ...]
    """The collectors' pages of metrics."""
    logs: Path | None = None
    backups: Path | None = None
    exports: Path | None = None
    """The list of files that were exported."""

    @classmethod
    def of(cls, settings: RetentionSettings) -> "Reach":
        """The ways that the settings name; ClickHouse is asked once it is needed."""
        return cls(
            clickhouse=functools.cache(functools.partial(clickhouse.connect, settings)),
            kafka=settings,
            collectors=settings.collector_metrics_urls,
            logs=settings.log_dir,
            backups=settings.backup_dir,
            exports=settings.state_dir / EXPORTS,
        )


@dataclass(frozen=True)
class Store:
    """One place where telemetry can rest."""

    name: str
    """What it is and which: `table usage_events`."""
    holds: str
    limit: str
    """The longest time that anything may rest in it."""
    measure: Callable[[Reach, datetime], Reading]
    """At this moment; raises CannotTell, or what the store's own client raises."""
