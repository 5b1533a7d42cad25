"""Tenants of every mode, without files."""

import hashlib
from itertools import product
from pathlib import Path

from ingest.registry import Registry, Tenant
from ingest.rules import Rules
from runtime.settings import CollectorSettings

ORIGIN = "https://app.example.eu"


def _tenant(mode: str, gpc: str) -> Tenant:
    return Tenant(
        name=f"{mode}-{gpc}",
        origins=frozenset({ORIGIN}),
        retention_days=90,
        pseudonym_key=b"\x0a" * 32,
        mode=mode,  # type: ignore[arg-type]
        gpc=gpc,  # type: ignore[arg-type]
    )


TENANTS = [_tenant(mode, gpc) for mode, gpc in product(("consented", "exempt"), ("anonymous", "drop"))]


def _hash(key: str) -> str:
    return "sha256:" + hashlib.sha256(key.encode()).hexdigest()


REGISTRY = Registry(
    write_keys={_hash(f"pk_{tenant.name}"): tenant for tenant in TENANTS},
    secret_keys={_hash(f"sk_{tenant.name}"): tenant for tenant in TENANTS},
    origins=frozenset({ORIGIN}),
)
RULES = Rules.of(CollectorSettings(tenants_file=Path(), pseudonym_keys_file=Path()))
