"""`python -m tests.expiry [DAYS] [--hourly]`: so many days, 120 unless told, on a stack of its own.

Each day is looked at in its first and its last hour, between which no view can change, since each reads the
UTC day of its clock and nothing finer (`simulated.py` holds that); with `--hourly` in every hour.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

import click

from tests.conftest import free_port_base, start_stack, stop_stack
from tests.expiry.run import days_ahead, simulate
from tests.expiry.simulated import simulated_database


@click.command()
@click.argument("days", type=int, default=120)
@click.option("--hourly", is_flag=True, help="Look in every hour, not in the first and the last of each day.")
def main(days: int, hourly: bool) -> None:
    """Say what was looked at; exit code 1 when anything was kept too long or not long enough."""
    looked, found, began = 0, 0, time.monotonic()
    hours = range(24) if hourly else (0, 23)
    with tempfile.TemporaryDirectory() as directory:
        stack = start_stack(Path(directory) / "stack", free_port_base(), dict(os.environ))
        try:
            with simulated_database(stack) as client:
                backups = Path(stack.environ["SILLAGE_BACKUP_DIR"])
                for wrong in simulate(client, days_ahead(range(days)), hours, backups):
                    looked, found = looked + 1, found + len(wrong)
                    for one in wrong:
                        click.echo(f"{one.at:%Y-%m-%d %H:%M} {one.place}: {one.too_long=} {one.too_short=}")
                    if not looked % (10 * len(hours)):
                        took = time.monotonic() - began
                        click.echo(f"{looked // len(hours)} days, {took:.0f} s, {found} wrong")
        finally:
            stop_stack(stack)
    click.echo(f"{looked} hours were looked at; {found} times a place was wrong.")
    sys.exit(1 if found or not looked else 0)


if __name__ == "__main__":
    main()
