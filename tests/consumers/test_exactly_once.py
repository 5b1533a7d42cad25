"""What the fence, the verification and the landing view promise, each on a real ClickHouse."""

import threading
import time
from collections.abc import Iterator

import pytest
from clickhouse_connect.driver.client import Client

from consumers.errors import Fenced, RetryLater, StopConsuming
from consumers.fence import Fence, insert_comment
from consumers.inserts import _FENCED_FOR_GOOD
from runtime.clickhouse import connect
from runtime.settings import QuerySettings, load
from schemas import varint
from tests.client import awaited
from tests.conftest import Stack
from tests.consumers.landing import FRAMING, TOPIC_ID, OneConsumer, content, rows
from tests.queries.databases import own_database


@pytest.fixture
def database(stack: Stack) -> Iterator[str]:
    with own_database(stack) as (name, _):
        yield name


@pytest.fixture
def client(stack: Stack, database: str) -> Client:
    return connect(load(QuerySettings, stack.environ), database)


def test_a_consumer_whose_partition_was_claimed_by_another_stores_nothing(client: Client) -> None:
    frozen, successor = OneConsumer(client), OneConsumer(client)
    frozen.store([frozen.pending(1, content())])
    late = [frozen.pending(2, content())]
    successor.store([successor.pending(2, content())])
    with pytest.raises(Fenced):
        frozen.store(late)
    assert rows(client) == {(0, 1): 3, (0, 2): 3}


def test_it_claims_again_and_finds_stored_what_the_other_has_stored(client: Client) -> None:
    frozen, successor = OneConsumer(client), OneConsumer(client)
    late = [frozen.pending(offset, content()) for offset in (1, 2, 3)]
    frozen.claims.ensure({0: 1}, 3)
    successor.store(late[:2])
    with pytest.raises(Fenced):
        frozen.store(late)
    frozen.store(late)
    assert rows(client) == {(0, 1): 3, (0, 2): 3, (0, 3): 3}


def test_the_claim_of_one_partition_does_not_hinder_the_others(client: Client) -> None:
    one, other = OneConsumer(client), OneConsumer(client)
    one.store([one.pending(1, content(), partition=0)])
    other.store([other.pending(1, content(), partition=1)])
    one.store([one.pending(2, content(), partition=0)])
    assert rows(client) == {(0, 1): 3, (1, 1): 3, (0, 2): 3}


def test_an_insert_without_any_claim_is_refused(client: Client) -> None:
    consumer = OneConsumer(client)
    consumer.claims.ensure({0: 1}, 1)
    client.command("TRUNCATE TABLE fence")
    with pytest.raises(Fenced):
        consumer.store([consumer.pending(1, content())])
    assert rows(client) == {}


def test_who_is_fenced_again_and_again_stops_and_says_why(client: Client) -> None:
    mine = OneConsumer(client)
    item = mine.pending(1, content())
    for attempt in range(_FENCED_FOR_GOOD):
        mine.claims.ensure({0: 1}, 1)
        OneConsumer(client).claims.ensure({0: 1}, 1)
        expected = Fenced if attempt < _FENCED_FOR_GOOD - 1 else StopConsuming
        with pytest.raises(expected, match="FENCED"):
            mine.store([item])


def test_after_an_error_only_what_is_missing_is_inserted(client: Client) -> None:
    consumer = OneConsumer(client)
    items = [consumer.pending(offset, content()) for offset in (5, 6, 9)]
    consumer.store(items[:2])
    consumer.claims.drop({0})
    consumer.store(items)
    consumer.claims.drop({0})
    consumer.store(items)
    assert rows(client) == {(0, 5): 3, (0, 6): 3, (0, 9): 3}


def test_a_retry_by_the_client_is_left_out_within_an_insert_and_later(client: Client) -> None:
    consumer, again = OneConsumer(client), content()
    consumer.store([consumer.pending(offset, again) for offset in (3, 4)])
    consumer.store([consumer.pending(5, content()), consumer.pending(6, again)])
    assert rows(client) == {(0, 3): 3, (0, 5): 3}


def test_the_same_batch_id_of_another_tenant_is_another_batch(client: Client) -> None:
    demo, acme, same = OneConsumer(client), OneConsumer(client, tenant=b"acme"), content()
    demo.store([demo.pending(1, same)])
    acme.store([acme.pending(2, same)])
    assert rows(client) == {(0, 1): 3, (0, 2): 3}


def raw_insert(consumer: OneConsumer, items: list[tuple[int, dict[str, object]]], comment: str) -> None:
    """Send one INSERT as it stands, whatever was sent before it."""
    tail = consumer.sink.tail(0, consumer.claims[0].claim)
    parts = [part for offset, value in items for part in (*consumer.pending(offset, value)[1], tail)]
    consumer.client.raw_insert(
        consumer.sink.table,
        column_names=consumer.sink.columns(FRAMING.frame(b"")),
        insert_block=consumer.sink.body(FRAMING.frame(b""), len(items), parts).pieces,
        fmt=consumer.sink.format,
        settings={"log_comment": comment},
    )


