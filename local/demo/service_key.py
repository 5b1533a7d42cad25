"""The secret key under which the demo's own services send their spans: made once, kept beside the tenants."""

import hashlib
import re
import secrets
import tomllib
from pathlib import Path

from local.demo.tenants import TENANTS
from runtime.private_file import write_private

_TENANT = TENANTS[0].name
_LIST = re.compile(rf"(?m)^\[{_TENANT}\]\n(?:(?!\[).*\n)*?secret_keys = \[")
"""The tenant's table up to the beginning of its list of secret keys."""


def service_key(directory: Path) -> str:
    """Give the key; the stack's own `tenants.toml` in this directory has its hash afterwards.

    A file that was rewritten beyond recognition is left as it is: then the collector refuses the spans, and
    the services say so once.
    """
    file = directory / "demo_service_key"
    if not file.exists():
        write_private(file, f"sk_{_TENANT}_{secrets.token_hex(16)}")
    key = file.read_text()
    _admit(directory / "tenants.toml", f"sha256:{hashlib.sha256(key.encode()).hexdigest()}")
    return key


def _admit(tenants_file: Path, digest: str) -> None:
    text = tenants_file.read_text()
    if digest in text or not (found := _LIST.search(text)):
        return
    changed = f'{text[: found.end()]}"{digest}", {text[found.end() :]}'
    if tomllib.loads(changed)[_TENANT]["secret_keys"][0] != digest:
        return
    write_private(tenants_file, changed)
