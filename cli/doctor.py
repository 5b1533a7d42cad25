"""`sillage doctor`: is everything as it should be, and what to do where it is not."""

import json
import sys
from pathlib import Path

import click

from cli.checks import CHECKS, Check, Finding, Verdict, examine
from cli.options import data_dir
from cli.process import start
from cli.surroundings import Surroundings

_COLOURS = {Verdict.OK: "green", Verdict.LOOK: "yellow", Verdict.BROKEN: "red"}
_VERDICT_WIDTH = max(len(verdict) for verdict in Verdict)
_NAME_WIDTH = max(len(check.name) for check in CHECKS)


@click.command()
@data_dir("Where `sillage up` keeps the stack to look at.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print an array of objects with check, verdict, saw and remedy."
)
def command(data_dir: Path, as_json: bool) -> None:
    """Check everything, change nothing, and say what to do about what is broken.

    The exit code is 1 when a check finds something broken.
    """
    start("doctor", lambda: _examine(Surroundings.find(data_dir), as_json), log_level="critical")


def _examine(around: Surroundings, as_json: bool) -> None:
    found = []
    for check, finding in examine(CHECKS, around):
        found.append((check, finding))
        if not as_json:
            _print(check, finding)
    if as_json:
        objects = [
            {"check": check.name, "verdict": it.verdict, "saw": it.saw, "remedy": it.remedy}
            for check, it in found
        ]
        click.echo(json.dumps(objects, ensure_ascii=False, indent=2))
    sys.exit(any(finding.verdict is Verdict.BROKEN for _, finding in found))


def _print(check: Check, finding: Finding) -> None:
    verdict = click.style(finding.verdict.ljust(_VERDICT_WIDTH), fg=_COLOURS[finding.verdict])
    click.echo(f"{verdict}  {check.name.ljust(_NAME_WIDTH)}  {finding.saw}")
    if finding.remedy:
        click.echo(f"{' ' * (_VERDICT_WIDTH + _NAME_WIDTH + 4)}-> {finding.remedy}")
