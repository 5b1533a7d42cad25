"""Spooled groups to Kafka, as one step that either comes to its end or leaves them where they are."""

import asyncio
from collections.abc import Sequence

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
_Published = asyncio.Future[KafkaError | None]


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
        elif not _is_transient(await self._publish(group.records[:1])):
            self._presence.returned()

    async def deliver(self, groups: Sequence[Group]) -> bool:
        """Whether Kafka has them all, but for those that it will never take or that cannot be read.

        Raises sqlite3.Error when the spool cannot be written. `remove` must then succeed before anything is
        sent again: else the same would be sent again and again.
        """
        for group in groups:
            if group.records is None:
                await self._set_aside(group, Loss.DAMAGED)
        faults = [(group, await published) for group, published in await self._publish_all(groups)]
        for group, fault in faults:
            if fault is None:
                metrics.DRAINED.inc(group.count)
                self._acknowledged.append(group.number)
            elif _is_transient(fault) and fault.code() != KafkaError._QUEUE_FULL:
                self._presence.left(fault)
        for group, fault in faults:
            if fault and not _is_transient(fault):
                await self._set_aside(group, Loss.REFUSED)
        await self.remove()
        return not any(_is_transient(fault) for _, fault in faults)

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
        """Publish them; the answer is None when all are acknowledged, or the fault that weighs most."""
        reported: asyncio.Future[KafkaError | None] = asyncio.get_running_loop().create_future()
        faults: list[KafkaError | None] = []

        def report(fault: KafkaError | None, _: object) -> None:
            faults.append(fault)
            if len(faults) == len(records) and not reported.done():
                found = [fault for fault in faults if fault]
                for fault in found:
                    self._publisher.replace_broken(fault)
                reported.set_result(next(filter(_is_transient, found), found[0] if found else None))

        for record in records:
            self._publisher.publish(record, report)
        return reported

    async def _set_aside(self, group: Group, loss: Loss) -> None:
        if await self._spool.ask(self._spool.store.set_aside, group.number, loss):
            count_loss(loss, group.count, f"group {group.number} is set aside")


def _is_transient(fault: KafkaError | None) -> bool:
    return fault is not None and fault.code() not in _OF_THE_RECORD
