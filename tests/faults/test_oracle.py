"""The oracle sees what is planted: an oracle that finds nothing proves nothing."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from clickhouse_connect.driver.client import Client
from confluent_kafka import Producer

from bench.traffic import EVENTS_A_BATCH, TENANT
from runtime import clickhouse
from runtime.settings import ClickHouseSettings, load
from schemas import usage
from schemas.dead_letter import DeadLetter, Reason
from schemas.framing import SingleObject
from schemas.topics import DEAD, USAGE
from sql import runner
from tests.conftest import Stack
from tests.faults.batches import batch_id, event_id
from tests.faults.oracle import Oracle, Verdict

_COLUMNS = [
    "received_at", "tenant", "retention_days", "kind", "name", "page", "referrer", "session_id", "user_id",
    "event_id", "batch_id", "properties_json", "topic_id", "kafka_partition", "kafka_offset",
]  # fmt: skip
BATCHES = 5


@pytest.fixture
def database(stack: Stack) -> Iterator[Client]:
    """A database of its own, migrated."""
    name = f"oracle_{uuid.uuid4().hex[:8]}"
    settings = load(ClickHouseSettings, {k: v for k, v in stack.environ.items() if "CLICKHOUSE" in k})
    runner.create_database(clickhouse.connect(settings, database="default"), name)
    client = clickhouse.connect(settings, database=name)
    for migration in runner.pending(client):
        runner.apply(client, migration)
    yield client
    client.command(f"DROP DATABASE {name}")


@pytest.fixture
def oracle(stack: Stack, database: Client) -> Oracle:
    return Oracle(database, stack.kafka_bootstrap_servers)


def rows(batch: int, offset: int | None = None, topic: bytes = b"t" * 16) -> list[list[Any]]:
    """A batch as the landing view stores it."""
    return [
        [
            datetime.now(UTC), TENANT, 90, "action", f"act.{n % 97}", f"/page/{n % 1009}", f"r{n}",
            f"s-{batch}", "0" * 32, event_id(n).bytes, batch_id(batch).bytes,
            msgspec.json.encode({
                "number": float(n), "text": event_id(n).hex, "even": n % 2 == 0, "filler": "x" * 200,
            }),
            topic, 0, batch if offset is None else offset,
        ]
        for n in range(batch * EVENTS_A_BATCH, (batch + 1) * EVENTS_A_BATCH)
    ]  # fmt: skip


def store(database: Client, planted: list[list[Any]]) -> None:
    database.insert("usage_events", planted, column_names=_COLUMNS)


def store_batches(database: Client, *batches: int) -> None:
    store(database, [row for batch in batches for row in rows(batch)])


def bury(stack: Stack, batch: int, topic: bytes, times: int = 1) -> None:
    """A dead letter of the batch's record."""
    record = SimpleNamespace(
        client_ip="", user_agent="", batch_id=batch_id(batch), sent_at=0, retention_days=90, sdk="",
        release="",
        language="", screen="", timezone="", automated=False, lost={}, events=[],
    )  # fmt: skip
    value = SingleObject(usage.fingerprint(usage.BATCH)).frame(usage.encode_batch(record))
    letter = DeadLetter(USAGE.name, topic, 0, batch, Reason.STAMP_IMPLAUSIBLE, "planted", 0, value, [])
    headers: list[tuple[str, str | bytes | None]] = [*letter.to_headers()]
    producer = Producer({"bootstrap.servers": stack.kafka_bootstrap_servers})
    for _ in range(times):
        producer.produce(DEAD.name, letter.value, key=letter.key(), headers=headers)
    assert producer.flush(30) == 0


def judged(oracle: Oracle, acknowledged: int = BATCHES) -> Verdict:
    return oracle.judge(0, BATCHES, set(range(acknowledged)))


def test_what_was_stored_as_sent_is_no_mismatch(oracle: Oracle, database: Client) -> None:
    store_batches(database, *range(BATCHES))
    assert judged(oracle) == Verdict(acknowledged=BATCHES * EVENTS_A_BATCH)


