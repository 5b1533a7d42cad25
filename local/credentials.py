"""Secrets and the first tenants, made at the first start and kept from then on."""

import hashlib
import secrets
from dataclasses import dataclass
from pathlib import Path

from local.data_dir import DataDir
from local.demo.tenants import TENANTS, DemoTenant
from local.ports import Ports
from runtime.operators import local_token
from runtime.private_file import write_private

_DEMO, *_OTHERS = TENANTS
DEMO_TENANT = _DEMO.name
DEMO_WRITE_KEY = _DEMO.write_key

_TENANTS = """\
# Who may send events. The collector reads this file again whenever it changes.
# A key is stored as the SHA-256 of its text:  printf %s THE_KEY | sha256sum

[{tenant}]
# Public keys, for pages: usage events only, from the origins below. This one is {write_key}.
write_keys = ["sha256:{write_hash}"]
# Secret keys, for back ends. This one was shown once, at the first start; to replace it, put another here.
secret_keys = ["sha256:{secret_hash}"]
# Origins (scheme, host and port) whose pages may use the public keys.
origins = [{origins}]
# Days after which the tenant's events expire: 7, 14, 30, 60 or 90.
retention_days = {retention_days}

# The other customers of the demo, which has visitors of theirs come. Without the demo nobody needs them.
"""
_OTHER_TENANT = """
[{tenant}]
write_keys = ["sha256:{write_hash}"]
origins = ["{origin}"]
retention_days = {retention_days}
"""
_PSEUDONYM_KEYS = """\
# One secret a tenant: it keys the HMAC that turns user ids into pseudonyms before anything is stored.
# Whoever has it can link pseudonyms to ids; without it a user's history can no longer be found by id.
# docs/how-to/rotate-keys.md says how one is replaced.
"""


@dataclass(frozen=True)
class Credentials:
    """What the parts of the stack show each other, and where they find it."""

    clickhouse_password: str
    tenants_file: Path
    pseudonym_keys_file: Path
    new_secret_key: str | None
    """The demo tenant's secret key, when it was made just now: the only time that it can be shown."""


def credentials(data: DataDir, ports: Ports) -> Credentials:
    """Read the stack's credentials; make those that are missing."""
    password_file = data.root / "clickhouse_password"
    tenants_file = data.root / "tenants.toml"
    pseudonym_keys_file = data.root / "pseudonym_keys.toml"
    local_token(data.state, "local")
    if not password_file.exists():
        write_private(password_file, secrets.token_urlsafe(24))
    if not pseudonym_keys_file.exists():
        keys = (f'{tenant.name} = "{secrets.token_hex(32)}"\n' for tenant in TENANTS)
        write_private(pseudonym_keys_file, _PSEUDONYM_KEYS + "".join(keys))
    new_secret_key = None
    if not tenants_file.exists():
        new_secret_key = f"sk_{DEMO_TENANT}_{secrets.token_hex(16)}"
        others = map(_other_tenant, _OTHERS)
        write_private(tenants_file, _demo_tenant(new_secret_key, ports) + "".join(others))
    return Credentials(password_file.read_text(), tenants_file, pseudonym_keys_file, new_secret_key)


def _demo_tenant(secret_key: str, ports: Ports) -> str:
    origins = [
        f'"http://{host}:{port}"'
        for port in (ports.collector, ports.demo)
        for host in ("127.0.0.1", "localhost")
    ]
    return _TENANTS.format(
        tenant=DEMO_TENANT,
        write_key=DEMO_WRITE_KEY,
        write_hash=_sha256(DEMO_WRITE_KEY),
        secret_hash=_sha256(secret_key),
        origins=", ".join(origins),
        retention_days=_DEMO.retention_days,
    )


def _other_tenant(tenant: DemoTenant) -> str:
    return _OTHER_TENANT.format(
        tenant=tenant.name,
        write_hash=_sha256(tenant.write_key),
        origin=tenant.origin,
        retention_days=tenant.retention_days,
    )


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
