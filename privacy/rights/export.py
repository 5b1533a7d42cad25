"""The export: one archive with everything that is a person's, a signed manifest, and a page to read."""

import hashlib
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Any

from clickhouse_connect.driver.client import Client

from privacy.errors import PrivacyRefused
from privacy.retention.exports import remember
from privacy.retention.tables import ROLLS
from privacy.rights import portrait
from privacy.rights.page import Page
from privacy.rights.portrait import STORES, Store
from privacy.rights.requests import Request, Whose
from privacy.signatures import SigningKey


class Incomplete(PrivacyRefused):
    """What was written is not what was counted: no archive is left; the message says to try again."""


def export(client: Client, state_dir: Path, request: Request, file: Path) -> dict[str, int]:
    """Write the archive, whole or not at all; gives the rows of each store. Raises Incomplete, OSError."""
    part = file.with_name(file.name + ".part")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            found = _write(client, SigningKey.of(state_dir), request, archive)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    oldest = found.pop("oldest_day")
    remember(state_dir, file, date.fromisoformat(str(oldest)) if oldest else datetime.now(UTC).date())
    return {store: int(rows) for store, rows in found.items()}


def _write(client: Client, key: SigningKey, request: Request, archive: zipfile.ZipFile) -> dict[str, Any]:
    page, oldest = Page(request.whose, datetime.now(UTC)), ""
    files: dict[str, dict[str, Any]] = {}
    for store in STORES:
        counted = portrait.count(client, store, request.whose)
        digest, written = hashlib.sha256(), 0
        with archive.open(store.file, "w", force_zip64=True) as out:
            for row in portrait.rows(client, store, request.whose):
                written += 1
                day = row["received_at"][:10]
                oldest = min(oldest or day, day)
                page.add(store.table, row)
                _line(out, digest, row)
        if written < counted:
            raise Incomplete(f"{store.table}: {written:,} of {counted:,} rows were written. Run it again.")
        files[store.file] = {"store": store.table, "rows": written, "sha256": digest.hexdigest()}
    archive.writestr("index.html", page.html())
    archive.writestr("manifest.json", json.dumps(key.signed(_manifest(request, files)), indent=1))
    archive.writestr("signing_key.pub.pem", key.public_key)
    rows = {str(told["store"]): told["rows"] for told in files.values()}
    return {"oldest_day": oldest, **rows}


def _line(out: IO[bytes], digest: Any, row: dict[str, Any]) -> None:
    line = json.dumps(row, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"
    digest.update(line)
    out.write(line)


def _manifest(request: Request, files: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        "export": "person" if request.whose.pseudonyms else "tenant",
        "request": request.id,
        "tenant": request.whose.tenant,
        "pseudonyms": list(request.whose.pseudonyms),
        "made_at": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "files": files,
        "not_included": {
            ", ".join(ROLLS): "counts, and times of actions, made of what is in usage.jsonl",
            "Kafka, spools, backups": "copies of the same events on their way, or kept for a disaster",
        },
    }  # fmt: skip


def counts(client: Client, whose: Whose) -> Iterator[tuple[Store, int]]:
    """How many rows an export would have of each store."""
    for store in STORES:
        yield store, portrait.count(client, store, whose)
