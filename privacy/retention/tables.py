"""ClickHouse's tables of telemetry: how long they keep it by their own account, and what is in them."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from clickhouse_connect.driver.client import Client

from privacy.retention.clauses import declared_expiry, expiry
from privacy.retention.days import LONGEST, day_of, gone_at
from privacy.retention.reading import CannotTell, Reach, Reading

_ARRIVAL_DAY = "toDate(received_at, 'UTC')"
_PARTS = """
    SELECT
        _part, count(), min({received}), min({occurred}), min({gone}), countIf({gone} <= {{today:Date}})
    FROM {table}
    GROUP BY _part
"""
_BYTES = """
    SELECT name, bytes_on_disk FROM system.parts
    WHERE database = currentDatabase() AND table = {table:String} AND active
"""
_LAST_DROP = "SELECT maxOrNull(dropped_at) FROM retention_drops WHERE store = {store:String}"


@dataclass(frozen=True)
class Table:
    """A table whose rows expire; the expressions are SQL over its columns."""

    name: str
    holds: str
    day: str = "day"
    """The UTC day of arrival."""
    retention: str = "retention_days"
    occurred: str = "NULL"

    @property
    def is_daily(self) -> bool:
        """Whether a partition holds one day of one retention."""
        return self.day == _ARRIVAL_DAY

    @property
    def received(self) -> str:
        """The arrival, as exactly as it is kept."""
        return "received_at" if self.is_daily else f"toDateTime({self.day}, 'UTC')"

    @property
    def gone(self) -> str:
        """The day on which a row is to be gone."""
        return f"{self.day} + toUInt16({self.retention})"

    @property
    def store(self) -> str:
        """What the inventory calls it."""
        return f"table {self.name}"


TABLES = (
    Table("usage_events", "usage events", _ARRIVAL_DAY, occurred="occurred_at"),
    Table("trace_spans", "spans of traces", _ARRIVAL_DAY, occurred="started_at"),
    Table("rolled_sessions", "what each user did in each hour, rolled up"),
    Table("rolled_actions", "counts of actions by part of a day"),
    Table("rolled_pages", "counts of pages by part of a day"),
    Table("rolled_page_weeks", "counts of pages by week"),
    Table("rolled_steps", "when which users did what, rolled up"),
    Table("rolled_days", "which days are rolled up", retention=str(LONGEST)),
)
DAILY = tuple(table.name for table in TABLES if table.is_daily)
"""Those of events and spans themselves, one by one."""
ROLLS = ("rolled_sessions", "rolled_actions", "rolled_pages", "rolled_page_weeks", "rolled_steps")
"""Those of what was made of the events of a day, and is made again when they change."""
WITHOUT_TELEMETRY = {
    "migrations": "which migrations were applied",
    "fence": "which consumer may insert from which partition",
    "retention_drops": "what expiry has dropped: counts and days",
    "retention_checks": "what checks of retention found: counts and times",
    "suppressions": "whose rows are kept out after an erasure: pseudonyms, sessions, traces",
    "hidden": "who is hidden now, by an erasure under way or a restriction: pseudonyms, sessions, traces",
    "unrolled": "days whose rolls are read no more",
}
"""The other tables that keep something, and what."""


class _Part(NamedTuple):
    name: str
    rows: int
    received: datetime
    occurred: datetime | None
    gone: date
    overdue: int


def measure(table: Table, reach: Reach, now: datetime) -> Reading:
    """Read every row's arrival; the limit is that of the table's own definition, held against the declared.

    Raises ClickHouse's errors.
    """
    client = reach.clickhouse()
    text = _PARTS.format(received=table.received, occurred=table.occurred, gone=table.gone, table=table.name)
    parts = [_Part(*row) for row in client.query(text, {"today": day_of(now)}).result_rows]
    sizes: dict[str, int] = dict(client.query(_BYTES, {"table": table.name}).result_rows)  # type: ignore[arg-type]
    limit, problem = _limit(client, table.name)
    return Reading(
        limit_in_store=limit,
        oldest_received_at=_earliest(part.received for part in parts),
        oldest_occurred_at=_earliest(part.occurred for part in parts),
        records=sum(part.rows for part in parts),
        bytes=sum(sizes.values()),
        overdue_records=sum(part.overdue for part in parts),
        overdue_bytes=sum(sizes.get(part.name, 0) * part.overdue // part.rows for part in parts),
        next_drop=min((gone_at(part.gone, 0) for part in parts), default=None),
        last_drop=last_drop(client, table.store),
        problem=problem,
    )


def last_drop(client: Client, store: str) -> datetime | None:
    """When something of the store was last dropped because its time had passed."""
    found: datetime | None = client.query(_LAST_DROP, {"store": store}).result_rows[0][0]
    return found.replace(tzinfo=UTC) if found else None


def _limit(client: Client, table: str) -> tuple[str, str]:
    """The table's own TTL, and how its expiry differs from the declared one."""
    found, declared = expiry(client, table), declared_expiry(table)
    if not any(found):
        raise CannotTell(f"There is no table {table}, or it tells nothing of itself. Run `sillage migrate`.")
    wrong = [
        f"{clause} is {is_now or 'none'}; {wanted or 'none'} is declared"
        for clause, wanted, is_now in zip(declared._fields, declared, found, strict=True)
        if wanted != is_now
    ]
    return f"TTL {found.ttl}" if found.ttl else "", "; ".join(wrong)


def _earliest(moments: Any) -> datetime | None:
    aware = (moment if moment.tzinfo else moment.replace(tzinfo=UTC) for moment in moments if moment)
    return min(aware, default=None)
