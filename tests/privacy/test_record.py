"""The record of processing has a purpose for each column, and refuses one that it does not know."""

from pathlib import Path

import pytest

from privacy.record import UnknownColumn, record_of_processing
from privacy.retention.tables import TABLES
from tests.conftest import Stack
from tests.queries.databases import own_database

DOCUMENT = Path(__file__).parents[2] / "docs" / "privacy" / "record-of-processing.md"


def test_each_column_of_each_table_that_holds_telemetry_has_its_purpose(stack: Stack) -> None:
    with own_database(stack) as (_, client):
        record = record_of_processing(client)
        assert all(f"## `{table.name}`" in record for table in TABLES)
        assert DOCUMENT.read_text() == record, "Write it anew: sillage audit record"
        client.command("ALTER TABLE rolled_steps ADD COLUMN shoe_size UInt8")
        with pytest.raises(UnknownColumn, match="shoe_size"):
            record_of_processing(client)
