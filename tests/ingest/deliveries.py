"""Deliveries as the collector gets them, and the tenants that send them."""

import hashlib
import json
import uuid
from pathlib import Path
from typing import Any

from ingest.delivery import UsageDelivery
from ingest.registry import Registry
from ingest.rules import Rules
from ingest.tenants import read_tenants
from runtime.settings import CollectorSettings

KEY = b"\x0a" * 32


def made_registry(directory: Path, *settings: str) -> Registry:
    """The tenant `demo`, with these lines more in its file."""
    lines = [
        "[demo]",
        f'write_keys = ["sha256:{hashlib.sha256(b"pk_demo").hexdigest()}"]',
        f'secret_keys = ["sha256:{hashlib.sha256(b"sk_demo").hexdigest()}"]',
        'origins = ["https://app.example.eu"]',
        *settings,
    ]
    (directory / "tenants.toml").write_text("\n".join(lines))
    (directory / "keys.toml").write_text(f'demo = "{KEY.hex()}"')
    return read_tenants(directory / "tenants.toml", directory / "keys.toml")


def rules(**changes: Any) -> Rules:
    """Those of a collector whose settings are the defaults, but for these."""
    return Rules.of(CollectorSettings(tenants_file=Path(), pseudonym_keys_file=Path(), **changes))


def event(**changes: Any) -> dict[str, Any]:
    """A valid event as a client writes it."""
    return {"id": str(uuid.uuid4()), "kind": "view", "name": "page", "at": 1} | changes


def delivery(registry: Registry, **changes: Any) -> UsageDelivery:
    """One request of four events; `batch` changes its body, everything else the request."""
    events = [event(user=user) for user in ("ada", "", "ada", "alan")]
    batch = {"key": "pk_demo", "batch_id": str(uuid.uuid4()), "events": events} | changes.pop("batch", {})
    given: dict[str, Any] = {
        "body": json.dumps(batch).encode(),
        "tenants": registry,
        "rules": rules(),
        "origin": "",
        "bearer": "",
        "client_ip": "203.0.113.77",
        "user_agent": "curl/8",
        "objects": False,
        "received_at": 1_790_000_000_000,
    }
    return UsageDelivery(**(given | changes))
