"""The desk at which a person's data is read or changed: who sits there, and what is noted."""

import functools
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clickhouse_connect.driver.client import Client

from cli.process import start
from privacy.rights.access import AccessLog
from privacy.rights.ledger import Ledger, LedgerRefused
from privacy.rights.requests import Whose
from runtime import clickhouse
from runtime.operators import Operator, Right, operator
from runtime.pseudonyms import read_keys
from runtime.settings import OperatorSettings, PrivacySettings, QuerySettings, load, with_stack

_TIMEOUT_SECONDS = 3_600.0
"""A mutation that rewrites ninety days may take minutes."""


@dataclass(frozen=True)
class Desk:
    """Everything that a command of people's rights needs."""

    settings: PrivacySettings
    operator: Operator

    @functools.cached_property
    def client(self) -> Client:
        """Raises ClickHouseUnreachable."""
        return clickhouse.connect(self.settings, timeout_seconds=_TIMEOUT_SECONDS)

    @functools.cached_property
    def ledger(self) -> Ledger:
        """What was asked and done."""
        return Ledger(self.settings.state_dir)

    @functools.cached_property
    def access(self) -> AccessLog:
        """What was read."""
        return AccessLog(self.settings.state_dir)

    def person(self, tenant: str, user: str) -> Whose:
        """A person by the id that the tenant knows: all its pseudonyms. Raises LedgerRefused."""
        keys = read_keys(self.settings.pseudonym_keys_file)
        if tenant not in keys:
            raise LedgerRefused(
                f"Tenant {tenant!r} has no key in {self.settings.pseudonym_keys_file}: it has no users here."
            )
        if not user:
            raise LedgerRefused("An empty id is nobody's.")
        return Whose(tenant, keys[tenant].pseudonyms(user))


def at_desk(data_dir: Path, job: Callable[[Desk], None], right: Right = Right.RIGHTS) -> None:
    """Do it as the operator whose token the settings name, if their role allows it."""

    def run() -> None:
        settings = load(PrivacySettings, with_stack(os.environ, data_dir))
        who = operator(settings)
        who.check(right)
        job(Desk(settings, who))

    start("rights", run, log_level="error")


def reading(
    environ: Mapping[str, str], right: Right, what: str, tenant: str, *subjects: str, **question: Any
) -> None:
    """Let the operator read what is a person's, and write it down first.

    Raises OperatorRefused, ChainBroken, OSError.
    """
    settings: OperatorSettings = load(QuerySettings, environ)
    who = operator(settings)
    who.check(right)
    AccessLog(settings.state_dir).record(who.name, what, tenant, subjects, **question)
