"""Leaders killed by the clock: every so many seconds, that of a partition which is being written.

The aimed faults meet a consumer at its points; here the load is full and Kafka's nodes end again and again.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, OffsetSpec

from runtime.positions import offsets
from tests.faults.errors import Infrastructure
from tests.faults.ground import Ground

_LOOK_SECONDS = 0.2
_WITHIN_SECONDS = 120.0


class Leaders:
    """Kills who leads a partition of the topic that is written, one after the other, and starts it again."""

    def __init__(self, ground: Ground, every_seconds: float) -> None:
        self.killed = 0
        self._ground, self._topic = ground, ground.cargo.topic
        self._every_seconds = every_seconds
        self._admin = AdminClient({"bootstrap.servers": ground.bootstrap_servers})

    async def kill_until(self, enough: asyncio.Event) -> None:
        """From kill to kill so many seconds, or as long as it takes until all replicas are in sync again.

        Raises Infrastructure where a partition is not written, no other node takes over, or replicas stay
        behind.
        """
        clock = asyncio.get_running_loop().time
        due = clock()
        while True:
            due = max(due + self._every_seconds, clock())
            if await _is_set(enough, due - clock()):
                return
            await self._kill_leader_of(self.killed % self._topic.partitions)
            self.killed += 1

    async def _kill_leader_of(self, partition: int) -> None:
        await self._until(f"Partition {partition} is not written", lambda: self._grows(partition))
        leader = await self._ground.leader(partition)
        async with leader.lock:
            self._ground.note(f"{leader.name}, which leads partition {partition}, is killed")
            await leader.kill()
            await self._until("No other node leads", lambda: self._is_led_by_another(partition, leader.name))
            await leader.start()
        await self._until("Replicas stay behind", self._is_whole)
        self._ground.note(f"{leader.name} is back, and all replicas are in sync")

    async def _until(self, complaint: str, holds: Callable[[], Awaitable[bool]]) -> None:
        try:
            async with asyncio.timeout(_WITHIN_SECONDS):
                while not await holds():  # noqa: ASYNC110  Kafka tells nobody
                    await asyncio.sleep(_LOOK_SECONDS)
        except TimeoutError:
            raise Infrastructure(f"{complaint} within {_WITHIN_SECONDS:.0f} s.") from None

    async def _end(self, partition: int) -> int:
        """The next offset; 0 while Kafka does not say."""
        place = (self._topic.name, partition)
        try:
            return (await asyncio.to_thread(offsets, self._admin, [place], OffsetSpec.latest))[place]
        except KafkaException:
            return 0

    async def _grows(self, partition: int) -> bool:
        before = await self._end(partition)
        await asyncio.sleep(_LOOK_SECONDS)
        return 0 < before < await self._end(partition)

    async def _is_led_by_another(self, partition: int, name: str) -> bool:
        leaders, _ = await self._partitions()
        return leaders[partition] not in (-1, int(name.rpartition("-")[2]))

    async def _is_whole(self) -> bool:
        _, are_in_sync = await self._partitions()
        return are_in_sync

    async def _partitions(self) -> tuple[dict[int, int], bool]:
        """Who leads each partition of the topic; whether all replicas of all topics are in sync."""
        try:
            topics = (await asyncio.to_thread(self._admin.list_topics, timeout=5)).topics
        except KafkaException:  # the node that was asked is the one that is gone
            return dict.fromkeys(range(self._topic.partitions), -1), False
        parts = [part for topic in topics.values() for part in topic.partitions.values()]
        leaders = {number: part.leader for number, part in topics[self._topic.name].partitions.items()}
        return leaders, all(set(part.isrs) == set(part.replicas) for part in parts)


async def _is_set(event: asyncio.Event, within: float) -> bool:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), max(0.0, within))
    return event.is_set()  # of no time at all, asyncio says that it has passed
