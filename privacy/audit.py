"""What an auditor is shown (GDPR, article 28(3)(h)): whether the papers are whole, and all of them."""

import hashlib
import json
import zipfile
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from clickhouse_connect.driver.client import Client

from privacy.chain import Chain, Head
from privacy.record import record_of_processing
from privacy.rights import certificate
from privacy.rights.access import AccessLog
from privacy.rights.ledger import Ledger
from privacy.signatures import SigningKey, public_key_file, verify_document

_CHECKS = """
    SELECT toString(checked_at), ok, overdue_records, faults FROM retention_checks ORDER BY checked_at
"""
_DROPS = "SELECT toString(dropped_at), store, piece, records FROM retention_drops ORDER BY dropped_at"
_MIGRATIONS = "SELECT number, name, checksum, toString(applied_at) FROM migrations ORDER BY number"


@dataclass(frozen=True)
class Finding:
    """One paper, and what is wrong with it; nothing where it is whole."""

    paper: str
    entries: int
    fault: str = ""


def chains(state_dir: Path) -> dict[str, Chain]:
    """The chained logs of an installation, by name."""
    return {"ledger": Ledger(state_dir).chain, "access log": AccessLog(state_dir).chain,
            "configuration": Chain(state_dir / "configuration.jsonl")}  # fmt: skip


def verify(state_dir: Path) -> Iterator[Finding]:
    """Each chain, then each certificate: its signature, and whether the ledger knows it."""
    for name, chain in chains(state_dir).items():
        verdict = chain.verify()
        fault = f"line {verdict.broken_line}: {verdict.why}" if verdict.broken_line else ""
        yield Finding(name, verdict.head.number, fault)
    ledger = Ledger(state_dir)
    known = {one.certificate: one.id for one in ledger.requests().values() if one.certificate}
    for digest, request in known.items():
        yield Finding(f"certificate {request}", 1, _fault(state_dir, ledger, request, digest))


def _fault(state_dir: Path, ledger: Ledger, request: str, digest: str) -> str:
    try:
        document = certificate.read(certificate.file_of(state_dir, request))
    except (OSError, ValueError) as error:
        return f"it cannot be read: {error}"
    if not verify_document(document, public_key_file(state_dir).read_text()):
        return "its signature is not right"
    if certificate.digest(document) != digest:
        return "it is another one than the ledger says"
    if not ledger.chain.holds(Head(**document["ledger"])):
        return "the ledger that it was given on is another one: lines were cut off or changed"
    return ""


def note_configuration(state_dir: Path, settings: object) -> bool:
    """Write down the settings that hold now, where others did before, without secrets; whether it did."""
    now = {one.name: str(getattr(settings, one.name)) for one in fields(settings) if one.repr}  # type: ignore[arg-type]
    chain = chains(state_dir)["configuration"]
    last: Mapping[str, Any] = next(iter(deque(chain.entries(), maxlen=1)), {})
    if last.get("settings") == now:
        return False
    chain.append({"settings": now})
    return True


def pack(client: Client, state_dir: Path, policy: Path, file: Path) -> list[str]:
    """Write every paper to one archive, with a signed list of what is in it; gives the names."""
    key, written = SigningKey.of(state_dir), {}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in _papers(client, state_dir, policy):
            archive.writestr(name, content)
            written[name] = _sha256(content)
        heads = {name: asdict(chain.verify().head) for name, chain in chains(state_dir).items()}
        made_at = datetime.now(UTC).isoformat(timespec="seconds")
        manifest = {"made_at": made_at, "files": written, "heads": heads}
        archive.writestr("manifest.json", json.dumps(key.signed(manifest), indent=1))
        archive.writestr("signing_key.pub.pem", key.public_key)
    return sorted(written)


def _papers(client: Client, state_dir: Path, policy: Path) -> Iterator[tuple[str, bytes]]:
    for name, chain in chains(state_dir).items():
        yield f"{name.replace(' ', '-')}.jsonl", chain.file.read_bytes() if chain.file.exists() else b""
    for one in sorted((state_dir / "certificates").glob("*.json")):
        yield f"certificates/{one.name}", one.read_bytes()
    for one in sorted(policy.glob("*.md")):
        yield f"policy/{one.name}", one.read_bytes()
    yield "record-of-processing.md", record_of_processing(client).encode()
    for name, sql in (("checks", _CHECKS), ("drops", _DROPS), ("migrations", _MIGRATIONS)):
        rows = client.query(sql).result_rows
        yield f"retention-{name}.json", json.dumps([list(row) for row in rows], indent=1).encode()


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
