"""`python -m tests.expiry [DAYS]`: every hour of so many days, 120 unless told, on a stack of its own."""

import os
import sys
import tempfile
import time
from pathlib import Path

import click

from tests.conftest import free_port_base, start_stack, stop_stack
from tests.expiry.run import days_ahead, simulate
from tests.expiry.simulated import simulated_database


def main(count: int) -> int:
    """Say what was looked at; 1 when anything was found too long or not long enough."""
    looked, found, began = 0, 0, time.monotonic()
    with tempfile.TemporaryDirectory() as directory:
        stack = start_stack(Path(directory) / "stack", free_port_base(), dict(os.environ))
        try:
            with simulated_database(stack) as client:
                backups = Path(stack.environ["SILLAGE_BACKUP_DIR"])
                for wrong in simulate(client, days_ahead(range(count)), range(24), backups):
                    looked, found = looked + 1, found + len(wrong)
                    for one in wrong:
                        click.echo(f"{one.at:%Y-%m-%d %H:%M} {one.place}: {one.too_long=} {one.too_short=}")
                    if not looked % (24 * 10):
                        click.echo(f"{looked // 24} days, {time.monotonic() - began:.0f} s, {found} wrong")
        finally:
            stop_stack(stack)
    click.echo(f"{looked} hours were looked at; {found} times a place was wrong.")
    return 1 if found or not looked else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 120))
