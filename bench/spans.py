"""Row 2: spans from Kafka to ClickHouse."""

import random
from collections.abc import Iterator

from bench.processes import Engines, consumer
from bench.result import Cost, Result
from bench.span_traffic import SPANS_A_REQUEST, request
from bench.topic import spans_topic
from runtime.clickhouse import connect
from runtime.settings import QuerySettings, load

SPANS = 400_000
ROWS_AN_INSERT = 50_000
_DIFFERENT_REQUESTS = 2_000
_ADDED_BYTES = 90
"""What the consumer appends to a request, about."""


def measure(at: Engines) -> Iterator[Result]:
    """Fill the topic and let a consumer drain it, twice: without and with what the collector takes out."""
    client = connect(load(QuerySettings, at.environ))
    client.command("SYSTEM STOP MERGES trace_spans")
    for label, with_addresses in (("", False), (", addresses and URLs reported", True)):
        passed = _pass_through(at, with_addresses)
        yield Result(f"2 spans{label}: consumer's own CPU", "µs a span", passed.own, 0.8)
        yield Result(f"2 spans{label}: with the engine's", "µs a span", passed.total, 7.0)
    for label, table in (("rows", "parts"), ("projections", "projection_parts")):
        sql = f"SELECT sum(bytes_on_disk) FROM system.{table} WHERE active AND table = 'trace_spans'"
        total = float(client.query(sql).result_rows[0][0])
        yield Result(f"9 trace_spans: {label}", "bytes a row", total / (2 * SPANS))


def _pass_through(at: Engines, with_addresses: bool) -> Cost:
    chance = random.Random(1)
    requests = [request(chance, with_addresses=with_addresses) for _ in range(_DIFFERENT_REQUESTS)]
    size = sum(map(len, requests)) // len(requests) + _ADDED_BYTES
    settings = {
        "SILLAGE_BATCH_MAX_BYTES": str(size * ROWS_AN_INSERT // SPANS_A_REQUEST),
        "SILLAGE_BATCH_MAX_WAIT_MS": "5000",
    }
    topic = spans_topic(at)
    for number in range(SPANS // SPANS_A_REQUEST):
        topic.send(requests[number % _DIFFERENT_REQUESTS])
    topic.flush()
    with consumer(at, "spans", **settings) as process:
        own, engine = process.cpu_seconds(), at.clickhouse.cpu_seconds()
        topic.wait_until_committed()
        return Cost(
            own=(process.cpu_seconds() - own) / SPANS * 1e6,
            engine=(at.clickhouse.cpu_seconds() - engine) / SPANS * 1e6,
        )
