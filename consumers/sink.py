"""What a sink is: the knowledge of one topic's records that the loop does not have."""

from collections.abc import Generator, Sequence
from typing import Protocol

from consumers.record import Record
from schemas.topics import Topic


class Sink(Protocol):
    """Turns the records of one topic into INSERT bodies for one landing table."""

    topic: Topic
    table: str
    format: str

    def prepare(self, record: Record) -> tuple[bytes, bytes]:
        """Complete one record: what it may share an INSERT with, and its bytes in the table's format.

        Raises DeadRecord, or RetryLater when the record cannot be judged yet.
        """
        ...

    def body(self, group: bytes, rows: Sequence[bytes]) -> Generator[bytes, None, None]:
        """One INSERT's body: the data of records of one group."""
        ...
