"""`make faults MINUTES=30 SEED=n [BROKERS=1|3] [ERASURES=n] [CONTROL=no-check|token|no-suppression]`.

Exit codes: 0 the promise held, or the control showed what it is for; 1 it did not; 2 no verdict, since the
harness's own ground gave way.
"""

import asyncio
import os
import random
import signal
import sys

import click

from tests.conftest import free_port_base
from tests.faults.errors import Infrastructure
from tests.faults.report import LATEST, Report
from tests.faults.run import Options, run


def options() -> Options:
    """From the environment, as make passes it."""
    return Options(
        seconds=60 * float(os.environ.get("MINUTES") or 30),
        seed=int(os.environ.get("SEED") or random.randrange(1 << 32)),
        brokers=int(os.environ.get("BROKERS") or 1),
        control=os.environ.get("CONTROL", ""),
        erasures=int(os.environ.get("ERASURES") or 0),
    )


def exit_code(report: Report) -> int:
    """A control must show mismatches, everything else none."""
    return int(report.is_broken != bool(report.control))


def main() -> None:
    """Run, report, exit."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the disk is unmounted, processes end
    chosen = options()
    click.echo(f"seed {chosen.seed}")
    try:
        report = asyncio.run(run(chosen, free_port_base))
    except Infrastructure as error:
        click.echo(f"No verdict: {error}", err=True)
        sys.exit(2)
    click.echo(report.text())
    report.write()
    click.echo(f"written to {LATEST}")
    sys.exit(exit_code(report))


if __name__ == "__main__":
    main()
