"""The outlet on the real Kafka, which is frozen and comes back."""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from ingest.outlet import Outlet
from ingest.record import Record
from ingest.refusals import Refusal
from ingest.spooling.directory import SpoolDirectory
from runtime import metrics
from runtime.settings import CollectorSettings
from tests.brokers import RunningBroker, create_topic, messages
from tests.ingest.spooling.records import number_of, record
from tests.ingest.spooling.test_store import damage

WITHIN_S = 30.0
CLOSE_S = 3.0
Put = Callable[[int], Awaitable[Refusal | None]]


class World:
    """An outlet's settings, its topic, and what came of its records."""

    def __init__(self, kafka: RunningBroker, directory: Path) -> None:
        self.kafka = kafka
        self.topic = create_topic(kafka.address)
        self.directory = directory

    def settings(self, **changes: Any) -> CollectorSettings:
        given: dict[str, Any] = {
            "kafka_bootstrap_servers": self.kafka.address,
            "tenants_file": Path(),
            "pseudonym_keys_file": Path(),
            "ack_timeout_ms": 1_000,
            "spool_dir": self.directory,
        }
        return CollectorSettings(**given | changes)

    def outlet(self, **changes: Any) -> Outlet:
        return Outlet(self.settings(**changes))

    async def put(self, outlet: Outlet, number: int, **changes: Any) -> Refusal | None:
        return await put(outlet, record(number)._replace(topic=self.topic, **changes))

    async def put_all(self, outlet: Outlet, numbers: range) -> list[Refusal | None]:
        return await asyncio.gather(*(self.put(outlet, number) for number in numbers))

    def in_kafka(self) -> list[int]:
        """The records' numbers in their order, each where it came first."""
        found = [number_of(message.key() or b"") for message in messages(self.kafka.address, self.topic)]
        return list(dict.fromkeys(found))

    def in_kafka_sorted(self) -> list[int]:
        return sorted(self.in_kafka())

    async def until_drained(self) -> None:
        store = SpoolDirectory(self.directory).open(64 << 20)
        async with asyncio.timeout(WITHIN_S):
            while store.totals().records:  # noqa: ASYNC110  another connection, and nobody tells it
                await asyncio.sleep(0.05)
        store.close()


async def put(outlet: Outlet, record: Record) -> Refusal | None:
    done: asyncio.Future[Refusal | None] = asyncio.get_running_loop().create_future()
    outlet.put(record, done.set_result)
    return await asyncio.wait_for(done, WITHIN_S)


async def put_of_each(outlet: Outlet, records: list[Record]) -> Refusal | None:
    done: asyncio.Future[Refusal | None] = asyncio.get_running_loop().create_future()
    outlet.put_all(records, done.set_result)
    return await asyncio.wait_for(done, WITHIN_S)


async def put_together(outlet: Outlet, world: World, numbers: range, **changes: Any) -> Refusal | None:
    made = [record(number)._replace(topic=world.topic, **changes) for number in numbers]
    return await put_of_each(outlet, made)


@pytest.fixture
def world(kafka: RunningBroker, tmp_path: Path) -> World:
    return World(kafka, tmp_path / "spool")


def test_while_kafka_is_there_nothing_is_spooled(world: World) -> None:
    async def scene() -> None:
        outlet = world.outlet()
        spooled = metrics.SPOOLED._value.get()
        assert await world.put_all(outlet, range(100)) == [None] * 100
        assert metrics.SPOOLED._value.get() == spooled
        await outlet.close(CLOSE_S)

    asyncio.run(scene())
    assert sorted(world.in_kafka()) == list(range(100))


def test_while_kafka_is_away_records_are_taken_and_kafka_has_them_in_order_afterwards(world: World) -> None:
    async def scene() -> None:
        outlet = world.outlet()
        assert await world.put(outlet, 0) is None
        with world.kafka.frozen():
            assert await world.put(outlet, 1) is None
            for number in range(2, 40):
                assert await world.put(outlet, number) is None
            assert await outlet.is_ready()
        await world.until_drained()
        assert await world.put(outlet, 40) is None
        await outlet.close(CLOSE_S)

    asyncio.run(scene())
    assert world.in_kafka() == list(range(41))


