"""The back-fill into the real ClickHouse, each test in a database of its own."""

import time
import uuid
from collections.abc import Iterator

import pytest
from clickhouse_connect.driver.client import Client

from local.demo.backfill import backfill
from local.demo.clock import BACKFILL, DemoClock
from local.demo.past import Past
from local.demo.tenants import TENANTS
from runtime.clickhouse import connect
from runtime.settings import QuerySettings, load
from sql import runner
from tests.conftest import Stack

pytestmark = pytest.mark.long
KEYS = {tenant.name: b"k" * 32 for tenant in TENANTS}


@pytest.fixture
def client(stack: Stack) -> Iterator[Client]:
    database = f"backfill_{uuid.uuid4().hex}"
    settings = load(QuerySettings, stack.environ | {"SILLAGE_CLICKHOUSE_DATABASE": database})
    runner.create_database(connect(settings, "default"), database)
    client = connect(settings)
    for migration in runner.pending(client):
        runner.apply(client, migration)
    yield client
    client.command(f"DROP DATABASE {database}")


@pytest.fixture
def clock() -> DemoClock:
    return DemoClock(time.time_ns() // 1_000_000)


def past(clock: DemoClock) -> Past:
    return Past(clock, TENANTS, KEYS, scale=0.2)


def made(clock: DemoClock) -> int:
    """How many events the generator makes."""
    return sum(d.events for week in clock.weeks() for day in week for d in past(clock).deliveries(day))


def stored(client: Client) -> int:
    rows = client.query("SELECT count() FROM usage WHERE topic_id = {id:UUID}", {"id": BACKFILL}).result_rows
    return int(rows[0][0])


def test_every_event_that_is_made_is_stored_once_and_a_second_run_stores_none(
    client: Client, clock: DemoClock
) -> None:
    events = made(clock)
    assert backfill(client, clock, past(clock)) == stored(client) == events
    assert backfill(client, clock, past(clock)) == 0
    assert stored(client) == events


def test_a_run_that_was_cut_off_is_carried_on_where_it_stopped(client: Client, clock: DemoClock) -> None:
    class CutOff(Exception):
        pass

    class Interrupted(Past):
        def deliveries(self, day):  # type: ignore[no-untyped-def]
            if clock.age(day) > 40:
                raise CutOff
            return super().deliveries(day)

    with pytest.raises(CutOff):
        backfill(client, clock, Interrupted(clock, TENANTS, KEYS, scale=0.2))
    events = made(clock)
    assert 0 < stored(client) < events
    backfill(client, clock, past(clock))
    assert stored(client) == events


def test_the_rows_span_ninety_days_in_few_parts_and_none_has_reached_its_retention(
    client: Client, clock: DemoClock
) -> None:
    backfill(client, clock, past(clock))
    busy = [day for week in clock.weeks() for day in week if any(past(clock).deliveries(day))]
    assert len(busy) in (89, 90)  # soon after midnight nothing has happened today
    days = "uniqExact(toDate(received_at)), max(dateDiff('day', received_at, now()) - retention_days)"
    ((found, past_retention),) = client.query(f"SELECT {days} FROM usage_events").result_rows
    assert (found, past_retention) == (len(busy), -1)
    parts = "SELECT count() FROM system.parts WHERE active AND database = currentDatabase()"
    assert client.query(f"{parts} AND table = 'usage_events'").result_rows[0][0] < 400


def test_views_show_people_from_many_countries_and_bots_with_every_reason(
    client: Client, clock: DemoClock
) -> None:
    backfill(client, clock, past(clock))
    ((countries,),) = client.query("SELECT uniqExact(country) FROM usage WHERE NOT is_bot").result_rows
    assert countries > 20
    reasons = client.query("SELECT DISTINCT arrayJoin(bot_reasons) FROM usage").result_rows
    assert {reason for (reason,) in reasons} == {
        "user_agent", "headless", "http_client", "declared", "impossible_rate",
    }  # fmt: skip
