"""What each version wrote, frozen: a directory a version, never edited, its number the directory's name."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_DIRECTORY = Path(__file__).with_name("history")
Schema = dict[str, Any]


@dataclass(frozen=True)
class Frozen:
    """One version's forms."""

    number: int
    batch: Schema
    additions: Schema
    spans_proto: str
    headers: dict[str, list[tuple[str, bytes]]]
    """Those of a record, by the topic's last word."""

    @property
    def stored(self) -> Schema:
        """What this version's consumer inserts."""
        return self.batch | {"fields": self.batch["fields"] + self.additions["fields"]}

    def __str__(self) -> str:
        return f"version {self.number}"


def _frozen(directory: Path) -> Frozen:
    def read(name: str) -> Any:
        return json.loads((directory / name).read_text())

    return Frozen(
        number=int(directory.name),
        batch=read("usage_batch.avsc"),
        additions=read("usage_additions.avsc"),
        spans_proto=(directory / "spans.proto").read_text(),
        headers={
            what: [(name, bytes.fromhex(value)) for name, value in record["headers"].items()]
            for what, record in read("records.json").items()
        },
    )


HISTORY = sorted(map(_frozen, _DIRECTORY.iterdir()), key=lambda one: one.number)
