"""What a consumer's way from Kafka to ClickHouse costs, whatever it moves."""

from collections.abc import Iterator, Sequence

from clickhouse_connect.driver.client import Client

from bench.processes import Engines, consumer
from bench.result import Cost, Result
from bench.topic import RecordTopic

ROWS_AN_INSERT = 50_000


def drained(
    at: Engines, topic: RecordTopic, records: Sequence[bytes], rows_a_record: int, added_bytes: int
) -> Cost:
    """Fill the topic, then let a consumer store the records; to each it adds so many bytes, about."""
    size = sum(map(len, records)) // len(records) + added_bytes
    settings = {
        "SILLAGE_BATCH_MAX_BYTES": str(size * ROWS_AN_INSERT // rows_a_record),
        "SILLAGE_BATCH_MAX_WAIT_MS": "5000",
    }
    for value in records:
        topic.send(value)
    topic.flush()
    rows = len(records) * rows_a_record
    with consumer(at, topic.what, **settings) as process:
        own, engine = process.cpu_seconds(), at.clickhouse.cpu_seconds()
        topic.wait_until_committed()
        return Cost(
            own=(process.cpu_seconds() - own) / rows * 1e6,
            engine=(at.clickhouse.cpu_seconds() - engine) / rows * 1e6,
        )


def storage(client: Client, table: str) -> Iterator[Result]:
    """Bytes a row of the table, its projections apart."""
    ((rows,),) = client.query(_SUM, {"of": "rows", "table": table, "parts": "parts"}).result_rows
    for label, parts in (("rows", "parts"), ("projections", "projection_parts")):
        ((held,),) = client.query(_SUM, {"of": "bytes_on_disk", "table": table, "parts": parts}).result_rows
        yield Result(f"9 {table}: {label}", "bytes a row", held / rows)


_SUM = """
    SELECT sum({of:Identifier}) FROM system.{parts:Identifier} WHERE active AND table = {table:String}
"""
