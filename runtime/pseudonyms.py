"""User ids become pseudonyms: an HMAC-SHA-256 keyed per tenant, cut to 128 bits, as 32 hex digits."""

import hmac
import tomllib
from pathlib import Path

from runtime.settings import SettingError


def pseudonym(key: bytes, user: str) -> str:
    """The pseudonym of a tenant's user; the same user always has the same one under one key."""
    return hmac.digest(key, user.encode("utf-8", "surrogatepass"), "sha256").hex()[:32]


def read_keys(file: Path) -> dict[str, bytes]:
    """Each tenant's key, from a TOML file of lines `tenant = "64 hex digits"`.

    Raises SettingError when the file cannot be read or a key is malformed.
    """
    try:
        entries = tomllib.loads(file.read_text())
        keys = {tenant: bytes.fromhex(key) for tenant, key in entries.items()}
    except (OSError, ValueError, TypeError) as error:
        raise SettingError(f"The pseudonym keys in {file} cannot be read: {error}") from error
    for tenant, key in keys.items():
        if len(key) < 32:
            raise SettingError(f"The pseudonym key of {tenant} in {file} is shorter than 64 hex digits.")
    return keys
