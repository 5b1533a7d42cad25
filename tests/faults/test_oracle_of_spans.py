"""The oracle sees what is planted among spans, which have passed the collector as they do in a run."""

from collections.abc import Iterator

import pytest
from clickhouse_connect.driver.client import Client
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from bench.traffic import EVENTS_A_BATCH, TENANT
from tests.conftest import Stack
from tests.faults.batches import NUMBER_BITS
from tests.faults.cargo import SPANS
from tests.faults.oracle import Oracle, Verdict
from tests.faults.span_requests import NUMBER, batch_of, body
from tests.queries.databases import own_database
from tests.queries.traces.spans import store

BATCHES = 5
PSEUDONYM = "5a" * 16


@pytest.fixture
def database(stack: Stack) -> Iterator[Client]:
    with own_database(stack) as (_, client):
        yield client


@pytest.fixture
def oracle(stack: Stack, database: Client) -> Oracle:
    return Oracle(database, stack.kafka_bootstrap_servers, SPANS)


def sent(batch: int) -> ExportTraceServiceRequest:
    """A batch as the collector passes it on: users are pseudonyms."""
    made: ExportTraceServiceRequest = ExportTraceServiceRequest.FromString(body(batch))
    for of_service in made.resource_spans:
        for span in of_service.scope_spans[0].spans:
            span.attributes[-1].value.string_value = PSEUDONYM
    return made


def store_batches(database: Client, *batches: int) -> None:
    for batch in batches:
        store(database, sent(batch), tenant=TENANT)


def judged(oracle: Oracle) -> Verdict:
    return oracle.judge(0, BATCHES, set(range(BATCHES)))


def test_what_was_stored_as_sent_is_no_mismatch(oracle: Oracle, database: Client) -> None:
    store_batches(database, *range(BATCHES))
    assert judged(oracle) == Verdict(acknowledged=BATCHES * EVENTS_A_BATCH)


def test_a_trace_or_a_span_that_is_not_there_is_lost(oracle: Oracle, database: Client) -> None:
    store_batches(database, 0, 1, 2)
    some = sent(4)
    del some.resource_spans[1].scope_spans[0].spans[3]
    store(database, some, tenant=TENANT)
    assert judged(oracle).lost == EVENTS_A_BATCH + 1


def test_what_is_stored_twice_is_doubled(oracle: Oracle, database: Client) -> None:
    store_batches(database, *range(BATCHES), 2)
    verdict = judged(oracle)
    assert (verdict.doubled, verdict.mismatches) == (EVENTS_A_BATCH, EVENTS_A_BATCH)


CHANGES = {
    "name": "'act.0x'", "service": "'ledgers'", "duration_ns": "duration_ns + 1", "tenant": "'probe'",
    "session_id": "'s-4'", "user_id": "'u-1'", "parent_span_id": "'another'", "events.name": "['no event']",
    "trace_id": "unhex('0190000000007000ffffffffffffffff')", "attributes": "map()", "resource": "map()",
    "attribute_types": "[10, 10, 16, 10, 10, 10]",
}  # fmt: skip


def test_a_row_that_is_not_what_was_sent_is_corrupted(oracle: Oracle, database: Client) -> None:
    store_batches(database, *range(BATCHES))
    columns = [row[0] for row in database.query("DESCRIBE TABLE trace_spans").result_rows]
    names = ", ".join(f"`{name}`" for name in columns)
    database.command("CREATE TABLE changed AS trace_spans")
    for number, (column, value) in enumerate(CHANGES.items(), 1):
        values = ", ".join(value if name == column else f"`{name}`" for name in columns)
        asked = f"SELECT {values} FROM trace_spans WHERE {NUMBER} = {number}"
        database.command(f"INSERT INTO changed ({names}) {asked}")
    database.command(f"INSERT INTO trace_spans ({names}) SELECT {names} FROM changed")
    verdict = judged(oracle)
    assert (verdict.corrupted, verdict.doubled) == (len(CHANGES), len(CHANGES))


def test_the_batch_of_a_record_is_known() -> None:
    for batch in (7, NUMBER_BITS // EVENTS_A_BATCH - 1):
        assert batch_of(body(batch)) == batch
