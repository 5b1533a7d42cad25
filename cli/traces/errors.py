"""`sillage traces errors`: what fails, in groups."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click
from clickhouse_connect.driver.client import Client

from cli.answers import Column, Object, answer
from cli.options import data_dir
from cli.plain import plain
from cli.traces.options import as_period, form, period, visit
from queries.traces.errors import ErrorsQuestion
from queries.traces.errors import errors as ask


def _what(one: Object) -> str:
    told = f"{one['exception_type'] or '(no exception)'}: {one['message_shape'] or '(no message)'}"
    return plain(told, 120) + (f" at {plain(one['top_frame'], 80)}" if one["top_frame"] else "")


_COLUMNS = (
    Column("errors", lambda one: f"{one['errors']:,}", number=True, style="red"),
    Column("what, and where it was raised", _what),
    Column("services", lambda one: ", ".join(one["services"]), style="cyan"),
    Column("users", lambda one: f"{one['users']:,}", number=True),
    Column("tenants", lambda one: ", ".join(one["tenants"])),
    Column("last (UTC)", lambda one: f"{one['last_at']:%m-%d %H:%M}"),
    Column("a trace", lambda one: one["sample_trace_id"]),
)


@click.command()
@click.option("--tenant", default="", help="Only this customer's; without it, of all.")
@click.option("--service", default="", help="Only of this service.")
@period("24h")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="Groups at most.")
@form
@data_dir("Where `sillage up` keeps the stack to ask.")
def errors(
    tenant: str, service: str, since: datetime, until: datetime | None, limit: int, form: str, data_dir: Path
) -> None:
    """Say what fails, in groups: alike are type, shape of the message, and top frame. Most frequent first."""
    question = ErrorsQuestion(as_period(since, until), tenant, service, limit)

    def job(client: Client) -> None:
        groups = [asdict(one) for one in ask(client, question)]
        answer(form, groups, _COLUMNS, "No span failed in this time.")

    visit(data_dir, job)
