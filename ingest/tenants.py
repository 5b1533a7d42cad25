"""Tenants, their keys and origins: a TOML file, read again whenever it changes.

[demo]
write_keys = ["sha256:…"]      # public, in pages: usage events only
secret_keys = ["sha256:…"]     # for back ends
origins = ["https://app.example.eu"]
retention_days = 90            # 7, 14, 30, 60 or 90
mode = "consented"             # or "exempt": audience measurement that needs no consent
gpc = "anonymous"              # or "drop": what becomes of batches with Sec-GPC: 1
requests_per_second = 200.0    # no limit without it
burst = 400                    # requests at once, beside the limit

docs/reference/privacy.md says what the modes do; docs/how-to/rotate-keys.md how keys are replaced.
"""

import logging
import tomllib
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from ingest.registry import Gpc, Mode, Registry, Tenant
from runtime.pseudonyms import read_keys, today
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
    mode: Mode = "consented"
    gpc: Gpc = "anonymous"
    requests_per_second: Annotated[float, msgspec.Meta(gt=0)] | None = None
    burst: Annotated[int, msgspec.Meta(ge=1)] | None = None


def read_tenants(tenants_file: Path, pseudonym_keys_file: Path) -> Registry:
    """Read both files; raises SettingError, which names the file and what is wrong in it."""
    pseudonym_keys = read_keys(pseudonym_keys_file)
    try:
        entries = msgspec.convert(tomllib.loads(tenants_file.read_text()), dict[TenantName, _Entry])
    except (OSError, ValueError) as error:
        raise SettingError(f"The tenants in {tenants_file} cannot be read: {error}") from error
    if not entries:  # such as a file that is just being written
        raise SettingError(f"There is no tenant in {tenants_file}.")
    day = today()
    write_keys: dict[str, Tenant] = {}
    secret_keys: dict[str, Tenant] = {}
    for name, entry in entries.items():
        if name not in pseudonym_keys:
            raise SettingError(f"Tenant {name} of {tenants_file} has no key in {pseudonym_keys_file}.")
        if entry.burst and not entry.requests_per_second:
            raise SettingError(f"Tenant {name} of {tenants_file} has a burst and no requests_per_second.")
        tenant = _tenant(name, entry, pseudonym_keys[name].current(day))
        for keys, named in ((write_keys, entry.write_keys), (secret_keys, entry.secret_keys)):
            if taken := next((key for key in named if key in keys), None):
                raise SettingError(f"{tenants_file}: tenants {keys[taken].name} and {name} share a key.")
            keys.update(dict.fromkeys(named, tenant))
    return Registry(
        write_keys, secret_keys, frozenset().union(*(entry.origins for entry in entries.values()))
    )


def _tenant(name: str, entry: _Entry, pseudonym_key: bytes) -> Tenant:
    return Tenant(
        name=name,
        origins=frozenset(entry.origins),
        retention_days=entry.retention_days,
        pseudonym_key=pseudonym_key,
        mode=entry.mode,
        gpc=entry.gpc,
        requests_per_second=entry.requests_per_second,
        burst=entry.burst,
    )


class TenantFiles:
    """The tenants as the files say now; a change that cannot be read keeps the last good state.

    They are read again at midnight UTC too, when another generation of pseudonym keys may begin.
    """

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

    def _stamps(self) -> tuple[object, ...]:
        return (today(), *map(_stamp, self._files))


def _stamp(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_ino
