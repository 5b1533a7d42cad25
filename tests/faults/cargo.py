"""What a run sends and counts: usage events or spans. All that tells them apart stands here."""

from collections.abc import Callable
from dataclasses import dataclass

from bench.load import request, traces_request
from bench.traffic import TENANT
from schemas import topics
from schemas.topics import Topic
from tests.faults import batches, span_requests


@dataclass(frozen=True)
class Cargo:
    """One kind of it, sent in batches of `bench.traffic.EVENTS_A_BATCH`."""

    name: str
    """As `sillage consumer --topic` has it."""
    topic: Topic
    items: str
    """What they are called, of which each is counted."""
    landing_table: str
    landing_view: str
    table: str
    """Where they are stored."""
    item: str
    """SQL: what is the same of two rows of one item, and of no others."""
    batch: str
    """SQL: the number of the batch that a row was sent in."""
    user: str
    """SQL: the number of the user who did it."""
    sound: str
    """SQL: whether a row is what was sent."""
    request: Callable[[int], bytes]
    """The batch of this number as raw HTTP, another one at each call."""
    is_acknowledged: Callable[[bytes, bytes], bool]
    """Whether an answer, from its head and body, takes all of a batch; raises AssertionError for a part."""
    batch_of: Callable[[bytes], int]
    """The number of the batch that a Kafka record's value holds."""


def _events_are_acknowledged(head: bytes, body: bytes) -> bool:
    if not head.startswith(b"HTTP/1.1 202"):
        return False
    assert body.endswith(b'"refused":[]}'), body
    return True


def _spans_are_acknowledged(head: bytes, body: bytes) -> bool:
    if not head.startswith(b"HTTP/1.1 200"):
        return False
    assert not body, body
    return True


USAGE = Cargo(
    name="usage",
    topic=topics.USAGE,
    items="events",
    landing_table="usage_batches",
    landing_view="usage_unpack",
    table="usage_events",
    item="event_id",
    batch=batches.BATCH,
    user=batches.USER,
    sound=batches.SOUND,
    request=lambda batch: request(batches.body(batch)),
    is_acknowledged=_events_are_acknowledged,
    batch_of=batches.batch_of,
)
SPANS = Cargo(
    name="spans",
    topic=topics.SPANS,
    items="spans",
    landing_table="span_batches",
    landing_view="span_unpack",
    table="trace_spans",
    item="span_id",
    batch=span_requests.BATCH,
    user=span_requests.USER,
    sound=span_requests.SOUND,
    request=lambda batch: traces_request(span_requests.body(batch), f"sk_{TENANT}"),
    is_acknowledged=_spans_are_acknowledged,
    batch_of=span_requests.batch_of,
)
CARGOES = {cargo.name: cargo for cargo in (USAGE, SPANS)}
