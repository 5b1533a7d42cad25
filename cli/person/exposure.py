"""`sillage person exposure`: whose data rested here between two instants, after a breach."""

import csv
import io
from datetime import datetime
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from cli.desk import Desk, at_desk
from cli.files import whole_file
from cli.person.options import of_stack
from cli.traces.options import Moment
from privacy.rights.exposure import exposed, persons


@click.command()
@click.option(
    "--between", nargs=2, type=Moment(), required=True, metavar="SINCE UNTIL",
    help="Two times in ISO 8601 (UTC), or lengths of time ago such as 2h.",
)  # fmt: skip
@click.option("--tenant", default="", help="Only this customer's.")
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path),
    help="Write tenant and pseudonym of each person to this CSV file.",
)  # fmt: skip
@of_stack
def exposure(between: tuple[datetime, datetime], tenant: str, output: Path | None, data_dir: Path) -> None:
    """Say whose data rested here between two instants, and who read what of persons then."""

    def job(desk: Desk) -> None:
        since, until = between
        told = {"since": since.isoformat(), "until": until.isoformat()}
        desk.access.record(desk.operator.name, "exposure", tenant or "(all)", **told)
        table = Table(box=None, pad_edge=False, header_style="bold")
        for head in ("tenant", "store", "rows", "persons", "first arrival", "last arrival"):
            table.add_column(head)
        for one in exposed(desk.client, since, until, tenant):
            times = (f"{one.first:%Y-%m-%d %H:%M:%S}", f"{one.last:%Y-%m-%d %H:%M:%S}")
            table.add_row(one.tenant, one.store, f"{one.rows:,}", f"{one.users:,}", *times)
        Console(highlight=False).print(table)
        reads = list(desk.access.between(since, until))
        click.echo(f"Reads of persons' data in this time, by the access log: {len(reads):,}")
        if output:
            _write(desk, since, until, tenant, output)

    at_desk(data_dir, job)


def _write(desk: Desk, since: datetime, until: datetime, tenant: str, output: Path) -> None:
    rows = list(persons(desk.client, since, until, tenant))
    with whole_file(output) as file, io.TextIOWrapper(file, "utf-8", newline="") as text:
        csv.writer(text).writerows([("tenant", "pseudonym"), *rows])
    click.echo(f"{len(rows):,} persons are in {output}.")
