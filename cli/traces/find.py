"""`sillage traces find`: which traces there are."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from clickhouse_connect.driver.client import Client

from cli.answers import Column, answer
from cli.options import data_dir
from cli.traces.options import Duration, as_period, form, of_traces, period, visit
from queries.traces.conditions import Condition, MalformedCondition, parse_condition
from queries.traces.durations import show_duration
from queries.traces.find import FindQuestion
from queries.traces.find import find as find_traces

_COLUMNS = (
    Column("started (UTC)", lambda one: f"{one['started_at']:%m-%d %H:%M:%S}"),
    Column("service", lambda one: one["service"] or "(unknown)", style="cyan"),
    Column("operation", lambda one: one["operation"]),
    Column("duration", lambda one: show_duration(one["duration_ns"]), number=True),
    Column("spans", lambda one: f"{one['spans']:,}", number=True),
    Column("errors", lambda one: f"{one['errors']:,}" if one["errors"] else "", number=True, style="red"),
    Column("trace id", lambda one: one["trace_id"]),
    Column("user", lambda one: one["user_id"][:12]),
    Column("session", lambda one: one["session_id"][:12]),
)


class _Condition(click.ParamType[Condition]):
    name = "condition"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Condition:
        try:
            return parse_condition(value)
        except MalformedCondition as error:
            self.fail(str(error), param, ctx)


@click.command()
@click.option("--tenant", required=True, help="The customer whose traces are asked for.")
@click.option("--service", help="A span of this service.")
@click.option("--operation", help="A span of this name.")
@click.option("--status", type=click.Choice(["error", "ok", "unset"]), help="A span with this status.")
@click.option(
    "--where", type=_Condition(), multiple=True,
    help="A span with such an attribute, as 'http.response.status_code >= 500'; may be repeated.",
)  # fmt: skip
@click.option("--min-duration", type=Duration(), help="A span that took at least so long, such as 250ms.")
@click.option("--max-duration", type=Duration(), help="A span that took at most so long.")
@click.option("--session", help="Traces of this session, by their spans or by usage events that name them.")
@click.option("--user", help="Traces of this user, by the pseudonym that is stored.")
@period("1h")
@click.option(
    "--limit", type=click.IntRange(1, 1_000), default=20, show_default=True, help="The newest so many."
)
@form
@data_dir("Where `sillage up` keeps the stack to ask.")
def find(
    data_dir: Path, form: str, since: datetime, until: datetime | None, min_duration: int | None,
    max_duration: int | None, **asked: Any,
) -> None:  # fmt: skip
    """Find traces, the newest first: those with one span for which everything holds that is asked for."""
    question = FindQuestion(
        period=as_period(since, until), min_duration_ns=min_duration, max_duration_ns=max_duration, **asked
    )

    def job(client: Client) -> None:
        subjects = [one for one in (question.user, question.session) if one]
        of_traces(
            data_dir, "traces find", question.tenant, *subjects, where=[str(one) for one in question.where]
        )
        found = find_traces(client, question)
        none = f"No such traces of tenant {question.tenant!r} in this time."
        answer(form, [asdict(one) for one in found], _COLUMNS, none)
        if form == "table" and len(found) == question.limit:
            click.echo(f"Only the newest {question.limit:,} are shown; --limit shows more.")

    visit(data_dir, job)
