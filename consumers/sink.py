"""What a sink is: the knowledge of one topic's records that the loop does not have."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from consumers.record import Record
from schemas.body import Body
from schemas.topics import Topic

Parts = tuple[bytes | memoryview, bytes]
"""A record but for its tail: its own bytes, as the message holds them, and what is added to them."""


class Sink(Protocol):
    """Turns the records of one topic into INSERT bodies for one landing table.

    The landing table's view unpacks them into exactly one table, in one block an INSERT.
    """

    topic: Topic
    table: str
    """The landing table."""
    stored_in: str
    """The table that the rows end in, with the columns topic_id, kafka_partition, kafka_offset."""
    format: str
    settings: Mapping[str, str]
    """What the format needs to be told."""

    def prepare(self, record: Record) -> tuple[bytes, Parts]:
        """Complete one record but for its tail: what it may share an INSERT with, and what it is sent as.

        Raises DeadRecord, or RetryLater when the record cannot be judged yet.
        """
        ...

    def tail(self, partition: int, claim: int) -> bytes:
        """What ends each record of a partition: where it comes from, and under which claim it is inserted."""
        ...

    def columns(self, group: bytes) -> Sequence[str]:
        """The landing table's columns that these records fill; others get the table's defaults."""
        ...

    def body(self, group: bytes, records: int, parts: Sequence[bytes | memoryview]) -> Body:
        """One INSERT's body: so many records of one group, each as its parts and its tail."""
        ...
