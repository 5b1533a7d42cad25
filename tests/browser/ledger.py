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

    def rows(self) -> Counter[str]:
        """How many rows each captured event has now."""
        sql = "SELECT toString(event_id) FROM sillage.usage WHERE event_id IN {ids:Array(UUID)}"
        ids = sorted(self.captured)
        rows: Counter[str] = Counter()
        for first in range(0, len(ids), AT_ONCE):
            found = self.clickhouse.query(sql, {"ids": ids[first : first + AT_ONCE]})
            rows.update(row[0] for row in found.result_rows)
        return rows

    def settle(self) -> None:
        """Wait until every captured event has a row; none may have two."""
        assert self.captured
        awaited(lambda: self.rows().keys() == self.captured)
        assert self.doubled() == {}

    def doubled(self) -> dict[str, int]:
        """The events that have more rows than one."""
        return {event: rows for event, rows in self.rows().items() if rows > 1}
