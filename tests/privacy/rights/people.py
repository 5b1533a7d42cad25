"""People's rows for tests: events and spans of several days, and what is stored of whom.

The tests of a module share a database; each has a tenant of its own, and its twin, that is as it ought to be
once the person is gone.
"""

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from clickhouse_connect.driver.client import Client

from privacy.rights.erasure import Erasure
from privacy.rights.ledger import Ledger
from privacy.rights.requests import Request, Right, Whose
from tests.conftest import Stack
from tests.queries.databases import own_database

ADA, ALAN, GRACE = (f"{number:032x}" for number in (0xADA, 0xA1A, 0x63A))
NOW = datetime.now(UTC).replace(microsecond=0)
VIEWS = (
    "usage", "usage_pieces", "usage_by_hour", "usage_by_day", "active_by_day", "user_history",
    "usage_sessions", "usage_actions", "usage_pages", "spans", "span_rows", "red_by_hour", "red_by_minute",
)  # fmt: skip
_EVENT = (
    "received_at", "occurred_at", "retention_days", "kind", "name", "page", "user_id", "session_id",
    "trace_id", "event_id", "batch_id", "properties_json", "country", "browser",
)  # fmt: skip
_SPAN = (
    "received_at", "started_at", "retention_days", "service", "name", "kind", "duration_ns", "user_id",
    "session_id", "trace_id", "span_id", "batch_id",
)  # fmt: skip
Row = tuple[Any, ...]


@dataclass
class Desk:
    """A tenant of a test's own, and a state directory."""

    client: Client
    state: Path
    tenant: str = field(default_factory=lambda: f"t{uuid.uuid4().hex[:12]}")

    @property
    def twin(self) -> str:
        return f"{self.tenant}-twin"

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.state)

    def store(self, events: Sequence[Row] = (), spans: Sequence[Row] = (), tenant: str = "") -> None:
        for table, names, rows in (("usage_events", _EVENT, events), ("trace_spans", _SPAN, spans)):
            if rows:
                whose = [(tenant or self.tenant, *row) for row in rows]
                self.client.insert(table, whose, column_names=("tenant", *names))

    def request(self, *pseudonyms: str, right: Right = Right.ERASURE, by: str = "grace") -> Request:
        return self.ledger.open(right, Whose(self.tenant, pseudonyms), by)

    def erase(self, *requests: Request, **more: Any) -> list[Path]:
        return Erasure(self.client, self.ledger, self.state, "grace", requests, **more).run()

    def count(self, view: str, where: str = "1", tenant: str = "") -> int:
        sql = f"SELECT count() FROM {view} WHERE tenant = {{tenant:String}} AND {where}"
        return int(self.client.query(sql, {"tenant": tenant or self.tenant}).result_rows[0][0])

    def said(self, tenant: str = "") -> list[Any]:
        """What every view says of the tenant, as far as it tells people apart or counts them."""
        sums = "sum(events), uniqCombinedMerge(12)(users), uniqCombinedMerge(12)(sessions)"
        of_events = dict.fromkeys(("usage", "spans"), "count(), uniqExact(user_id), uniqExact(session_id)")
        asked = dict.fromkeys(VIEWS, "count()") | of_events | {
            "usage_sessions": "sum(events), uniqExact(user), uniqExact(session)",
            "usage_actions": sums, "usage_pages": sums,
        }  # fmt: skip
        one = " UNION ALL ".join(
            f"SELECT '{view}' AS view, toString(tuple({what})) FROM {view} WHERE tenant = {{tenant:String}}"
            for view, what in asked.items()
        )
        return sorted(self.client.query(one, {"tenant": tenant or self.tenant}).result_rows)

    def stored(self, tenant: str = "") -> tuple[int, int]:
        return self.count("usage_events", tenant=tenant), self.count("trace_spans", tenant=tenant)


@contextmanager
def own_client(stack: Stack) -> Iterator[Client]:
    with own_database(stack) as (_, client):
        yield client


def event(
    user: str = "", session: str = "", trace: str = "", *, days_ago: float = 0, retention: int = 90,
    name: str = "invoice.sent", properties: str = "",
) -> Row:  # fmt: skip
    at = NOW - timedelta(days=days_ago)
    ids = uuid.uuid4().bytes, uuid.uuid4().bytes
    return (at, at, retention, "action", name, "/", user, session, trace, *ids, properties, "FR", "Firefox")


def span(user: str = "", session: str = "", trace: str = "", *, days_ago: float = 0) -> Row:
    at = NOW - timedelta(days=days_ago)
    ids = bytes.fromhex(trace or uuid.uuid4().hex), uuid.uuid4().bytes[:8], uuid.uuid4().bytes
    return (at, at, 90, "shop", "GET /", "server", 1_000_000, user, session, *ids)