def test_a_batch_that_is_not_there_is_lost(oracle: Oracle, database: Client) -> None:
    store_batches(database, 0, 1, 2, 4)
    assert judged(oracle).lost == EVENTS_A_BATCH


def test_one_event_that_is_not_there_is_lost(oracle: Oracle, database: Client) -> None:
    store_batches(database, 0, 1, 2, 3)
    store(database, rows(4)[1:])
    assert judged(oracle).lost == 1


def test_a_record_that_is_stored_twice_is_doubled(oracle: Oracle, database: Client) -> None:
    store_batches(database, *range(BATCHES), 2)
    verdict = judged(oracle)
    assert (verdict.doubled, verdict.doubled_in_place) == (EVENTS_A_BATCH, EVENTS_A_BATCH)


def test_a_clients_second_delivery_is_doubled_as_well(oracle: Oracle, database: Client) -> None:
    store_batches(database, *range(BATCHES))
    store(database, rows(2, offset=77))
    verdict = judged(oracle)
    assert (verdict.doubled, verdict.doubled_in_place) == (EVENTS_A_BATCH, 0)


def test_a_double_is_blamed_on_one_round_alone(oracle: Oracle, database: Client) -> None:
    store_batches(database, *range(BATCHES), 2)
    assert judged(oracle).doubled == EVENTS_A_BATCH
    assert judged(oracle).doubled == 0


def test_what_an_erased_user_sent_is_not_lost_but_surviving_when_it_is_there(
    oracle: Oracle, database: Client
) -> None:
    store_batches(database, 0, 2, 3)
    everybody = set(range(BATCHES))
    verdict = oracle.judge(0, BATCHES, everybody, {1, 4})
    assert (verdict.lost, verdict.surviving) == (0, 0)
    verdict = oracle.judge(0, BATCHES, everybody, {1, 3, 4})
    assert (verdict.lost, verdict.surviving, verdict.mismatches) == (0, EVENTS_A_BATCH, EVENTS_A_BATCH)


def test_a_row_that_went_with_an_erasure_of_others_is_lost_whatever_round_it_came_in(
    oracle: Oracle, database: Client
) -> None:
    store_batches(database, 2, 3, 4)
    assert oracle.judge(3, BATCHES, set(range(BATCHES)), {1}).lost == EVENTS_A_BATCH


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("page", "/page/0x"),
        ("session_id", "s-4"),
        ("properties_json", b'{"even":1}'),
        ("tenant", "probe"),
    ],
)
def test_a_row_that_is_not_what_was_sent_is_corrupted(
    oracle: Oracle, database: Client, column: str, value: object
) -> None:
    planted = [row for batch in range(BATCHES) for row in rows(batch)]
    planted[7][_COLUMNS.index(column)] = value
    store(database, planted)
    verdict = judged(oracle)
    assert (verdict.corrupted, verdict.mismatches) == (1, 1)


def test_what_is_stored_unacknowledged_is_counted_and_allowed(oracle: Oracle, database: Client) -> None:
    store_batches(database, *range(BATCHES))
    verdict = judged(oracle, acknowledged=BATCHES - 1)
    assert (verdict.unacknowledged_stored, verdict.mismatches) == (EVENTS_A_BATCH, 0)


def test_a_dead_letter_that_was_sent_twice_is_one_and_no_loss(
    oracle: Oracle, database: Client, stack: Stack
) -> None:
    store_batches(database, 0, 1, 2, 3)
    bury(stack, 4, topic=uuid.uuid4().bytes, times=2)
    verdict = judged(oracle)
    assert (verdict.mismatches, verdict.dead) == (0, {"stamp_implausible": EVENTS_A_BATCH})


def test_a_record_that_is_dead_and_stored_is_a_mismatch(
    oracle: Oracle, database: Client, stack: Stack
) -> None:
    topic = uuid.uuid4().bytes
    store(database, [row for batch in range(BATCHES) for row in rows(batch, topic=topic)])
    bury(stack, 4, topic)
    assert judged(oracle).dead_and_stored == 1
