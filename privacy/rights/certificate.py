"""The certificate of an erasure: what was found, that nothing is left, and which copies remain until when."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from privacy.retention.days import LONGEST
from privacy.retention.exports import still_there
from privacy.retention.parts import REPLACED_LIVE
from privacy.retention.strays import LOGS_KEPT
from privacy.rights.ledger import Ledger
from privacy.rights.requests import Request
from privacy.rights.subjects import COPIES_LIVE_DAYS
from privacy.rights.survivors import Counts
from privacy.signatures import SigningKey, canonical, verify_document
from schemas.topics import CONSUMED, DAY_MS, DEAD, REPLAYS, RETENTION_DAYS

NOBODYS = frozenset({"projections", "rolled_days", f"topic {REPLAYS.name}", "other topics", "logs", "clocks"})
"""Of the inventory: what follows its tables, and what holds nothing of persons."""
_SUPPRESSED = "suppression: its rows are left out whenever it is read"


def file_of(state_dir: Path, request: str) -> Path:
    """Where a request's certificate stands."""
    return state_dir / "certificates" / f"{request}.json"


def read(file: Path) -> dict[str, Any]:
    """Read one; raises OSError, ValueError."""
    document = json.loads(file.read_text("utf-8"))
    if not isinstance(document, dict):
        raise ValueError(f"{file} holds no certificate.")
    return document


def certify(
    state_dir: Path, ledger: Ledger, request: Request, found: Counts, left: Counts, backups_are_known: bool
) -> tuple[Path, str]:
    """Sign and write one, unless there is one of this request already; gives its file and its digest."""
    file, key = file_of(state_dir, request.id), SigningKey.of(state_dir)
    if not file.exists() or not verify_document(document := read(file), key.public_key):
        head = ledger.chain.verify().head
        document = key.signed({
            "certificate": "erasure",
            "request": request.id,
            "tenant": request.whose.tenant,
            "pseudonyms": list(request.whose.pseudonyms),
            "requested": {"at": request.at, "by": request.by, "approved_by": request.approved_by},
            "done_at": _text(datetime.now(UTC)),
            "found": dict(found),
            "left": dict(left),
            "suppressed_until": "lifted by `sillage person lift`",
            "copies": copies(datetime.now(UTC), backups_are_known, still_there(state_dir)),
            "ledger": {"number": head.number, "hash": head.hash},
        })  # fmt: skip
        _write(file, document)
    return file, digest(document)


def copies(now: datetime, backups_are_known: bool, exports: int) -> list[dict[str, str]]:
    """What else of the inventory may hold copies, until when, and what covers them."""
    kafka = now + timedelta(days=RETENTION_DAYS, milliseconds=DAY_MS // 4)
    anywhere = now + timedelta(days=COPIES_LIVE_DAYS)
    found = [
        *((f"topic {topic.name}", kafka, _SUPPRESSED) for topic in (*CONSUMED, DEAD)),
        *((store, anywhere, _SUPPRESSED) for store in ("spool", "browser queue")),
        ("replaced parts", now + REPLACED_LIVE, "no query reads them"),
        (
            "ClickHouse's logs",
            now + LOGS_KEPT,
            "no rows are in them, but pseudonyms that were asked about",
        ),
    ]
    if not backups_are_known:
        by = "out of sight, if there are any; `sillage restore` erases again what it brings back"
        found.append(("backups", now + timedelta(days=LONGEST), by))
    if exports:
        by = f"{exports} files on this machine, if the person is in them: whoever holds them deletes them"
        found.append(("exports", now + timedelta(days=LONGEST), by))
    return [{"where": where, "until": _text(until), "covered_by": by} for where, until, by in found]


def digest(document: Mapping[str, Any]) -> str:
    """What the ledger holds of it: the signature, which is of all the rest."""
    return str(document["signature"]["value"])


def _write(file: Path, document: Mapping[str, Any]) -> None:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = file.with_suffix(".new")
    unfinished.write_bytes(canonical(document) + b"\n")
    unfinished.replace(file)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
