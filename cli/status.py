"""`sillage status`: the whole pipeline on one screen."""

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from cli.options import data_dir
from cli.process import start
from cli.sizes import size
from cli.surroundings import Surroundings
from privacy.rights.ledger import Ledger
from queries.counts import Counts
from queries.status import Pipeline, Status, status
from schemas import topics


@click.command()
@data_dir("Where `sillage up` keeps the stack to look at.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
def command(data_dir: Path, as_json: bool) -> None:
    """Show what answers, what waits, what is stored and what was refused.

    The exit code is 1 when something is wrong: a part that does not answer, a missing table or topic, a day
    that is still stored though its retention has passed.
    """
    start("status", lambda: _show(Surroundings.find(data_dir), as_json), log_level="critical")


def _show(around: Surroundings, as_json: bool) -> None:
    found = status(_pipeline(around))
    found.problems += [
        f"Request {one.id} of {one.whose.tenant} was due on {one.due}: see `sillage person requests`."
        for one in Ledger(around.settings.state_dir).overdue(datetime.now(UTC).date())
    ]
    if found.nothing_runs:
        raise click.ClickException(
            f"Nothing runs: neither the collector at {around.collector_url}, nor Kafka at "
            f"{around.settings.kafka_bootstrap_servers}, nor ClickHouse at {around.settings.clickhouse_url} "
            "answers. Start a stack with `sillage up`, name its folder by --data-dir, or set where the parts "
            "are (docs/reference/settings.md)."
        )
    if as_json:
        click.echo(json.dumps(_as_object(found), indent=2, default=date.isoformat))
    else:
        _print(found, Console(highlight=False))
    sys.exit(1 if found.problems else 0)


def _pipeline(around: Surroundings) -> Pipeline:
    return Pipeline(
        clickhouse_url=around.settings.clickhouse_url,
        connect=lambda: around.clickhouse,
        kafka_bootstrap_servers=around.settings.kafka_bootstrap_servers,
        admin=around.kafka,
        topics=[topic.name for topic in topics.ALL],
        groups={
            topic.name: topics.group_of(topic, around.settings.consumer_group) for topic in topics.CONSUMED
        },
        dead_letters=topics.DEAD.name,
        collector_url=around.collector_url,
        ask_collector=lambda: around.get("/readyz"),
        metrics_url=around.metrics_url,
    )


def _as_object(found: Status) -> dict[str, Any]:
    return {"ok": not found.problems} | asdict(found)


def _print(found: Status, console: Console) -> None:
    parts = ((part.name, part.address, part.fault or "answers") for part in found.parts)
    console.print(_table(("part", "address", ""), parts))
    topic_rows = (
        (t.name, f"{t.records:,}", "" if t.lag is None else f"{t.lag:,}", f"{t.records_per_second:,.1f}")
        for t in found.topics
    )
    console.print(_table(("topic", "records", "lag", "records/s"), topic_rows, numbers=3))
    table_rows = (
        (
            t.name, f"{t.rows:,}", f"{t.parts:,}", size(t.bytes), f"{t.rows_per_second:,.1f}",
            _day(t.oldest_day), _day(t.newest_day), f"{t.overdue_days:,}",
        )
        for t in found.tables
    )  # fmt: skip
    columns = ("table", "rows", "parts", "size", "rows/s", "oldest day", "newest day", "overdue")
    console.print(_table(columns, table_rows, numbers=7))
    if found.dead_letters is not None:
        console.print(f"Dead letters kept: {found.dead_letters:,}")
    if found.counts:
        _print_counts(found.counts, console)
    for problem in found.problems:
        console.print(f"[bold red]![/] {problem}", soft_wrap=True)


def _print_counts(counts: Counts, console: Console) -> None:
    console.print(f"Records in the spool: {counts.spooled:,}")
    lines = {
        "Deliveries refused": counts.requests_refused,
        "Events refused": counts.events_refused,
        "Events lost by clients": counts.lost_by_clients,
        "Records lost in the spool": counts.lost_in_spool,
        "Records not stored": counts.dead_letters,
    }
    for name, reasons in lines.items():
        shown = ", ".join(f"{reason} {count:,}" for reason, count in reasons.items())
        console.print(f"{name}: {shown or 'none'}", soft_wrap=True)


def _table(columns: Sequence[str], rows: Iterable[Sequence[str]], numbers: int = 0) -> Table:
    """A table whose first column is a name, followed by so many columns aligned to the right.

    The gaps are narrow, so that a terminal of 80 columns shows millions of rows without folding.
    """
    table = Table(box=None, pad_edge=False, collapse_padding=True, header_style="bold")
    for place, column in enumerate(columns):
        table.add_column(column, justify="right" if 0 < place <= numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""
