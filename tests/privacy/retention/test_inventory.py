"""Whatever can hold telemetry in a running stack has an entry in the inventory."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client

from privacy.retention import browser
from privacy.retention.inventory import STORES
from privacy.retention.reading import Reach, Store
from privacy.retention.tables import TABLES, WITHOUT_TELEMETRY
from runtime.kafka import Admin
from schemas.topics import SCHEMAS
from tests.conftest import ROOT, Stack

NAMES = {store.name for store in STORES}
FILES = {
    "kafka": "the topics", "clickhouse": "the tables", "spool": "spool", "logs": "logs", "backups": "backups",
    "state": "exports", "run": "sockets, process ids and counts", "lock": "nothing",
    "stack.env": "settings", "tenants.toml": "settings", "pseudonym_keys.toml": "settings",
    "clickhouse_password": "a secret",
}  # fmt: skip
"""What the data directory holds, and by which entry it is measured, or what else it is."""


def strange_tables(client: Client) -> set[str]:
    rows = client.query("""
        SELECT if(database = currentDatabase(), name, concat(database, '.', name)) FROM system.tables
        WHERE database NOT IN ('system', 'INFORMATION_SCHEMA', 'information_schema')
          AND engine NOT IN ('View', 'MaterializedView', 'Null')
    """).result_rows
    return {name for (name,) in rows} - {table.name for table in TABLES} - WITHOUT_TELEMETRY.keys()


def strange_files(directory: Path) -> set[str]:
    return {file.name for file in directory.iterdir()} - FILES.keys()


def test_every_table_that_keeps_anything_is_known(client: Client) -> None:
    assert strange_tables(client) == set()
    client.command("CREATE TABLE heap (anything String) ENGINE = Log")
    try:
        assert strange_tables(client) == {"heap"}
    finally:
        client.command("DROP TABLE heap")


def test_every_projection_is_one_of_a_known_table(client: Client) -> None:
    rows = client.query("SELECT DISTINCT table FROM system.projections WHERE database = currentDatabase()")
    assert {name for (name,) in rows.result_rows} <= {table.name for table in TABLES}
    assert "projections" in NAMES


def test_every_topic_is_known(ways: Reach) -> None:
    found = Admin(ways.kafka).list_topics(timeout=10).topics
    of_kafka = {name for name in found if name.startswith("__")}  # offsets and transactions: no payload
    assert found.keys() - of_kafka <= {name.removeprefix("topic ") for name in NAMES} | {SCHEMAS.name}


def test_every_file_of_the_stack_is_known(lone_stack: Stack) -> None:
    assert strange_files(lone_stack.data_dir) == set()
    stray = lone_stack.data_dir / "dump.csv"
    stray.write_text("rows")
    try:
        assert strange_files(lone_stack.data_dir) == {"dump.csv"}
    finally:
        stray.unlink()


def test_the_browsers_queue_is_as_old_at_most_as_the_sdk_says() -> None:
    queue = (ROOT / "sdk" / "src" / "queue.ts").read_text()
    hours = re.search(r"QUEUE_MAX_AGE_HOURS = (\d+)", queue)
    assert hours
    assert timedelta(hours=int(hours[1])) == browser.LIMIT


def test_a_question_leaves_no_log_of_the_server_that_is_not_measured(client: Client) -> None:
    rows = client.query(
        "SELECT name FROM system.tables WHERE database = 'system' AND engine LIKE '%MergeTree'"
    ).result_rows
    assert all("_log" in name for (name,) in rows)


def test_every_view_over_telemetry_has_a_floor(client: Client) -> None:
    rows = client.query(
        "SELECT name, as_select FROM system.tables WHERE database = currentDatabase() AND engine = 'View'"
    ).result_rows
    kept = [table.name for table in TABLES if table.name != "rolled_days"]
    over = {name: select for name, select in rows if any(f".{table}" in select for table in kept)}
    assert {"usage", "span_rows", "usage_pieces", "usage_sessions"} <= over.keys()
    for name, select in over.items():
        assert "toDate(now(), 'UTC') - 90" in select, name
        assert "toDate(now(), 'UTC') - retention_days" in select, name


@pytest.mark.parametrize("store", STORES, ids=lambda store: store.name)
def test_every_entry_says_what_it_holds_and_for_how_long(store: Store) -> None:
    assert store.holds
    assert store.limit