def test_new_records_are_taken_beside_the_draining(world: World) -> None:
    async def scene() -> None:
        outlet = world.outlet()
        with world.kafka.frozen():
            for start in range(0, 5_000, 500):
                assert await world.put_all(outlet, range(start, start + 500)) == [None] * 500
        for number in range(5_000, 5_100):
            assert await world.put(outlet, number) is None
        await world.until_drained()
        await outlet.close(CLOSE_S)

    asyncio.run(scene())
    found = world.in_kafka()
    assert sorted(found) == list(range(5_100))
    assert [number for number in found if number < 5_000] == list(range(5_000))


def test_a_full_spool_refuses_and_takes_again_once_there_is_room(world: World) -> None:
    async def scene() -> tuple[int, int]:
        outlet = world.outlet(spool_max_bytes=1 << 20)
        taken, number = [], 0
        with world.kafka.frozen():
            while (refusal := await world.put(outlet, number, value=os.urandom(20_000))) is None:
                taken.append(number)
                number += 1
            assert refusal is Refusal.SPOOL_FULL
            assert not await outlet.is_ready()
        await world.until_drained()
        assert await world.put(outlet, number) is None
        await outlet.close(CLOSE_S)
        return len(taken), number

    taken, last = asyncio.run(scene())
    assert taken > 10
    assert world.in_kafka() == list(range(last + 1))


def test_several_records_are_answered_once_when_all_are_safe(world: World) -> None:
    async def scene() -> None:
        outlet = world.outlet()
        assert await put_together(outlet, world, range(10)) is None
        assert world.in_kafka_sorted() == list(range(10))
        with world.kafka.frozen():
            assert await put_together(outlet, world, range(10, 20)) is None
        await world.until_drained()
        await outlet.close(CLOSE_S)

    asyncio.run(scene())
    assert world.in_kafka_sorted() == list(range(20))


def test_several_records_of_which_one_is_not_safe_are_to_come_again(world: World) -> None:
    async def scene() -> None:
        outlet = world.outlet(spool_max_bytes=1 << 20)
        with world.kafka.frozen():
            value = os.urandom(900_000)
            assert await put_together(outlet, world, range(1)) is None  # from here on Kafka is away
            assert await put_together(outlet, world, range(1, 9), value=value) is Refusal.SPOOL_FULL
        await world.until_drained()
        assert await put_together(outlet, world, range(1, 9), value=value) is None
        await outlet.close(CLOSE_S)

    asyncio.run(scene())
    assert world.in_kafka_sorted() == list(range(9))


def test_a_lasting_refusal_is_told_only_where_none_is_passing(world: World) -> None:
    async def scene() -> None:
        outlet = world.outlet(spool_dir=None)
        large = record(0, size=2_000_000)._replace(topic=world.topic)
        small = record(1)._replace(topic=world.topic)
        assert await put_of_each(outlet, [large, small]) is Refusal.BODY_TOO_LARGE
        with world.kafka.frozen():
            assert await put_of_each(outlet, [small, large]) is Refusal.NOT_STORED
        await outlet.close(CLOSE_S)

    asyncio.run(scene())


def test_without_a_spool_the_answer_is_a_refusal(world: World) -> None:
    async def scene() -> None:
        outlet = world.outlet(spool_dir=None)
        with world.kafka.frozen():
            assert not await outlet.is_ready()
            assert await world.put(outlet, 0) is Refusal.NOT_STORED
        await outlet.close(CLOSE_S)

    asyncio.run(scene())


def test_closing_puts_into_the_spool_what_kafka_does_not_take(world: World) -> None:
    async def scene() -> None:
        outlet = world.outlet(ack_timeout_ms=60_000)
        assert await world.put(outlet, 0) is None
        with world.kafka.frozen():
            under_way = [asyncio.ensure_future(world.put(outlet, number)) for number in range(1, 20)]
            await asyncio.sleep(0)
            await outlet.close(0.2)
            assert await asyncio.gather(*under_way) == [None] * 19
        successor = world.outlet()
        await world.until_drained()
        await successor.close(CLOSE_S)

    asyncio.run(scene())
    assert sorted(world.in_kafka()) == list(range(20))


