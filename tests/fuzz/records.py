"""What stands in a usage record, read back with the writer schema."""

import io
import json
from typing import Any

import fastavro

from ingest.framing import WITHOUT_REGISTRY
from schemas import usage
from schemas.framing import read_prefix

_SCHEMA = fastavro.parse_schema(usage.BATCH)


def decoded(value: bytes) -> dict[str, Any]:
    """The record, every event with its own session, user and properties."""
    prefix, start = read_prefix(value)
    assert prefix == WITHOUT_REGISTRY.frame(b"")
    source = io.BytesIO(value[start:])
    batch: Any = fastavro.schemaless_reader(source, _SCHEMA, None)
    assert not source.read(), "the record ends before its bytes do"
    for event in batch["events"]:
        for name in ("session_id", "user_id"):
            event[name] = event[name][1:] if event[name] else batch[name]
        event["properties"] = json.loads(event.pop("properties_json") or "{}")
    return dict(batch)
