"""`sillage retention history`: the checks that were made, and the times in which none was."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from cli.options import data_dir
from cli.process import start
from privacy.retention.history import Check, Gap, checks, gaps
from privacy.retention.reading import Reach
from runtime.settings import RetentionSettings, load, with_stack


@click.command()
@click.option("--days", type=click.IntRange(1, 1_095), default=90, show_default=True, help="How far back.")
@data_dir("Where `sillage up` keeps the stack that is meant.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def history(days: int, data_dir: Path, as_json: bool) -> None:
    """Show day by day how many checks found what, and each time in which none was made."""
    settings = load(RetentionSettings, with_stack(os.environ, data_dir))
    start("retention", lambda: _show(settings, days, as_json), log_level="critical")


def _show(settings: RetentionSettings, days: int, as_json: bool) -> None:
    now = datetime.now(UTC)
    made = checks(Reach.of(settings).clickhouse(), now - timedelta(days=days))
    missing = list(gaps(made, now))
    if as_json:
        click.echo(json.dumps(_as_object(made, missing), indent=2, ensure_ascii=False))
        return
    if not made:
        click.echo("No check was made yet: `sillage jobs` makes them.")
    for day, of_day in _by_day(made).items():
        bad = [one for one in of_day if not one.ok]
        click.echo(f"{day}  {len(of_day):>3} checks  {'good' if not bad else f'{len(bad)} with faults'}")
        for fault in dict.fromkeys(fault for one in bad for fault in one.faults):
            click.echo(f"            ! {fault}")
    for gap in missing:
        click.echo(f"gap: {gap.since:%Y-%m-%d %H:%M} to {gap.until:%Y-%m-%d %H:%M} UTC")


def _by_day(made: list[Check]) -> dict[str, list[Check]]:
    days: dict[str, list[Check]] = {}
    for one in made:
        days.setdefault(one.at.date().isoformat(), []).append(one)
    return days


def _as_object(made: list[Check], missing: list[Gap]) -> dict[str, object]:
    return {
        "checks": [
            {"at": one.at.isoformat(), "ok": one.ok, "overdue_records": one.overdue, "faults": one.faults}
            for one in made
        ],
        "gaps": [{"from": gap.since.isoformat(), "to": gap.until.isoformat()} for gap in missing],
    }
