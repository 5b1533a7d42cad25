"""`make faults MINUTES=30 SEED=n [BROKERS=1|3] [ERASURES=n] [CONTROL=name] [LEADER=20] [RATE=1000]
[TOPIC=usage|spans]`.

Exit codes: 0 the promise held, or the control showed what it is for; 1 it did not; 2 no verdict, since the
harness's own ground gave way.
"""

import asyncio
import os
import random
import signal
import sys

import click

from bench.traffic import EVENTS_A_BATCH
from tests.conftest import free_port_base
from tests.faults.cargo import CARGOES, USAGE
from tests.faults.errors import Infrastructure
from tests.faults.report import LATEST, Report
from tests.faults.run import Options, run


def options() -> Options:
    """From the environment, as make passes it."""
    seconds = 60 * float(os.environ.get("MINUTES") or 30)
    leader_seconds = float(os.environ.get("LEADER") or 0)
    if leader_seconds and os.environ.get("BROKERS") != "3":
        raise click.UsageError("LEADER needs BROKERS=3: of one broker, no other can take over.")
    topic = os.environ.get("TOPIC") or USAGE.name
    if (cargo := CARGOES.get(topic)) is None:
        raise click.UsageError(f"TOPIC is {topic!r}; expected {' or '.join(CARGOES)}.")
    return Options(
        seconds=seconds,
        seed=int(os.environ.get("SEED") or random.randrange(1 << 32)),
        brokers=int(os.environ.get("BROKERS") or 1),
        control=os.environ.get("CONTROL", ""),
        cargo=cargo,
        erasures=int(os.environ.get("ERASURES") or 0),
        batches_a_second=float(os.environ.get("RATE") or 1_000) / EVENTS_A_BATCH,
        leader_seconds=leader_seconds,
        slots=2 if leader_seconds else Options.slots,  # as many as the load needs
        round_seconds=seconds if leader_seconds else Options.round_seconds,  # no pause in the load
    )


def exit_code(report: Report) -> int:
    """A control must show mismatches, everything else none."""
    return int(report.is_broken != bool(report.control))


def main() -> None:
    """Run, report, exit."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the disk is unmounted, processes end
    try:
        chosen = options()
    except (click.UsageError, ValueError) as error:
        click.echo(error, err=True)
        sys.exit(2)
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