def test_an_insert_that_is_sent_again_after_its_end_stores_nothing_more(client: Client) -> None:
    consumer, items = OneConsumer(client), [(1, content()), (2, content())]
    consumer.claims.ensure({0: 1}, 2)
    for _ in range(3):
        raw_insert(consumer, items, insert_comment("usage_batches", [0]))
    assert rows(client) == {(0, 1): 3, (0, 2): 3}


def test_an_insert_that_is_sent_again_while_it_runs_is_stored_once(stack: Stack, database: str) -> None:
    client = connect(load(QuerySettings, stack.environ), database)
    consumer = OneConsumer(client)
    consumer.claims.ensure({0: 1}, 2)
    for first in range(0, 200, 20):
        items = [(offset, content()) for offset in range(first, first + 20)]
        comment = insert_comment("usage_batches", [0])
        start = threading.Barrier(3)

        def send(items: list[tuple[int, dict[str, object]]], comment: str, start: threading.Barrier) -> None:
            start.wait()
            try:
                raw_insert(consumer, items, comment)
            except Exception as error:
                assert "REPLAYED" in str(error)

        copies = [threading.Thread(target=send, args=(items, comment, start)) for _ in range(3)]
        for copy in copies:
            copy.start()
        for copy in copies:
            copy.join()
    assert set(rows(client).values()) <= {3}


def test_a_record_that_cannot_be_parsed_is_buried_and_its_neighbours_are_stored_once(client: Client) -> None:
    consumer = OneConsumer(client)
    items = [consumer.pending(offset, content()) for offset in range(9)]
    message, (own, added) = items[5]
    items[5] = message, (own, added[:-3] + varint.encode(1 << 40))
    consumer.store(items)
    assert consumer.buried == [5]
    assert rows(client) == {(0, offset): 3 for offset in range(9) if offset != 5}


def test_an_insert_is_one_part_however_many_rows_it_has(client: Client) -> None:
    consumer = OneConsumer(client)
    items = [consumer.pending(offset, content(events=500)) for offset in range(2_200)]
    consumer.store(items)
    parts = "SELECT count(), sum(rows) FROM system.parts WHERE active AND database = {d:String}"
    of_events = parts + " AND table = 'usage_events'"
    assert client.query(of_events, {"d": client.database}).result_rows == [(1, 1_100_000)]


@pytest.mark.parametrize("seconds", [0.5, 30.0])
def test_a_claim_waits_for_older_inserts_and_ends_those_that_take_too_long(
    stack: Stack, database: str, seconds: float
) -> None:
    """The INSERT sleeps in the engine: a source of rows that takes its time."""
    older, mine = (connect(load(QuerySettings, stack.environ), database) for _ in range(2))
    slowly = f"SELECT toString(sleepEachRow(0.1)) FROM numbers({seconds * 10})"
    sql = f"INSERT INTO usage_batches (client_ip) {slowly}"
    settings = {"log_comment": insert_comment("usage_batches", [0, 7]), "max_block_size": 1}
    ended: list[float] = []

    def insert() -> None:
        try:
            older.command(sql, settings=settings)
        except Exception:  # killed, or refused by the view: what matters is when
            pass
        finally:
            ended.append(time.monotonic())

    thread = threading.Thread(target=insert)
    thread.start()
    running = "SELECT count() FROM system.processes WHERE Settings['log_comment'] = {c:String}"
    awaited(lambda: mine.query(running, {"c": settings["log_comment"]}).result_rows[0][0])
    Fence(mine, "usage_batches", TOPIC_ID).claim([1], 0)
    assert not ended, "another partition's INSERT is none of its business"
    Fence(mine, "usage_batches", TOPIC_ID).claim([7], 0)
    claimed = time.monotonic()
    thread.join()
    assert ended[0] - claimed < 1.0
    assert mine.query(running, {"c": settings["log_comment"]}).result_rows == [(0,)]


def test_two_that_claim_at_the_same_moment_do_not_both_believe_it(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    fence, rival = (Fence(client, "usage_batches", TOPIC_ID) for _ in range(2))
    ask = fence._ask

    def late(sql: str, partitions: list[int]) -> dict[int, int]:
        answer = ask(sql, partitions)
        if "max(epoch)" in sql:
            for _ in range(2):
                rival.claim([3], 0)
        return answer

    monkeypatch.setattr(fence, "_ask", late)
    with pytest.raises(RetryLater, match="at the same moment"):
        fence.claim([3], 0)
