"""What a sink is: the knowledge of one topic's records that the loop does not have."""

from collections.abc import Generator, Sequence
from typing import NamedTuple, Protocol

from consumers.record import Record
from schemas.topics import Topic


class Prepared(NamedTuple):
    """A record ready to be stored: its bytes in the table's format, and what it may share an INSERT with."""

    group: bytes
    data: bytes


class Sink(Protocol):
    """Turns the records of one topic into INSERT bodies for one landing table."""

    topic: Topic
    table: str
    format: str

    def prepare(self, record: Record) -> Prepared:
        """Complete one record; raises DeadRecord, or RetryLater when it cannot be judged yet."""
        ...

    def body(self, group: bytes, rows: Sequence[bytes]) -> Generator[bytes, None, None]:
        """One INSERT's body: the data of records of one group."""
        ...
