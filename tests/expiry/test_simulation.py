"""The days on which something goes, in their first and last hour; `python -m tests.expiry` has 120."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client

from tests.conftest import Stack
from tests.expiry.run import days_ahead, simulate
from tests.expiry.simulated import simulated_database

pytestmark = pytest.mark.long

DAYS = (0, 6, 7, 13, 14, 29, 30, 59, 60, 89, 90)
"""The last day of each retention, for what arrives on the first, and the day after."""


@pytest.fixture
def client(embedded_stack: Stack) -> Iterator[Client]:
    with simulated_database(embedded_stack) as client:
        yield client


@pytest.fixture
def backups(embedded_stack: Stack) -> Path:
    return Path(embedded_stack.environ["SILLAGE_BACKUP_DIR"])


@pytest.mark.timeout(300)
def test_no_store_and_no_view_holds_a_day_too_long_or_loses_one_early(client: Client, backups: Path) -> None:
    wrong = [one for found in simulate(client, days_ahead(DAYS), (0, 23), backups) for one in found]
    assert wrong == []


def test_the_rolls_of_weeks_go_with_their_first_days(client: Client, backups: Path) -> None:
    """For retentions of 7 and 14 days, from Mondays that come within the first week."""
    wrong, weeks = [], set[date]()
    for found in simulate(client, days_ahead(range(22)), (0,), backups):
        wrong += found
        weeks |= {day for (day,) in client.query("SELECT DISTINCT day FROM rolled_page_weeks").result_rows}
    assert wrong == []
    assert len(weeks) == 2


def test_without_the_job_the_views_are_right_and_the_stores_are_found_out(
    client: Client, backups: Path
) -> None:
    looked = simulate(client, days_ahead((0, 1, 7)), (0,), backups, job=lambda _client, _today: None)
    places = {one.place for found in looked for one in found}
    assert places == {
        "usage_events",
        "trace_spans",
        "rolled_sessions",
        "rolled_actions",
        "rolled_pages",
        "rolled_steps",
        "parts",
    }
