"""`sillage traces map`: who calls whom."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click
from clickhouse_connect.driver.client import Client

from cli.answers import Column, answer
from cli.options import data_dir
from cli.traces.options import as_period, form, period, visit
from cli.traces.texts import rate, share
from queries.traces.durations import show_duration
from queries.traces.service_map import service_map

_COLUMNS = (
    Column("caller", lambda one: one["caller"], style="cyan"),
    Column("", lambda _: "→"),
    Column("callee", lambda one: one["callee"], style="cyan"),
    Column("is a", lambda one: one["callee_kind"]),
    Column("rate", lambda one: rate(one["rate"]), number=True),
    Column("errors", lambda one: share(one["error_share"]), number=True, style="red"),
    Column("p50", lambda one: show_duration(one["p50_ns"]), number=True),
    Column("p95", lambda one: show_duration(one["p95_ns"]), number=True),
    Column("p99", lambda one: show_duration(one["p99_ns"]), number=True),
    Column("calls", lambda one: f"{one['calls']:,}", number=True),
)


@click.command("map")
@click.option("--tenant", required=True, help="The customer whose services are asked about.")
@click.option("--service", default="", help="Only calls from it and to it.")
@period("1h")
@click.option("--limit", type=click.IntRange(1), default=1_000, show_default=True, help="Edges at most.")
@form
@data_dir("Where `sillage up` keeps the stack to ask.")
def map_(
    tenant: str, service: str, since: datetime, until: datetime | None, limit: int, form: str, data_dir: Path
) -> None:
    """Say who calls whom: rate, errors, durations as the caller waited. The busiest come first."""
    asked = as_period(since, until)

    def job(client: Client) -> None:
        edges = [asdict(one) for one in service_map(client, tenant, asked, service, limit)]
        answer(form, edges, _COLUMNS, f"No calls of tenant {tenant!r} in this time.")

    visit(data_dir, job)
