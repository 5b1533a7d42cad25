"""What the roles of `sillage access sql` may and may not, by the grants that it prints."""

import uuid
from collections.abc import Callable

import pytest
from clickhouse_connect.driver.exceptions import DatabaseError

from tests.cluster.conftest import opened
from tests.local.clickhouse.http import Server

pytestmark = pytest.mark.long

As = Callable[[str, str], None]


@pytest.fixture
def as_role(one_server: Server) -> As:
    """Run a statement as somebody who has that role and no other."""

    def run(role: str, statement: str) -> None:
        client = opened(one_server, "sillage")
        session = {"session_id": uuid.uuid4().hex}
        client.raw_query(f"SET ROLE {role}", settings=session)
        client.raw_query(statement, settings=session)

    return run


ASKED = "SELECT topic_id, kafka_partition, kafka_offset FROM usage_events"


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("sillage_ingest", ASKED),
        ("sillage_ingest", "SELECT * FROM fence"),
        ("sillage_privacy", "SELECT user_id FROM usage_events"),
        ("sillage_privacy", "ALTER TABLE hidden DELETE WHERE tenant = 'nobody'"),
        ("sillage_sre", "SELECT count() FROM system.parts"),
    ],
)
def test_a_role_may_what_its_work_needs(as_role: As, role: str, statement: str) -> None:
    as_role(role, statement)


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        ("sillage_ingest", "SELECT user_id FROM usage_events"),
        ("sillage_ingest", "SELECT * FROM usage_by_day"),
        ("sillage_ingest", "ALTER TABLE usage_events DELETE WHERE 1"),
        ("sillage_analyst", "SELECT user_id FROM usage_events"),
        ("sillage_analyst", "SELECT user_id FROM usage"),
        ("sillage_analyst", "SELECT * FROM user_history"),
        ("sillage_sre", "SELECT user_id FROM spans"),
        ("sillage_sre", "SELECT user_id FROM usage_events"),
        ("sillage_privacy", "DROP TABLE usage_events"),
        ("sillage_privacy", "INSERT INTO fence (claim) SELECT 1"),
    ],
)
def test_a_role_may_nothing_else(as_role: As, role: str, statement: str) -> None:
    with pytest.raises(DatabaseError, match="ACCESS_DENIED"):
        as_role(role, statement)
