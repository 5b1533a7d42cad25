"""The databases that tests are given."""

from typing import Any

from clickhouse_connect.driver.client import Client

from sql import runner
from tests.conftest import Stack
from tests.queries.databases import own_database


def made(name: str, client: Client) -> list[list[Any]]:
    """Every table and view with its definition, and every migration that was applied."""
    sql = "SELECT name, create_table_query FROM system.tables WHERE database = {name:String} ORDER BY name"
    found = client.query(sql, {"name": name}).result_rows
    applied = client.query("SELECT name, checksum FROM migrations ORDER BY number").result_rows
    return [[table, query.replace(f"{name}.", "")] for table, query in found] + [list(one) for one in applied]


def test_a_copied_database_is_what_the_migrations_make(stack: Stack) -> None:
    everything = len(runner.read_migrations())
    with own_database(stack, last=everything) as migrated, own_database(stack) as copied:
        assert made(*copied) == made(*migrated)
        assert runner.pending(copied[1]) == []
