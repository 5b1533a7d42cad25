"""Tenants, their keys and origins: a TOML file, read again whenever it changes.

[demo]
write_keys = ["sha256:…"]      # public, in pages: usage events only
secret_keys = ["sha256:…"]     # for back ends
origins = ["https://app.example.eu"]
retention_days = 90            # 7, 14, 30, 60 or 90
"""

import hashlib
import logging
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from runtime.pseudonyms import read_keys
from runtime.settings import SettingError

log = logging.getLogger(__name__)

KeyHash = Annotated[str, msgspec.Meta(pattern="^sha256:[0-9a-f]{64}$")]
TenantName = Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9_-]{0,62}$")]


class _Entry(msgspec.Struct, forbid_unknown_fields=True):
    """A tenant as the file writes it."""

    write_keys: list[KeyHash] = []
    secret_keys: list[KeyHash] = []
    origins: list[str] = []
    retention_days: Literal[7, 14, 30, 60, 90] = 90


@dataclass(frozen=True, slots=True)
class Tenant:
    """A customer company, as the collector needs it."""

    name: str
    origins: frozenset[str]
    retention_days: int
    pseudonym_key: bytes = field(repr=False)
    requests_per_second: float | None = None
    burst: float | None = None

    def allows(self, origin: str) -> bool:
        """Whether pages of this origin (`scheme://host[:port]`) may use the tenant's write keys."""
        return origin in self.origins or "*" in self.origins


@dataclass(frozen=True, slots=True)
class Registry:
    """All tenants at one moment, found by the hash of a key."""

    write_keys: dict[str, Tenant]
    secret_keys: dict[str, Tenant]
    origins: frozenset[str]

    def by_write_key(self, key: str) -> Tenant | None:
        """The tenant of a public key."""
        return self.write_keys.get(_hash(key))

    def by_secret_key(self, key: str) -> Tenant | None:
        """The tenant of a back end's key."""
        return self.secret_keys.get(_hash(key))

    def allows(self, origin: str) -> bool:
        """Whether any tenant allows the origin: all that can be known before a body is read."""
        return origin in self.origins or "*" in self.origins


def _hash(key: str) -> str:
    return "sha256:" + hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()


def read_tenants(tenants_file: Path, pseudonym_keys_file: Path) -> Registry:
    """Read both files; raises SettingError, which names the file and what is wrong in it."""
    pseudonym_keys = read_keys(pseudonym_keys_file)
    try:
        entries = msgspec.convert(tomllib.loads(tenants_file.read_text()), dict[TenantName, _Entry])
    except (OSError, ValueError) as error:
        raise SettingError(f"The tenants in {tenants_file} cannot be read: {error}") from error
    write_keys: dict[str, Tenant] = {}
    secret_keys: dict[str, Tenant] = {}
    for name, entry in entries.items():
        if name not in pseudonym_keys:
            raise SettingError(f"Tenant {name} of {tenants_file} has no key in {pseudonym_keys_file}.")
        tenant = Tenant(name, frozenset(entry.origins), entry.retention_days, pseudonym_keys[name])
        for keys, named in ((write_keys, entry.write_keys), (secret_keys, entry.secret_keys)):
            if taken := next((key for key in named if key in keys), None):
                raise SettingError(f"{tenants_file}: tenants {keys[taken].name} and {name} share a key.")
            keys.update(dict.fromkeys(named, tenant))
    return Registry(
        write_keys, secret_keys, frozenset().union(*(entry.origins for entry in entries.values()))
    )


class TenantFiles:
    """The tenants as the files say now; a change that cannot be read keeps the last good state."""

    def __init__(self, tenants_file: Path, pseudonym_keys_file: Path) -> None:
        self._files = (tenants_file, pseudonym_keys_file)
        self._seen = self._stamps()
        self.current = read_tenants(*self._files)

    def refresh(self) -> None:
        """Read the files again when they have changed; never raises."""
        stamps = self._stamps()
        if stamps == self._seen:
            return
        self._seen = stamps
        try:
            self.current = read_tenants(*self._files)
        except SettingError as error:
            log.warning("The tenants stay as they were: %s", error)
        else:
            log.info("Tenants read again: %d write keys", len(self.current.write_keys))

    def _stamps(self) -> tuple[tuple[int, int] | None, ...]:
        return tuple(_stamp(file) for file in self._files)


def _stamp(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino
