"""Every store measured at one moment: good only when each could be told, and is within its limit."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from clickhouse_connect.driver.exceptions import ClickHouseError
from confluent_kafka import KafkaException

from privacy.retention.inventory import STORES
from privacy.retention.reading import CannotTell, Reach, Reading, Store
from runtime.clickhouse import ClickHouseUnreachable

_AT_ONCE = 8
_CANNOT_TELL = (CannotTell, ClickHouseUnreachable, ClickHouseError, KafkaException, OSError)


@dataclass(frozen=True)
class Finding:
    """One store, and what was found in it."""

    store: str
    holds: str
    limit: str
    reading: Reading

    @property
    def faults(self) -> list[str]:
        """What breaks the promise, in sentences; none where it is kept."""
        late = self.reading.overdue_records
        overdue = [f"{late:,} {'is' if late == 1 else 'are'} past the limit."] if late else []
        return overdue + ([self.reading.problem] if self.reading.problem else [])


@dataclass(frozen=True)
class Report:
    """All stores at `checked_at`."""

    checked_at: datetime
    findings: Sequence[Finding] = field(default_factory=tuple)

    @property
    def ok(self) -> bool:
        """Whether every store is within its limit, and could be measured."""
        return bool(self.findings) and not self.faults

    @property
    def faults(self) -> list[str]:
        """What is wrong, each with its store's name."""
        return [f"{one.store}: {fault}" for one in self.findings for fault in one.faults]

    @property
    def overdue(self) -> int:
        """What is past its limit, over all stores."""
        return sum(one.reading.overdue_records for one in self.findings)

    def as_object(self) -> dict[str, Any]:
        """For JSON: times in ISO 8601, UTC."""
        return {
            "checked_at": _text(self.checked_at),
            "ok": self.ok,
            "faults": self.faults,
            "stores": [
                {"store": one.store, "holds": one.holds, "limit": one.limit, **_plain(one.reading)}
                for one in self.findings
            ],
        }


def report(reach: Reach, now: datetime, stores: Sequence[Store] = STORES) -> Report:
    """Measure the stores side by side; one that cannot be measured makes the report a bad one."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return Report(now, list(pool.map(lambda store: _finding(store, reach, now), stores)))


def _finding(store: Store, reach: Reach, now: datetime) -> Finding:
    try:
        reading = store.measure(reach, now)
    except _CANNOT_TELL as error:
        reading = Reading(problem=f"Cannot be measured: {str(error).splitlines()[0][:300]}")
    return Finding(store.name, store.holds, store.limit, reading)


def _plain(reading: Reading) -> dict[str, Any]:
    return {
        name: _text(value) if isinstance(value, datetime) else value
        for name, value in asdict(reading).items()
    }


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
