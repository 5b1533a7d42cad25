"""What pages captured, by their own account, held against the rows in ClickHouse."""

from collections import Counter
from dataclasses import dataclass, field

from clickhouse_connect.driver.client import Client
from playwright.sync_api import Page

from tests.client import awaited

REMEMBER_CAPTURED = """
    window.captured = [];
    window.steps = [];
    window.sillageLog = { push([step, detail]) {
        steps.push(step);
        if (step === "captured") captured.push(detail.id);
    } };
"""
"""Run before the SDK, this notes the ids of all events that it captures, and each step of their way."""

AT_ONCE = 1_000
TRACK = "(count) => Array.from({ length: count }, (_, place) => sillage.track('row', { place })).length"


@dataclass
class Ledger:
    """Everything that the pages of one test captured."""

    clickhouse: Client
    captured: set[str] = field(default_factory=set)

    def note(self, page: Page) -> None:
        """Enter what this page has captured until now."""
        self.captured |= set(page.evaluate("captured"))

    def track(self, page: Page, count: int = 5) -> None:
        """Have a page record so many actions, and enter what it has captured."""
        page.evaluate(TRACK, count)
        self.note(page)

    def settle(self) -> None:
        """Wait until every captured event has a row; none may have two."""
        assert self.captured
        missing = set(self.captured)

        def all_there() -> bool:
            missing.difference_update(self._rows(sorted(missing)[:AT_ONCE]))
            return not missing

        awaited(all_there)
        assert self._doubled() == {}

    def _doubled(self) -> dict[str, int]:
        ids = sorted(self.captured)
        rows: Counter[str] = Counter()
        for first in range(0, len(ids), AT_ONCE):
            rows += self._rows(ids[first : first + AT_ONCE])
        return {event: count for event, count in rows.items() if count > 1}

    def _rows(self, ids: list[str]) -> Counter[str]:
        """How many rows each of these events has now."""
        sql = "SELECT toString(event_id) FROM sillage.usage WHERE event_id IN {ids:Array(UUID)}"
        return Counter(row[0] for row in self.clickhouse.query(sql, {"ids": ids}).result_rows)
