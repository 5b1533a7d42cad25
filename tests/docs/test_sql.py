"""The SQL of the pages runs on a migrated database."""

import re
from collections.abc import Iterator

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from sql.runner import Migration
from tests.conftest import Stack
from tests.docs.pages import Block, blocks_of, every_page
from tests.queries.databases import own_database

QUESTIONS = [block for page in every_page() for block in blocks_of(page) if block.language == "sql"]
PLACEHOLDERS = {"<topic id>": "0" * 32, "<partition>": "0", "<offset>": "0", "<end of the log>": "0"}


@pytest.fixture(scope="module")
def client(stack: Stack) -> Iterator[Client]:
    with own_database(stack) as (_, found):
        yield found


def statements(text: str) -> list[str]:
    """One or several, as in a migration, with a value for each placeholder."""
    for placeholder, value in PLACEHOLDERS.items():
        text = text.replace(placeholder, value)
    assert not re.search(r"<[a-z ]+>", text)
    return Migration(0, "", text).statements()


@pytest.mark.parametrize("block", QUESTIONS, ids=str)
def test_the_sql_of_a_page_runs(block: Block, client: Client) -> None:
    for statement in statements(block.text):
        client.command(statement)


def test_sql_of_what_is_not_there_fails(client: Client) -> None:
    with pytest.raises(DatabaseError):
        client.command(statements("SELECT no_such_column FROM usage")[0])
