"""All tenants at one moment, and how one is found by a key."""

import functools
import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

Mode = Literal["consented", "exempt"]
Gpc = Literal["anonymous", "drop"]


@dataclass(frozen=True, slots=True)
class Tenant:
    """A customer company, as the collector needs it."""

    name: str
    origins: frozenset[str]
    retention_days: int
    pseudonym_key: bytes = field(repr=False)
    """Of the generation that is current."""
    mode: Mode = "consented"
    gpc: Gpc = "anonymous"
    requests_per_second: float | None = None
    burst: int | None = None

    def allows(self, origin: str) -> bool:
        """Whether pages of this origin (`scheme://host[:port]`) may use the tenant's write keys."""
        return origin in self.origins or "*" in self.origins

    def session_key(self, day: date) -> bytes:
        """The key of this UTC day's session ids, in exempt mode."""
        return _session_key(self.pseudonym_key, self.name, day)


@functools.lru_cache
def _session_key(pseudonym_key: bytes, tenant: str, day: date) -> bytes:
    return hmac.digest(pseudonym_key, f"sessions of {tenant} on {day}".encode(), "sha256")


class _Keys(dict[str, Tenant]):
    """Tenants by the text of a key, remembered once its hash is found: only real keys are."""

    def __init__(self, hashes: dict[str, Tenant]) -> None:
        self._hashes = hashes

    def __missing__(self, key: str) -> Tenant | None:
        if tenant := self._hashes.get(_hash(key)):
            self[key] = tenant
        return tenant


@dataclass(frozen=True, slots=True)
class Registry:
    """All tenants at one moment, found by the hash of a key."""

    write_keys: dict[str, Tenant]
    secret_keys: dict[str, Tenant]
    origins: frozenset[str]
    _by_write_key: _Keys = field(init=False, repr=False, compare=False)
    _by_secret_key: _Keys = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_write_key", _Keys(self.write_keys))
        object.__setattr__(self, "_by_secret_key", _Keys(self.secret_keys))

    def by_write_key(self, key: str) -> Tenant | None:
        """The tenant of a public key."""
        return self._by_write_key[key]

    def by_secret_key(self, key: str) -> Tenant | None:
        """The tenant of a back end's key."""
        return self._by_secret_key[key]

    def allows(self, origin: str) -> bool:
        """Whether any tenant allows the origin: all that can be known before a body is read."""
        return origin in self.origins or "*" in self.origins


def _hash(key: str) -> str:
    return "sha256:" + hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
