"""The ledger: every request, what was decided and done, chained; it holds pseudonyms and no personal data.

An entry is `{"event": …, "request": …, "by": …}` and what belongs to the event.
"""

import contextlib
import fcntl
import re
import secrets
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from privacy.chain import Chain, Head
from privacy.errors import PrivacyRefused
from privacy.rights.requests import Delay, Ground, Request, Right, Whose

DUE = timedelta(days=30)
LONGEST_EXTENSION = timedelta(days=90)
"""From the request: GDPR, article 12(3), allows one month and two more."""
_REFERENCE = re.compile(r"[\w.:/#-]{0,80}", re.ASCII)


class LedgerRefused(PrivacyRefused):
    """What was asked cannot be written down; the message says why and what to do."""


class Ledger:
    """That of one installation. Raises ChainBroken, OSError."""

    def __init__(self, state_dir: Path) -> None:
        self.chain = Chain(state_dir / "ledger.jsonl")
        self._lock = state_dir / "rights.lock"

    def requests(self) -> dict[str, Request]:
        """Each request as it stands, by its id, the oldest first."""
        found: dict[str, Request] = {}
        for link in self.chain.links():
            _apply(found, link["entry"], link["at"])
        return found

    def request(self, id_: str) -> Request:
        """One of them; raises LedgerRefused."""
        try:
            return self.requests()[id_]
        except KeyError:
            raise LedgerRefused(f"There is no request {id_}: `sillage person requests` shows all.") from None

    def overdue(self, today: date) -> list[Request]:
        """Those whose time has passed."""
        return [one for one in self.requests().values() if one.overdue(today)]

    def restrictions(self) -> list[Request]:
        """Those that were ever made, ended or not."""
        return [one for one in self.requests().values() if one.right is Right.RESTRICTION]

    def restricted(self) -> list[Request]:
        """The restrictions that hold: neither ended, nor followed by an erasure."""
        found: dict[Whose, Request] = {}
        for one in self.requests().values():
            if one.right is Right.RESTRICTION and one.done_at:
                found[one.whose] = one
            elif one.right in (Right.UNRESTRICTION, Right.ERASURE) and one.done_at:
                found.pop(one.whose, None)
        return list(found.values())

    def open(self, right: Right, whose: Whose, by: str, reference: str = "") -> Request:
        """Write a request down, due in 30 days; one that is open for the same person is given instead."""
        if not _REFERENCE.fullmatch(reference):
            raise LedgerRefused(
                "A reference is a ticket's number: letters, digits and . : / # _ -, 80 at most, no names."
            )
        for one in self.requests().values():
            if one.is_open and one.right is right and one.whose == whose:
                return one
        today = datetime.now(UTC).date()
        id_ = f"{today:%Y%m%d}-{secrets.token_hex(4)}"
        self.write(
            "requested", id_, by,
            right=right, tenant=whose.tenant, pseudonyms=list(whose.pseudonyms),
            due=(today + DUE).isoformat(), reference=reference,
        )  # fmt: skip
        return self.request(id_)

    def approve(self, id_: str, by: str) -> None:
        """Somebody else agrees; raises LedgerRefused for who has asked."""
        request = self._open_one(id_)
        if request.by == by:
            raise LedgerRefused(f"{by} has entered request {id_}: somebody else must approve it.")
        self.write("approved", id_, by)

    def extend(self, id_: str, by: str, days: int, delay: Delay) -> date:
        """Take more time, up to 90 days from the request; gives the new due date."""
        request = self._open_one(id_)
        due = request.due + timedelta(days=days)
        if due > date.fromisoformat(request.at[:10]) + LONGEST_EXTENSION:
            raise LedgerRefused("A request is answered within 90 days of its arrival, extension included.")
        self.write("extended", id_, by, due=due.isoformat(), reason=delay)
        return due

    def refuse(self, id_: str, by: str, ground: Ground) -> None:
        """Close it undone."""
        self._open_one(id_)
        self.write("refused", id_, by, ground=ground)

    def step(self, request: Request, name: str, by: str, **told: Any) -> None:
        """Write down that a step is done; a second time only if it tells something else."""
        if request.steps.get(name) != told:
            self.write("step", request.id, by, step=name, told=told)
            request.steps.setdefault(name, told)

    def write(self, event: str, id_: str, by: str, **told: Any) -> Head:
        """Append an entry."""
        return self.chain.append({"event": event, "request": id_, "by": by, **told})

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Wait until no other process of this installation works on requests, and keep them out."""
        self._lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._lock.open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _open_one(self, id_: str) -> Request:
        request = self.request(id_)
        if not request.is_open:
            raise LedgerRefused(f"Request {id_} is closed already.")
        return request


def _apply(found: dict[str, Request], entry: Mapping[str, Any], at: str) -> None:
    if entry["event"] == "requested":
        whose = Whose(entry["tenant"], tuple(entry["pseudonyms"]))
        found[entry["request"]] = Request(
            entry["request"], Right(entry["right"]), whose, entry["by"], at,
            date.fromisoformat(entry["due"]), entry["reference"],
        )  # fmt: skip
        return
    request = found[entry["request"]]
    match entry["event"]:
        case "approved":
            request.approved_by = entry["by"]
        case "extended":
            request.due = date.fromisoformat(entry["due"])
        case "refused":
            request.refused = entry["ground"]
        case "step":
            request.steps.setdefault(entry["step"], entry["told"])
        case "done":
            request.done_at, request.certificate = at, entry.get("certificate", "")
