"""Named points of a batch's way into ClickHouse, where a fault would hurt most.

Nothing happens at them in production. The fault harness (`tests/faults`) puts its own function in the place
of `hook`, and so kills or freezes a process exactly there.
"""

from collections.abc import Callable
from enum import StrEnum


class Point(StrEnum):
    """Where a consumer stands."""

    REBALANCED = "rebalanced"
    """Partitions were assigned or taken away; nothing was done about it yet."""
    BATCH_CUT = "batch cut"
    """A batch is due: its records are chosen."""
    CLAIM_READ = "claim read"
    """The partitions' last epochs are known."""
    CLAIM_WRITTEN = "claim written"
    """A claim of one's own is in the fence."""
    DRAINED = "drained"
    """No INSERT under an older claim runs any more."""
    VERIFIED = "verified"
    """What is stored already is known."""
    BODY_HALF_SENT = "body half sent"
    """The INSERT's body is on its way."""
    BODY_SENT = "body sent"
    """The INSERT's body is with ClickHouse, its answer is not here yet."""
    INSERTED = "inserted"
    """ClickHouse has acknowledged, nothing is committed."""
    COMMITTED = "committed"
    """Kafka has the new offsets."""


def _nothing(_point: Point, _records: int) -> None:
    """What happens in production."""


hook: Callable[[Point, int], None] = _nothing
"""Called at each point with the number of records in the batch under way."""


def reached(point: Point, records: int) -> None:
    """Say that the consumer stands at this point with so many records in flight."""
    hook(point, records)
