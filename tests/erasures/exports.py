"""Exports held against the oracle: nothing is missing, nothing is too much."""

import json
import uuid
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from privacy.rights.export import export
from privacy.rights.requests import Right
from tests.erasures.town import Town
from tests.privacy.rights.people import Desk


def exported(desk: Desk, directory: Path, *pseudonyms: str) -> dict[str, Any]:
    """The files of an archive by name, JSON decoded."""
    request, file = desk.request(*pseudonyms, right=Right.EXPORT), directory / "export.zip"
    export(desk.client, desk.state, request, file)
    with zipfile.ZipFile(file) as opened:
        found: dict[str, Any] = {name: opened.read(name).decode() for name in opened.namelist()}
    lines = {name: [json.loads(one) for one in found[name].splitlines()] for name in found if "jsonl" in name}
    return {**found, **lines, "manifest.json": json.loads(found["manifest.json"])}


def exports_are_right(desk: Desk, towns: Sequence[Town], directory: Path) -> int:
    """Export everybody of these towns, which are of one tenant; gives how many people that were."""
    for town in towns:
        desk.store(town.events, town.spans)
    for town in towns:
        for person in town.people:
            found = exported(desk, directory, person)
            events, spans = town.shown_to(person)
            assert {uuid.UUID(one["event_id"]).hex for one in found["usage.jsonl"]} == events, town.seed
            assert {one["span_id"] for one in found["spans.jsonl"]} == spans, town.seed
            files = found["manifest.json"]["files"]
            counts = [files[name]["rows"] for name in ("usage.jsonl", "spans.jsonl")]
            assert counts == [len(events), len(spans)], town.seed
    return sum(len(town.people) for town in towns)
