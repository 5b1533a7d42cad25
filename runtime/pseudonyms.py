"""User ids become pseudonyms: an HMAC-SHA-256 keyed per tenant, cut to 128 bits, as 32 hex digits.

The keys stand in a TOML file, a tenant a line: one key, or its generations when it is rotated.

demo = "64 hex digits"
acme = [
    {key = "64 hex digits", from = 2026-11-01},
    {key = "64 hex digits", from = 2026-08-01},
]
"""

import functools
import hmac
import tomllib
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from runtime.settings import SettingError

_ALWAYS = date.min


def pseudonym(key: bytes, user: str) -> str:
    """The pseudonym of a tenant's user; the same user always has the same one under one key."""
    keyed = _keyed(key).copy()
    keyed.update(user.encode("utf-8", "surrogatepass"))
    return keyed.hexdigest()[:32]


@functools.lru_cache
def _keyed(key: bytes) -> hmac.HMAC:
    """The HMAC that has taken in its key: a copy of it costs half of one that begins anew."""
    return hmac.new(key, digestmod="sha256")


def today() -> date:
    """The UTC day, by which generations begin."""
    return datetime.now(UTC).date()


@dataclass(frozen=True, slots=True)
class Generation:
    """One key, and the UTC day on which it begins."""

    since: date
    key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class PseudonymKeys:
    """A tenant's keys, the newest generation first."""

    generations: tuple[Generation, ...]

    def current(self, day: date) -> bytes:
        """The key of that day: of the latest generation that has begun, or else the first of all."""
        begun = (one for one in self.generations if one.since <= day)
        return next(begun, self.generations[-1]).key

    def pseudonyms(self, user: str) -> tuple[str, ...]:
        """All pseudonyms under which rows of this user may stand: whoever looks for a person asks for all.

        That is every generation of the file, the future ones too: a collector's clock may be ahead. How long
        a generation stays in the file is said in docs/how-to/rotate-keys.md.
        """
        return tuple(pseudonym(one.key, user) for one in self.generations)


def read_keys(file: Path) -> dict[str, PseudonymKeys]:
    """Each tenant's keys; raises SettingError when the file cannot be read or a key is malformed."""
    try:
        entries = tomllib.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise SettingError(f"The pseudonym keys in {file} cannot be read: {error}") from error
    return {name: _read(f"The pseudonym key of {name} in {file}", entry) for name, entry in entries.items()}


def _read(whose: str, entry: Any) -> PseudonymKeys:
    listed = entry if isinstance(entry, list) else [{"key": entry, "from": _ALWAYS}]
    generations = sorted((_generation(whose, one) for one in listed), key=lambda one: one.since, reverse=True)
    if len({one.since for one in generations}) < len(generations):
        raise SettingError(f"{whose} has two generations that begin on one day.")
    if not generations or generations[-1].since > today():
        raise SettingError(f"{whose} has no generation that has begun.")
    return PseudonymKeys(tuple(generations))


def _generation(whose: str, one: Any) -> Generation:
    # A datetime is a date to isinstance, and cannot be compared with one.
    if not isinstance(one, dict) or set(one) != {"key", "from"} or type(one["from"]) is not date:
        raise SettingError(f'{whose} is neither hex digits nor a list of {{key = "…", from = 2026-11-01}}.')
    try:
        key = bytes.fromhex(one["key"])
    except (TypeError, ValueError):
        raise SettingError(f"{whose} is not written in hex digits.") from None
    if len(key) < 32:
        raise SettingError(f"{whose} is shorter than 64 hex digits.")
    return Generation(one["from"], key)