def test_a_damaged_group_is_set_aside_and_the_others_go_on(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    store = SpoolDirectory(world.directory).open(64 << 20)
    for number in range(5):
        store.append([record(number)._replace(topic=world.topic)])
    damage(world.directory / "spool.sqlite", 3)
    store.close()
    lost = metrics.SPOOL_LOST.labels("damaged")
    before = lost._value.get()

    async def scene() -> None:
        outlet = world.outlet()
        await world.until_drained()
        await outlet.close(CLOSE_S)

    asyncio.run(scene())
    assert world.in_kafka() == [0, 1, 3, 4]
    assert lost._value.get() - before == 1
    assert [entry.levelname for entry in caplog.records if "lost (damaged)" in entry.message] == ["ERROR"]


def test_what_kafka_will_never_take_does_not_keep_the_others_waiting(world: World) -> None:
    store = SpoolDirectory(world.directory).open(64 << 20)
    for number, size in enumerate((10, 2_000_000, 10)):
        store.append([record(number, size=size)._replace(topic=world.topic)])
    store.close()

    async def scene() -> None:
        outlet = world.outlet()
        await world.until_drained()
        assert await world.put(outlet, 3, value=b"x" * 2_000_000) is Refusal.BODY_TOO_LARGE
        with world.kafka.frozen():
            assert await world.put(outlet, 4) is None
            assert await world.put(outlet, 5, value=b"x" * 2_000_000) is Refusal.BODY_TOO_LARGE
        await world.until_drained()
        await outlet.close(CLOSE_S)

    asyncio.run(scene())
    assert world.in_kafka() == [0, 2, 4]


def test_what_waited_too_long_is_lost_and_said_so(world: World, caplog: pytest.LogCaptureFixture) -> None:
    store = SpoolDirectory(world.directory).open(64 << 20)
    for number, age in enumerate((30, 1)):
        store.append([record(number, age_hours=age)._replace(topic=world.topic)] * 2)
    store.close()
    lost = metrics.SPOOL_LOST.labels("expired")
    before = lost._value.get()

    async def scene() -> None:
        outlet = world.outlet(spool_max_age_hours=24)
        await world.until_drained()
        await outlet.close(CLOSE_S)

    asyncio.run(scene())
    assert world.in_kafka() == [1]
    assert lost._value.get() - before == 2
    assert any(entry.levelno == logging.ERROR for entry in caplog.records)


def test_two_outlets_share_a_spool(world: World) -> None:
    async def scene() -> None:
        outlets = [world.outlet(), world.outlet()]
        with world.kafka.frozen():
            answers = await asyncio.gather(
                *(world.put(outlets[number % 2], number) for number in range(400)),
            )
            assert answers == [None] * 400
        await world.until_drained()
        assert await world.put(outlets[0], 400) is None
        assert await world.put(outlets[1], 401) is None
        await world.until_drained()  # the one that did not drain may not have seen Kafka's return yet
        for outlet in outlets:
            await outlet.close(CLOSE_S)

    asyncio.run(scene())
    assert sorted(world.in_kafka()) == list(range(402))


def test_until_the_topics_are_checked_records_stay_in_the_spool(world: World) -> None:
    answers = [False, True]

    async def scene() -> None:
        outlet = Outlet(world.settings(), lambda: answers.pop(0))
        assert await world.put_all(outlet, range(10)) == [None] * 10
        assert answers == [False, True]
        await world.until_drained()
        await outlet.close(CLOSE_S)

    asyncio.run(scene())
    assert (answers, world.in_kafka()) == ([], list(range(10)))


def test_the_arrival_stamp_is_carried_unchanged(world: World) -> None:
    kept = record(0, age_hours=5)._replace(topic=world.topic)
    store = SpoolDirectory(world.directory).open(64 << 20)
    store.append([kept])
    store.close()

    async def scene() -> None:
        outlet = world.outlet()
        await world.until_drained()
        await outlet.close(CLOSE_S)

    asyncio.run(scene())
    (message,) = messages(world.kafka.address, world.topic)
    assert (message.value(), message.headers()) == (kept.value, kept.headers)
