"""Usage batches as the collector writes them to Kafka."""

import time
import uuid
from types import SimpleNamespace

from ingest.framing import WITHOUT_REGISTRY
from schemas import usage


def usage_record(events: int, retention_days: int = 90) -> tuple[bytes, list[str]]:
    """A record's value and its events' ids."""
    ids = [uuid.uuid4() for _ in range(events)]
    now = time.time_ns() // 1_000_000
    made = [
        SimpleNamespace(
            event_id=one, kind="action", name="invoice.sent", at=now, page="/", referrer="",
            session_id="s", user_id="", trace_id="", properties={"plan": "pro", "seats": 3.0, "trial": True},
        )
        for one in ids
    ]  # fmt: skip
    batch = SimpleNamespace(
        client_ip="203.0.113.0", user_agent="Mozilla/5.0", batch_id=uuid.uuid4(), sent_at=now,
        retention_days=retention_days, sdk="js/0.1.0", release="", language="", screen="", timezone="",
        automated=False, lost={}, events=made,
    )  # fmt: skip
    return WITHOUT_REGISTRY.frame(usage.encode_batch(batch)), [str(one) for one in ids]
