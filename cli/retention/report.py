"""`sillage retention report`: every store measured now; the exit code says whether the promise is kept."""

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from cli.files import whole_file
from cli.options import data_dir
from cli.process import start
from cli.sizes import size
from privacy.retention.history import JOB, checks, gaps
from privacy.retention.inventory import STORES
from privacy.retention.reading import Reach
from privacy.retention.report import Finding, Report
from privacy.retention.report import report as measure
from privacy.signatures import SigningKey
from runtime.settings import RetentionSettings, load, with_stack

_SHOWN = timedelta(days=90)


@click.command()
@data_dir("Where `sillage up` keeps the stack to measure.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object, with every figure.")
@click.option(
    "--sign",
    is_flag=True,
    help="The same, signed by this installation's key (Ed25519), made at its first use in SILLAGE_STATE_DIR.",
)
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Write into this file.")
def report(data_dir: Path, as_json: bool, sign: bool, output: Path | None) -> None:
    """Measure the oldest record of every store, and say whether anything is past its limit.

    The exit code is 1 when something is, and also when a store could not be measured or a limit was changed.
    """

    def run() -> None:
        settings = load(RetentionSettings, with_stack(os.environ, data_dir))
        _show(settings, as_json or sign, sign, output)

    start("retention", run, log_level="critical")


def _show(settings: RetentionSettings, as_json: bool, sign: bool, output: Path | None) -> None:
    ways, now = Reach.of(settings), datetime.now(UTC)
    found = measure(ways, now, (*STORES, JOB))
    if as_json or output:
        document = found.as_object() | {"history": _history(ways, now)}
        if sign:
            key = SigningKey.of(settings.state_dir)
            document = key.signed(document | {"public_key": key.public_key})
        _write(json.dumps(document, indent=2, ensure_ascii=False) + "\n", output)
    else:
        _print(found, _history(ways, now), Console(highlight=False))
    sys.exit(0 if found.ok else 1)


def _write(text: str, output: Path | None) -> None:
    if output is None:
        click.echo(text, nl=False)
        return
    with whole_file(output) as file:
        file.write(text.encode())
    click.echo(f"The report is in {output}.")


def _history(ways: Reach, now: datetime) -> dict[str, Any] | None:
    """What the checks of ninety days have found; None where they cannot be read, which the report says."""
    try:
        made = checks(ways.clickhouse(), now - _SHOWN)
    except Exception:  # the same fault stands among the report's
        return None
    return {
        "since": made[0].at.isoformat(timespec="seconds") if made else None,
        "checks": len(made),
        "failed": sum(not one.ok for one in made),
        "gaps": [
            {"from": gap.since.isoformat(timespec="seconds"), "to": gap.until.isoformat(timespec="seconds")}
            for gap in gaps(made, now)
        ],
    }


def _print(found: Report, history: dict[str, Any] | None, console: Console) -> None:
    table = Table(box=None, pad_edge=False, collapse_padding=True, header_style="bold")
    table.add_column("store", overflow="fold")
    for head in ("oldest", "goes by", "records", "size", "overdue"):
        table.add_column(head, justify="right", no_wrap=True)
    for one in found.findings:
        table.add_row(*_row(one), style="bold red" if one.faults else "")
    console.print(table)
    for fault in found.faults:
        console.print(f"[bold red]![/] {fault}", soft_wrap=True)
    if history:
        missing = f"{len(history['gaps'])} gaps" if history["gaps"] else "no gap"
        console.print(
            f"Checks within 90 days: {history['checks']:,}; {history['failed']:,} found a fault; {missing}."
        )
    if found.ok:
        console.print("Every store was measured, and nothing is past its limit.")


def _row(one: Finding) -> tuple[str, ...]:
    reading = one.reading
    return (
        one.store,
        _day(reading.oldest_received_at),
        _day(reading.next_drop),
        f"{reading.records:,}",
        "" if reading.bytes is None else size(reading.bytes),
        f"{reading.overdue_records:,}",
    )


def _day(moment: datetime | None) -> str:
    return moment.astimezone(UTC).date().isoformat() if moment else ""
