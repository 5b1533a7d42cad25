"""What an erasure rewrites is LZ4, which is quick, whatever the server makes of parts of that size."""

from collections.abc import Iterator

import pytest
from clickhouse_connect.driver.client import Client

from tests.conftest import Stack
from tests.privacy.rights.people import own_client

pytestmark = pytest.mark.long

_A_LARGE_PART = """
    INSERT INTO usage_events (received_at, tenant, retention_days, event_id)
    SELECT now64(3, 'UTC'), 'large', 90, reinterpretAsFixedString(generateUUIDv4(number))
    FROM numbers(1200000)
    SETTINGS max_block_size = 1200000, min_insert_block_size_rows = 1200000, min_insert_block_size_bytes = 0
"""


@pytest.fixture(scope="module")
def client(stack: Stack) -> Iterator[Client]:
    with own_client(stack) as client:
        client.command(_A_LARGE_PART)
        yield client


def codec_once_rewritten(client: Client, table: str) -> str:
    delete = f"ALTER TABLE {table} DELETE WHERE event_id = (SELECT min(event_id) FROM {table})"
    client.command(delete, settings={"mutations_sync": 1})
    sql = (
        "SELECT default_compression_codec FROM system.parts"
        " WHERE database = currentDatabase() AND table = {table:String} AND active"
    )
    ((codec,),) = client.query(sql, {"table": table}).result_rows
    return str(codec)


def test_a_large_part_of_events_is_rewritten_by_the_quick_codec_and_not_by_the_servers_rule(
    client: Client,
) -> None:
    client.command("CREATE TABLE by_the_rule AS usage_events")
    client.command("ALTER TABLE by_the_rule RESET SETTING default_compression_codec")
    client.command("ALTER TABLE by_the_rule ATTACH PARTITION ALL FROM usage_events")
    assert codec_once_rewritten(client, "by_the_rule") == "ZSTD(1)"  # the control
    assert codec_once_rewritten(client, "usage_events") == "LZ4"
