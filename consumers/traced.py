"""The span of a batch: from its first record, through what is done with it, to its commit."""

import contextlib
import time
from collections.abc import Iterator

from consumers.batch import Batch
from runtime import tracing
from schemas.topics import SPANS, Topic


@contextlib.contextmanager
def traced(batch: Batch, topic: Topic, max_wait_seconds: float) -> Iterator[None]:
    """A span around the storing of a batch that is due; its first part is how long the batch took to fill.

    A batch of nothing but the pipeline's own spans makes none: it would be followed by the next one for ever.
    """
    if not tracing.is_on():
        yield
        return
    if topic is SPANS and is_own(batch):
        with tracing.silence():
            yield
        return
    filled_in = time.monotonic() - (batch.due_at - max_wait_seconds)
    began = time.time_ns() - int(filled_in * 1e9)
    attributes: tracing.Attributes = {
        "messaging.system": "kafka",
        "messaging.destination.name": topic.name,
        "messaging.batch.message_count": len(batch),
        "sillage.batch.bytes": batch.size,
        "sillage.batch.partitions": len(batch.ends),
    }
    with tracing.span(f"process {topic.name}", attributes, began):
        with tracing.span("poll and enrich", {}, began):
            pass
        yield


def is_own(batch: Batch) -> bool:
    """Whether it has no other requests than those with spans of the pipeline's own work."""
    return all(tracing.is_own(parts[0]) for items in batch.groups.values() for _, parts in items)
