"""What a consumer's way from Kafka to ClickHouse costs, whatever it moves."""

from collections.abc import Iterator, Sequence

from clickhouse_connect.driver.client import Client

from bench.processes import Engines, consumer
from bench.result import Cost, Result
from bench.topic import RecordTopic
from runtime.clickhouse import connect
from runtime.settings import QuerySettings, load
from schemas.topics import SPANS, USAGE

ROWS_AN_INSERT = 50_000
_LONG_ENOUGH_MS = "1000"
"""A busy machine cuts no batch short."""
_STORED_IN = {USAGE.what: "usage_events", SPANS.what: "trace_spans"}


def batches_of(rows: int, records: Sequence[bytes], rows_a_record: int, added_bytes: int) -> dict[str, str]:
    """Settings by which an INSERT has so many rows; to each record the consumer adds so many bytes, about."""
    size = sum(map(len, records)) // len(records) + added_bytes
    return {"SILLAGE_BATCH_MAX_BYTES": str(size * rows // rows_a_record)}


def drained(
    at: Engines, topic: RecordTopic, records: Sequence[bytes], rows_a_record: int, settings: dict[str, str]
) -> Cost:
    """Fill the topic and let a consumer store the records.

    The first fifth, which meets an engine that was just started, is not counted.
    """
    settings = {"SILLAGE_BATCH_MAX_WAIT_MS": _LONG_ENOUGH_MS} | settings
    first = len(records) // 5
    _drain(at, topic, records[:first], rows_a_record, settings)
    return _drain(at, topic, records[first:], rows_a_record, settings)


def _drain(
    at: Engines, topic: RecordTopic, records: Sequence[bytes], rows_a_record: int, settings: dict[str, str]
) -> Cost:
    for value in records:
        topic.send(value)
    topic.flush()
    rows, stored = len(records) * rows_a_record, _stored(at, topic)
    with consumer(at, topic.what, **settings) as process:
        own, engine = process.cpu_seconds(), at.clickhouse.cpu_seconds()
        topic.wait_until_committed()
        cost = Cost(
            own=(process.cpu_seconds() - own) / rows * 1e6,
            engine=(at.clickhouse.cpu_seconds() - engine) / rows * 1e6,
        )
    if (found := _stored(at, topic) - stored) != rows:
        raise RuntimeError(f"{found} rows are stored of {rows}: what was measured is not what was meant.")
    return cost


def _stored(at: Engines, topic: RecordTopic) -> int:
    client = connect(load(QuerySettings, at.environ))
    ((count,),) = client.query(
        "SELECT count() FROM {t:Identifier}", {"t": _STORED_IN[topic.what]}
    ).result_rows
    return int(count)


def storage(client: Client, table: str) -> Iterator[Result]:
    """Bytes a row of the table, its projections apart."""
    ((rows,),) = client.query(_SUM, {"of": "rows", "table": table, "parts": "parts"}).result_rows
    for label, parts in (("rows", "parts"), ("projections", "projection_parts")):
        ((held,),) = client.query(_SUM, {"of": "bytes_on_disk", "table": table, "parts": parts}).result_rows
        yield Result(f"9 {table}: {label}", "bytes a row", held / rows)


_SUM = """
    SELECT sum({of:Identifier}) FROM system.{parts:Identifier} WHERE active AND table = {table:String}
"""
