"""`python -m tests.erasures [NUMBER] [SEED]`: so many erasures, and half as many exports."""

import os
import secrets
import sys
import tempfile
import time
from pathlib import Path

import click

from bench.processes import clickhouse
from local.ports import HOST, Ports
from runtime.clickhouse import connect
from runtime.settings import QuerySettings, load
from sql import runner
from tests.conftest import free_port_base
from tests.erasures.exports import exports_are_right
from tests.erasures.run import erase_at_random
from tests.erasures.town import Town
from tests.privacy.rights.people import Desk


def main() -> None:
    """Every tenth run with a planted survivor, which must stop the certificate; any other is an error."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    seed = sys.argv[2] if len(sys.argv) > 2 else secrets.token_hex(4)
    click.echo(f"{number} erasures, seed {seed}")
    with tempfile.TemporaryDirectory(prefix="sillage-erasures-") as temporary:
        directory, ports = Path(temporary), Ports(free_port_base())
        (directory / "clickhouse").mkdir()
        environ = dict(os.environ) | {
            "CLICKHOUSE_PASSWORD": "erasures",
            "SILLAGE_CLICKHOUSE_PASSWORD": "erasures",
            "SILLAGE_CLICKHOUSE_URL": f"http://{HOST}:{ports.clickhouse}",
        }
        with clickhouse(directory, ports, environ):
            settings = load(QuerySettings, environ)
            runner.create_database(connect(settings, "default"), settings.clickhouse_database)
            client = connect(settings)
            for migration in runner.pending(client):
                runner.apply(client, migration)
            began, runs, erased, planted = time.monotonic(), 0, 0, 0
            while erased < number:
                is_control = runs % 10 == 9
                state, runs = directory / f"state{runs}", runs + 1
                persons = erase_at_random(client, state, f"{seed}-{runs}", is_control)
                erased, planted = erased + len(persons), planted + is_control
                told = f"{erased} persons in {runs} runs, {planted} planted survivors found"
                click.echo(f"\r{told}", nl=False)
            click.echo(f": no survivor, none too many, in {time.monotonic() - began:.0f} s")
            towns = [Town.at_random(f"{seed}-town{n}") for n in range(number // 20)]
            people = exports_are_right(Desk(client, directory / "exports"), towns, directory)
            click.echo(f"{people} exports are what the oracle says")


if __name__ == "__main__":
    main()
