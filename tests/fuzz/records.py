"""What stands in a usage record, read back with the writer schema."""

import io
from typing import Any

import fastavro

from ingest.usage import framing
from schemas import usage
from schemas.framing import read_prefix
from schemas.properties import SPLIT

_SCHEMA = fastavro.parse_schema(usage.BATCH)
_TYPES: dict[str, Any] = {"s": str, "n": float, "b": {"true": True, "false": False}.__getitem__}


def decoded(value: bytes) -> dict[str, Any]:
    """The record, every event with its own session, user and properties."""
    prefix, start = read_prefix(value)
    assert prefix == framing.frame(b"")
    source = io.BytesIO(value[start:])
    batch: Any = fastavro.schemaless_reader(source, _SCHEMA, None)
    assert not source.read(), "the record ends before its bytes do"
    for event in batch["events"]:
        for name in ("session_id", "user_id"):
            event[name] = event[name][1:] if event[name] else batch[name]
        event["properties"] = _properties(**event["properties"])
    return dict(batch)


def _properties(names: bytes, values: bytes) -> dict[str, Any]:
    if not names:
        return {}
    *keys, types = (word.decode() for word in names.split(SPLIT))
    words = [word.decode() for word in values.split(SPLIT)]
    return {key: _TYPES[kind](word) for key, kind, word in zip(keys, types, words, strict=True)}
