"""Spooled groups on their way, when Kafka takes some of a group and not the rest."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import KafkaError

from ingest.presence import Presence
from ingest.record import Record
from ingest.spooling import store as store_module
from ingest.spooling.directory import SpoolDirectory
from ingest.spooling.sending import Sending
from ingest.spooling.spool import Spool
from ingest.spooling.store import Store
from tests.ingest.spooling.records import number_of, numbers, record

GONE = KafkaError(KafkaError._MSG_TIMED_OUT)
TOO_LARGE = KafkaError(KafkaError.MSG_SIZE_TOO_LARGE)


class HalfKafka:
    """In place of a cluster with a partition that is away: a real one cannot be brought to this."""

    def __init__(self, fault_of: Callable[[int], KafkaError | None]) -> None:
        self.fault_of = fault_of
        self.sent: list[int] = []

    def publish(self, record: Record, report: Callable[[KafkaError | None, object], None]) -> None:
        number = number_of(record.key)
        self.sent.append(number)
        asyncio.get_running_loop().call_soon(report, self.fault_of(number), None)

    def replace_broken(self, fault: KafkaError) -> None:
        pass


def delivered(tmp_path: Path, kafka: HalfKafka, times: int) -> tuple[Store, Presence]:
    """Deliver a group of ten so many times."""
    store, presence = SpoolDirectory(tmp_path / "spool").open(64 << 20), Presence()

    async def deliver() -> None:
        spool = Spool(store)
        sending = Sending(spool, kafka, presence)  # type: ignore[arg-type]
        for _ in range(times):
            await sending.deliver(store.oldest(1_000))
        await spool.close()

    store.append([record(number) for number in range(10)])
    asyncio.run(deliver())
    return store, presence


def test_what_kafka_has_of_a_group_is_not_sent_again(tmp_path: Path) -> None:
    kafka = HalfKafka(lambda number: GONE if number % 4 == 0 else None)
    store, presence = delivered(tmp_path, kafka, times=3)
    assert [numbers(group.records) for group in store.oldest(1_000)] == [[0, 4, 8]]
    assert kafka.sent == [*range(10), 0, 4, 8, 0, 4, 8]
    assert presence.is_away
    store.close()


def test_of_a_group_that_kafka_never_takes_whole_only_the_rest_is_set_aside(tmp_path: Path) -> None:
    kafka = HalfKafka(lambda number: TOO_LARGE if number == 7 else None)
    store, _ = delivered(tmp_path, kafka, times=2)
    assert store.oldest(1_000) == []
    assert kafka.sent == list(range(10))
    store.close()


def test_a_group_that_another_process_has_drained_meanwhile_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SpoolDirectory(tmp_path / "spool").open(64 << 20)
    other = SpoolDirectory(tmp_path / "spool").open(64 << 20)
    for number in range(3):
        store.append([record(number)])
    read = store_module._records

    def drained_meanwhile(connection: Any, number: int) -> list[Record] | None:
        if number == 1:
            other.remove([1, 2])
        return read(connection, number)

    monkeypatch.setattr(store_module, "_records", drained_meanwhile)
    assert [numbers(group.records) for group in store.oldest(1_000)] == [[2]]
    store.close()
    other.close()
