"""The traffic that is measured: batches of 20 events with four properties, as a page's SDK sends them."""

import hashlib
import json
import random
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

from schemas import usage
from schemas.framing import SingleObject

EVENTS_A_BATCH = 20
TENANT, PROBE_TENANT = "bench", "probe"

_FRAMING = SingleObject(usage.fingerprint(usage.BATCH))
_ACTIONS = ("invoice.sent", "time.entered", "page.viewed", "filter.applied", "report.opened")
_AGENTS = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    f"Chrome/{version}.0.0.0 Safari/537.36"
    for version in range(100, 150)
]


@dataclass(frozen=True)
class _Tenants:
    """Two tenants: one for the load, one whose few events are watched for."""

    names: tuple[str, ...]

    def write(self, directory: Path) -> dict[str, str]:
        """Write the collector's files; give the settings that name them."""
        tenants, keys = directory / "tenants.toml", directory / "keys.toml"
        tenants.write_text(
            "".join(
                f'[{name}]\nwrite_keys = ["sha256:{hashlib.sha256(f"pk_{name}".encode()).hexdigest()}"]\n'
                f'secret_keys = ["sha256:{hashlib.sha256(f"sk_{name}".encode()).hexdigest()}"]\n'
                for name in self.names
            )
        )
        keys.write_text("".join(f'{name} = "{"5a" * 32}"\n' for name in self.names))
        return {"SILLAGE_TENANTS_FILE": str(tenants), "SILLAGE_PSEUDONYM_KEYS_FILE": str(keys)}


TENANTS = _Tenants((TENANT, PROBE_TENANT))


def _properties(chance: random.Random) -> dict[str, str | float | bool]:
    return {
        "plan": chance.choice(["free", "pro", "team"]),
        "seats": float(chance.randrange(50)),
        "trial": chance.random() < 0.1,
        "source": chance.choice(["menu", "search", "shortcut"]),
    }


def record(chance: random.Random) -> bytes:
    """One batch as the collector writes it to Kafka: a visitor's events within some seconds."""
    now = time.time_ns() // 1_000_000
    user = hashlib.sha256(str(chance.randrange(20_000)).encode()).hexdigest()[:32]
    session = uuid.UUID(int=chance.getrandbits(128))
    events = [
        SimpleNamespace(
            event_id=uuid.UUID(int=chance.getrandbits(128)), kind="action", name=chance.choice(_ACTIONS),
            at=now - 1_000 + 50 * number, page=f"/invoices/{chance.randrange(50)}", referrer="",
            session_id=str(session), user_id=user, trace_id="", properties=_properties(chance),
        )
        for number in range(EVENTS_A_BATCH)
    ]  # fmt: skip
    batch = SimpleNamespace(
        client_ip=f"81.2.{chance.randrange(256)}.0", user_agent=chance.choice(_AGENTS),
        batch_id=uuid.UUID(int=chance.getrandbits(128)), sent_at=now, retention_days=90, sdk="js/0.1.0",
        release="2026.11", language="fr-FR", screen="1440x900", timezone="Europe/Paris", automated=False,
        lost={}, events=events,
    )  # fmt: skip
    return _FRAMING.frame(usage.encode_batch(batch))


def body(tenant: str, names: list[str] | None = None) -> bytes:
    """One batch as a page sends it to the collector; `names` are the events' ids, made up when absent."""
    now = time.time_ns() // 1_000_000
    ids = names or [str(uuid.uuid4()) for _ in range(EVENTS_A_BATCH)]
    chance = random.Random(ids[0])
    session, user = str(uuid.uuid4()), f"u-{chance.randrange(20_000)}"
    events = [
        {
            "id": name, "kind": "action", "name": chance.choice(_ACTIONS), "at": now, "session": session,
            "user": user, "page": f"/invoices/{chance.randrange(50)}", "properties": _properties(chance),
        }
        for name in ids
    ]  # fmt: skip
    context = {
        "sdk": "js/0.1.0", "release": "2026.11", "language": "fr-FR", "screen": "1440x900",
        "timezone": "Europe/Paris",
    }  # fmt: skip
    batch = {
        "key": f"pk_{tenant}",
        "batch_id": str(uuid.uuid4()),
        "sent_at": now,
        "context": context,
        "events": events,
    }
    return json.dumps(batch, separators=(",", ":")).encode()
