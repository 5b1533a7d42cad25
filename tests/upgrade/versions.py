"""Versions of Sillage as directories to run from: this one, and the next, which has more fields."""

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
COPIED = ("schemas", "ingest", "sql")
"""The rooms in which the versions differ; the others are links to those of this one."""
LINKED = ("runtime", "consumers", "privacy", "jobs", "queries", "console", "local", "cli", "sdk")
BATCH_FIELD, EVENT_FIELD, SPAN_FIELD = "edition", "importance", "edition"
NEW = "next"
"""What the next version's collector writes into its new fields and headers."""

_USAGE_HEADERS = '("received_at", usage.pack_received_at(delivery.received_at)),'
_SPAN_HEADERS = '(RETENTION_DAYS, retention_days.to_bytes(1, "big")),'
_NEXT_SOURCES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "ingest/usage.py": (
        ("    events: list[Event]\n", f"    events: list[Event]\n    {BATCH_FIELD}: str = {NEW!r}\n"),
        (_USAGE_HEADERS, f'{_USAGE_HEADERS} ("{BATCH_FIELD}", b"{NEW}"),'),
    ),
    "ingest/wire.py": (
        (
            "    properties: Properties = field(default_factory=dict)\n",
            f"    properties: Properties = field(default_factory=dict)\n    {EVENT_FIELD}: str = {NEW!r}\n",
        ),
    ),
    "schemas/spans.py": ((_SPAN_HEADERS, f'{_SPAN_HEADERS} ("{SPAN_FIELD}", b"{NEW}"),'),),
    "schemas/spans.proto": (
        ("  int64 claim = 107;\n", f"  int64 claim = 107;\n  string {SPAN_FIELD} = 108;\n"),
    ),
    "schemas/span_landing.py": (('    "claim",\n', f'    "claim",\n    "{SPAN_FIELD}",\n'),),
}
_NEXT_MIGRATION = f"""
ALTER TABLE usage_batches
    ADD COLUMN IF NOT EXISTS {BATCH_FIELD} String,
    ADD COLUMN IF NOT EXISTS `events.{EVENT_FIELD}` Array(String)
        DEFAULT arrayResize(CAST([], 'Array(String)'), length(`events.event_id`));
ALTER TABLE usage_events ADD COLUMN IF NOT EXISTS {BATCH_FIELD} String;
ALTER TABLE span_batches ADD COLUMN IF NOT EXISTS {SPAN_FIELD} String;
"""
_VIEW_BEGINS = "ALTER TABLE usage_unpack MODIFY QUERY"


def with_field(schema: dict[str, Any], **field: Any) -> dict[str, Any]:
    """The schema of a record with one more field, at its end."""
    return schema | {"fields": [*schema["fields"], field]}


def next_schema(batch: dict[str, Any]) -> dict[str, Any]:
    """The batch's schema of the version behind that of `batch`."""
    *others, events = batch["fields"]
    event = with_field(events["type"]["items"], name=EVENT_FIELD, type="string", default="")
    fields = [*others, events | {"type": events["type"] | {"items": event}}]
    return with_field(batch | {"fields": fields}, name=BATCH_FIELD, type="string", default="")


def this_version(directory: Path, prefix: str) -> Path:
    """The version of this checkout, with topics of its own: `prefix` stands in their names for `sillage`."""
    for room in COPIED:
        shutil.copytree(ROOT / room, directory / room)
    for room in LINKED:
        (directory / room).symlink_to(ROOT / room)
    _edit(directory / "schemas" / "topics.py", '"sillage.', f'"{prefix}.')
    return directory


def next_version(directory: Path, prefix: str) -> Path:
    """The version behind it: more in batches, events, headers and tables, and a migration for it."""
    this_version(directory, prefix)
    schema = directory / "schemas" / "usage_batch.avsc"
    schema.write_text(json.dumps(next_schema(json.loads(schema.read_text()))))
    for name, changes in _NEXT_SOURCES.items():
        for old, new in changes:
            _edit(directory / name, old, new)
    _add_migration(directory / "sql" / "migrations")
    return directory


def _edit(file: Path, old: str, new: str) -> None:
    """Replace a text that must be there: where the source has changed, so must its next version."""
    source = file.read_text()
    assert old in source, f"{file.name} has no {old!r} any more"
    file.write_text(source.replace(old, new))


def _add_migration(migrations: Path) -> None:
    """New columns, and the newest view with the batch's new field in it."""
    files = sorted(migrations.glob("*.sql"))
    view = next(text for file in reversed(files) if _VIEW_BEGINS in (text := file.read_text()))
    view, changed = re.subn(
        r"\bproperties_json,\n    sdk,", f"properties_json,\n    {BATCH_FIELD}, sdk,", view
    )
    inner, changed_inside = re.subn(r"toLowCardinality\(sdk\) AS sdk,", f"{BATCH_FIELD}, \\g<0>", view)
    assert (changed, changed_inside) == (1, 1), "the unpacking view is not what it was"
    (migrations / f"{len(files) + 1:03}_{BATCH_FIELD}.sql").write_text(_NEXT_MIGRATION + inner)
