"""Row 2: spans from Kafka to ClickHouse."""

import random
from collections.abc import Iterator

from bench.draining import drained, storage
from bench.processes import Engines
from bench.result import Result
from bench.span_traffic import SPANS_A_REQUEST, request
from bench.topic import spans_topic
from runtime.clickhouse import connect
from runtime.settings import QuerySettings, load

SPANS = 2_000_000
"""So many that the beginning and the end of a drain, 35 ms of CPU whatever its length, are a thirtieth of
what is counted; the fifth that is not counted has three INSERTs in it."""
_DIFFERENT_REQUESTS = 10_000  # more than an INSERT has: none brings a trace twice


def measure(at: Engines) -> Iterator[Result]:
    """Fill the topic and let a consumer drain it, twice: without and with what the collector takes out.

    An INSERT is as large as a consumer that lags makes it by default: some 110,000 spans.
    """
    client = connect(load(QuerySettings, at.environ))
    client.command("SYSTEM STOP MERGES trace_spans")
    for label, with_addresses in (("", False), (", addresses and URLs reported", True)):
        chance = random.Random(1)
        different = [request(chance, with_addresses=with_addresses) for _ in range(_DIFFERENT_REQUESTS)]
        requests = different * (SPANS // SPANS_A_REQUEST // _DIFFERENT_REQUESTS)
        passed = drained(at, spans_topic(at), requests, SPANS_A_REQUEST, {})
        yield Result(f"2 spans{label}: consumer's own CPU", "µs a span", passed.own, 0.8)
        yield Result(f"2 spans{label}: with the engine's", "µs a span", passed.total, 7.0)
    yield from storage(client, "trace_spans")
