"""`make fuzz MINUTES=30 [CONTROL=name] [KEEP=1]`: every target in turn, from the kept corpus on.

Exit codes: 0 nothing was found and the parsers were reached as far as they must be; 1 otherwise; 2 no engine
here. With CONTROL the weakened parser must be found: 0 when it was. With KEEP=1 the corpus is replaced by the
smallest set of old and new inputs that reaches the same.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import click

from tests.fuzz.controls import CONTROLS
from tests.fuzz.replay import BAR, reach
from tests.fuzz.session import CORPUS, FOUND, Outcome, engine_is_here, fuzz, merge
from tests.fuzz.targets import TARGETS


def main() -> None:
    """Run, report, exit."""
    if not engine_is_here():
        click.echo("The engine, atheris, has no build for this platform.", err=True)
        sys.exit(2)
    seconds = 60 * float(os.environ.get("MINUTES") or 30)
    with tempfile.TemporaryDirectory() as scratch:
        control = os.environ.get("CONTROL")
        sys.exit(_control(control, seconds, Path(scratch)) if control else _all(seconds, Path(scratch)))


def _control(name: str, seconds: float, scratch: Path) -> int:
    target = CONTROLS[name].target
    outcome = fuzz(target, max(1, round(seconds)), scratch / target, scratch / "findings", name)
    _print(outcome)
    return 0 if outcome.findings else 1


def _all(seconds: float, scratch: Path) -> int:
    outcomes = []
    for target in TARGETS:
        each = max(1, round(seconds / len(TARGETS)))
        outcomes.append(fuzz(target, each, scratch / target, FOUND / target))
        _print(outcomes[-1])
    broken = any(outcome.findings or outcome.log for outcome in outcomes)
    reached = reach(CORPUS, scratch)
    click.echo(reached.text())
    click.echo(
        f"{sum(outcome.executions for outcome in outcomes):,} executions, "
        f"{sum(len(outcome.findings) for outcome in outcomes)} findings, "
        f"{reached.percent:.1f} % of the parsers' branches (bar: {BAR:.0f} %)"
    )
    if os.environ.get("KEEP") and not broken:
        _keep(scratch)
    return int(broken or reached.percent < BAR)


def _print(outcome: Outcome) -> None:
    click.echo(f"{outcome.target:<12} {outcome.executions:>10,} executions, {len(outcome.findings)} findings")
    for finding in outcome.findings:
        click.echo(f"  {finding}")
    if outcome.log:
        click.echo(outcome.log, err=True)


def _keep(scratch: Path) -> None:
    for target in TARGETS:
        kept = scratch / "kept" / target
        merge(target, kept, [CORPUS / target, FOUND / target, scratch / target])
        shutil.rmtree(CORPUS / target)
        shutil.copytree(kept, CORPUS / target)
    click.echo(f"{sum(1 for _ in CORPUS.glob('*/*'))} inputs are kept; {reach(CORPUS).percent:.1f} % by them")


if __name__ == "__main__":
    main()
