"""A person's records as the collector writes them, made once and delivered as often as a test likes."""

import time
import uuid
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from ingest.framing import WITHOUT_REGISTRY
from ingest.record import Record
from schemas import usage
from schemas.topics import USAGE
from schemas.usage import pack_received_at
from tests.pipeline import Pipeline


@dataclass
class Batch:
    """One batch: an event of each of these users and sessions."""

    tenant: str
    visits: list[tuple[str, str]]
    received_at: int = field(default_factory=lambda: time.time_ns() // 1_000_000)
    batch_id: uuid.UUID = field(default_factory=uuid.uuid4)

    @property
    def value(self) -> bytes:
        events = [
            SimpleNamespace(
                event_id=uuid.uuid5(self.batch_id, str(number)), kind="action", name="invoice.sent",
                at=self.received_at, page="/", referrer="", session_id=session, user_id=user, trace_id="",
                properties={},
            )
            for number, (user, session) in enumerate(self.visits)
        ]  # fmt: skip
        batch = SimpleNamespace(
            client_ip="", user_agent="Mozilla/5.0", batch_id=self.batch_id, sent_at=self.received_at,
            retention_days=90, sdk="js/0.1.0", release="", language="", screen="", timezone="",
            automated=False, lost={}, events=events,
        )  # fmt: skip
        return WITHOUT_REGISTRY.frame(usage.encode_batch(batch))

    @property
    def headers(self) -> Any:
        return [("tenant", self.tenant.encode()), ("received_at", pack_received_at(self.received_at))]

    @property
    def record(self) -> Record:
        return Record(USAGE.name, self.batch_id.bytes, self.value, self.headers)

    def send(self, pipeline: Pipeline, headers: Any = None) -> str:
        place, _ = pipeline.produce(value=self.value, headers=self.headers if headers is None else headers)
        return place
