"""What leaves the collector: a Kafka record, and how its sender hears what became of it."""

from collections.abc import Callable
from typing import NamedTuple

from ingest.refusals import Refusal

MOST_VALUE_BYTES = 990_000
"""librdkafka takes 1,000,000 with key, headers and overhead, and a broker as much if nothing else is set."""

KafkaHeaders = list[tuple[str, str | bytes | None]]


class Record(NamedTuple):
    """A Kafka record before it has an offset."""

    topic: str
    key: bytes
    value: bytes
    headers: KafkaHeaders


Done = Callable[[Refusal | None], None]
"""Called once: None when the record is safe, or why it is not."""
