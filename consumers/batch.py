"""What waits for the next INSERT."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from confluent_kafka import Message

from consumers.sink import Parts

Pending = tuple[Message, Parts]
"""A message that waits for its INSERT, and what it is sent as. A tuple: there are very many."""


@dataclass
class Batch:
    """Records of several partitions, by what may share an INSERT."""

    groups: defaultdict[bytes, list[Pending]] = field(default_factory=lambda: defaultdict(list))
    size: int = 0
    """Bytes that wait."""
    due_at: float = 0.0
    firsts: dict[int, int] = field(default_factory=dict)
    """Each partition's lowest offset, dead records included."""
    ends: dict[int, int] = field(default_factory=dict)
    """The position behind the last record of each partition, dead ones included."""

    def __len__(self) -> int:
        return sum(map(len, self.groups.values()))

    def add(self, group: bytes, message: Message, parts: Parts) -> None:
        """Add one record."""
        self.groups[group].append((message, parts))
        self.size += len(parts[0]) + len(parts[1])

    def see(self, partition: int, offset: int) -> None:
        """Note that the record at this place belongs to the batch, whatever becomes of it."""
        self.firsts.setdefault(partition, offset)
        self.ends[partition] = offset + 1

    def forget(self, partitions: Iterable[int]) -> None:
        """Drop what waits of these partitions."""
        gone = set(partitions)
        for partition in gone & self.ends.keys():
            del self.firsts[partition], self.ends[partition]
        for group, items in list(self.groups.items()):
            self.groups[group] = [item for item in items if item[0].partition() not in gone]
        self.size = sum(len(part) for items in self.groups.values() for _, parts in items for part in parts)
