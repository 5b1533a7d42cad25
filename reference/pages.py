"""The pages of the reference that have generated parts, as the code would have them."""

from collections.abc import Callable, Sequence
from pathlib import Path

from ingest.refusals import EventRefusal, SpanRefusal
from reference.codes import LISTED, client_losses, deliveries, exit_codes, listed, one_by_one
from reference.commands import every_command, overview, with_options
from reference.contents import DOCS, contents
from reference.http import paths
from reference.markdown import NoPlace, with_part
from reference.metrics import metrics
from reference.objects import objects, read_meanings
from reference.schema import Object
from reference.settings import settings
from reference.sizing import figures, plan, plans

REFERENCE = DOCS / "reference"
SIZING = DOCS / "explanation" / "sizing.md"

Part = Callable[[], str]


def pages(schema: Sequence[Object]) -> dict[Path, str]:
    """Each page by its file; raises NoPlace for a part without one."""
    parts: dict[str, dict[str, Part]] = {
        "settings.md": {"settings": settings},
        "metrics.md": {"metrics": metrics},
        "http.md": {"paths": paths},
        "sql.md": {"objects": lambda: objects(schema, read_meanings())},
        "refusals.md": {
            "deliveries": deliveries,
            "events": lambda: one_by_one(EventRefusal),
            "spans": lambda: one_by_one(SpanRefusal),
        },
        "codes.md": {name: _of(name) for name in LISTED}
        | {"exit codes": exit_codes, "client losses": client_losses},
        "cli.md": {"commands": overview},
    }
    sizing: dict[str, Part] = {"figures": figures, "plan": plan, "plans": plans}
    written = {REFERENCE / name: _with_parts(REFERENCE / name, made) for name, made in parts.items()}
    written[SIZING] = _with_parts(SIZING, sizing)
    written[DOCS / "README.md"] = _with_parts(DOCS / "README.md", {"contents": contents})
    for name, command in every_command():
        written[REFERENCE / "cli.md"] = with_options(written[REFERENCE / "cli.md"], name, command)
    return written


def _of(name: str) -> Part:
    return lambda: listed(LISTED[name])


def _with_parts(file: Path, parts: dict[str, Part]) -> str:
    page = file.read_text()
    for name, part in parts.items():
        try:
            page = with_part(page, name, part())
        except NoPlace as error:
            raise NoPlace(f"{file} has no place for a part. {error}") from error
    return page
