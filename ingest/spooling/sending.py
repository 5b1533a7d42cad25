"""Spooled groups to Kafka, as one step that either comes to its end or leaves them where they are."""

import asyncio
import functools
from collections.abc import Sequence
from typing import NamedTuple

from confluent_kafka import KafkaError

from ingest.presence import Presence
from ingest.publisher import Publisher
from ingest.record import Record
from ingest.spooling.group import Group
from ingest.spooling.losses import Loss, count_loss
from ingest.spooling.spool import Spool
from runtime import metrics

_OF_THE_RECORD = frozenset(
    {KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.INVALID_MSG_SIZE, KafkaError.INVALID_RECORD}
)
"""Kafka will never take such a record, so it must not keep those behind it waiting."""
_AT_ONCE = 500
"""So many records are published before new traffic has its turn: some five milliseconds. In a busy loop a
turn is long, and with fewer the spool would not empty."""


class _Outcome(NamedTuple):
    """What became of records that were published."""

    fault: KafkaError | None
    """The one that weighs most; None when all are acknowledged."""
    left: list[Record]
    """Those that are not."""


_Published = asyncio.Future[_Outcome]


class Sending:
    """Publishes groups, and takes those out of the spool that Kafka has."""

    def __init__(self, spool: Spool, publisher: Publisher, presence: Presence) -> None:
        self._spool, self._publisher, self._presence = spool, publisher, presence
        self._acknowledged: list[int] = []
        """Groups that Kafka has, and that are still in the spool."""

    async def try_one(self, group: Group) -> None:
        """Find out by its first record whether Kafka is there again; the record comes twice, then."""
        if group.records is None:
            await self._set_aside(group, Loss.DAMAGED)
        elif not _is_transient((await self._publish(group.records[:1])).fault):
            self._presence.returned()

    async def deliver(self, groups: Sequence[Group]) -> bool:
        """Whether Kafka has them all, but for those that it will never take or that cannot be read.

        Raises sqlite3.Error when the spool cannot be written. `remove` must then succeed before anything is
        sent again: else the same would be sent again and again.
        """
        for group in groups:
            if group.records is None:
                await self._set_aside(group, Loss.DAMAGED)
        outcomes = [(group, await published) for group, published in await self._publish_all(groups)]
        for group, outcome in outcomes:
            await self._settle(group, outcome)
        await self.remove()
        return not any(_is_transient(outcome.fault) for _, outcome in outcomes)

    async def _settle(self, group: Group, outcome: _Outcome) -> None:
        if outcome.fault is None:
            self._acknowledged.append(group.number)
        elif len(outcome.left) < group.count:  # what Kafka has is not sent again
            await self._spool.ask(self._spool.store.keep_only, group.number, outcome.left)
        metrics.DRAINED.inc(group.count - len(outcome.left))
        if outcome.fault and not _is_transient(outcome.fault):
            await self._set_aside(Group(group.number, len(outcome.left), outcome.left), Loss.REFUSED)
        elif outcome.fault and outcome.fault.code() != KafkaError._QUEUE_FULL:
            self._presence.left(outcome.fault)

    async def remove(self) -> None:
        """Take out of the spool what Kafka has."""
        if self._acknowledged:
            await self._spool.ask(self._spool.store.remove, self._acknowledged)
            self._acknowledged = []

    async def _publish_all(self, groups: Sequence[Group]) -> list[tuple[Group, _Published]]:
        sent, at_once = [], 0
        for group in groups:
            if group.records is not None:
                sent.append((group, self._publish(group.records)))
                at_once += group.count
            if at_once >= _AT_ONCE:
                at_once = 0
                await asyncio.sleep(0)
        return sent

    def _publish(self, records: Sequence[Record]) -> _Published:
        """Publish them, and hear of all what became of them."""
        reported: _Published = asyncio.get_running_loop().create_future()
        faults: list[KafkaError] = []
        left: list[Record] = []
        due = len(records)

        def report(record: Record, fault: KafkaError | None, _: object) -> None:
            nonlocal due
            due -= 1
            if fault:
                self._publisher.replace_broken(fault)
                faults.append(fault)
                left.append(record)
            if not due and not reported.done():
                weightiest = next(filter(_is_transient, faults), faults[0] if faults else None)
                reported.set_result(_Outcome(weightiest, left))

        for record in records:
            self._publisher.publish(record, functools.partial(report, record))
        return reported

    async def _set_aside(self, group: Group, loss: Loss) -> None:
        if await self._spool.ask(self._spool.store.set_aside, group.number, loss):
            count_loss(loss, group.count, f"group {group.number} is set aside")


def _is_transient(fault: KafkaError | None) -> bool:
    return fault is not None and fault.code() not in _OF_THE_RECORD
