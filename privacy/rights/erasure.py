"""Erasure, step by step: hidden at once, kept out for good, deleted, counted again, certified.

Each step bears being done twice, so a run that was killed anywhere is simply run again; the ledger says what
is done. Several requests share one mutation a table.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from clickhouse_connect.driver.client import Client

from privacy import backups
from privacy.rights import certificate, deletion, links, subjects, survivors
from privacy.rights.ledger import Ledger
from privacy.rights.links import Held
from privacy.rights.requests import Request
from privacy.rights.subjects import SUBJECT


class Step(StrEnum):
    """Where an erasure stands."""

    HIDDEN = "hidden"
    SUPPRESSED = "suppressed"
    FOUND = "found"
    DRAINED = "drained"
    DELETED = "deleted"
    BACKUPS_FORGOTTEN = "backups forgotten"
    RECOUNTED = "recounted"
    CERTIFIED = "certified"
    SHOWN = "shown"


def _nothing(_step: Step) -> None:
    """What happens in production."""


hook: Callable[[Step], None] = _nothing
"""Called after each step; tests put their own function in its place, and kill or plant a survivor there."""


@dataclass
class Erasure:
    """One run for some requests: all of persons, or all of tenants. Their ledger is held by who runs it."""

    client: Client
    ledger: Ledger
    state_dir: Path
    by: str
    requests: Sequence[Request]
    backup_dir: Path | None = None
    """Of the disk `backups`; None where backups, if there are any, are out of sight."""
    certificates: list[Path] = field(default_factory=list)

    def run(self) -> list[Path]:
        """Give the certificates. Raises Survivors, DrainLater, ClickHouse's errors; then it is run again."""
        for step, work in self.steps:
            for request, told in zip(self.requests, work(), strict=True):
                self.ledger.step(request, step, self.by, **told)
            hook(step)
        for request in self.requests:
            self.ledger.write("done", request.id, self.by, certificate=self._digest(request))
        return self.certificates

    @property
    def steps(self) -> tuple[tuple[Step, Callable[[], list[dict[str, Any]]]], ...]:
        """In their order; each tells of each request what the ledger keeps."""
        return (
            (Step.HIDDEN, self._hide),
            (Step.SUPPRESSED, self._suppress),
            (Step.FOUND, self._find),
            (Step.DRAINED, self._drain),
            (Step.DELETED, self._delete),
            (Step.BACKUPS_FORGOTTEN, self._forget_backups),
            (Step.RECOUNTED, self._recount),
            (Step.CERTIFIED, self._certify),
            (Step.SHOWN, self._show),
        )

    def _hide(self) -> list[dict[str, Any]]:
        subjects.hide(self.client, self.requests)
        return self._nothing_told

    def _suppress(self) -> list[dict[str, Any]]:
        subjects.suppress(self.client, self.requests)
        return self._nothing_told

    def _find(self) -> list[dict[str, Any]]:
        """From here on no view shows them: rolls of the days that hold them are read no more."""
        return self._told(links.find(self.client, self.requests))

    def _drain(self) -> list[dict[str, Any]]:
        deletion.drain(self.client)
        return self._told(links.find(self.client, self.requests))  # with what came meanwhile

    def _delete(self) -> list[dict[str, Any]]:
        self._begun_at = datetime.now(UTC)
        held = links.held(self.client, self.requests)
        deletion.delete(self.client, self.requests, held, self._days)
        return self._nothing_told

    def _forget_backups(self) -> list[dict[str, Any]]:
        """The archives of those days go; the next backup makes them anew."""
        if self.backup_dir:
            for table, partition in itertools.product(SUBJECT, self._partitions):
                backups.forget(self.backup_dir, str(self.client.database), table, partition)
        return self._nothing_told

    def _recount(self) -> list[dict[str, Any]]:
        found = survivors.recount(self.client, self.requests, self._days, self._partitions)
        if self.backup_dir:
            older = survivors.archives_before(self.client, self.backup_dir, self._partitions, self._begun_at)
            found = {request: {**counts, "backups": older} for request, counts in found.items()}
        survivors.refuse_survivors(found)
        self._left = found
        return [{"left": dict(found[request.id])} for request in self.requests]

    def _certify(self) -> list[dict[str, Any]]:
        self.certificates = [
            certificate.certify(
                self.state_dir, self.ledger, request, request.steps[Step.FOUND]["rows"],
                self._left[request.id], self.backup_dir is not None,
            )[0]
            for request in self.requests
        ]  # fmt: skip
        return [{} for _ in self.requests]

    def _show(self) -> list[dict[str, Any]]:
        """There is nothing left to hide; a restriction of theirs ends too."""
        whose = [request.whose for request in self.requests]
        subjects.show(self.client, subjects.requests_hiding(self.client, whose))
        return self._nothing_told

    def _told(self, found: Sequence[Held]) -> list[dict[str, Any]]:
        told = []
        for request in self.requests:
            own = [one for one in found if one.request == request.id]
            told.append({
                "rows": {table: sum(one.rows for one in own if one.table == table) for table in SUBJECT},
                "days": sorted({one.day.isoformat() for one in own}),
                "partitions": sorted({one.partition for one in own}),
            })  # fmt: skip
        return told

    @property
    def _nothing_told(self) -> list[dict[str, Any]]:
        return [{} for _ in self.requests]

    @property
    def _days(self) -> list[date]:
        """Those that held anything when the run, or the first of several, began."""
        return sorted(map(date.fromisoformat, self._ever("days")))

    @property
    def _partitions(self) -> list[str]:
        return self._ever("partitions")

    def _ever(self, what: str) -> list[str]:
        steps = (Step.FOUND, Step.DRAINED)
        return sorted(
            {one for request in self.requests for step in steps for one in request.steps[step][what]}
        )

    def _digest(self, request: Request) -> str:
        return certificate.digest(certificate.read(certificate.file_of(self.state_dir, request.id)))
