"""`sillage traces show`: one trace, and what the user did."""

import json
from pathlib import Path
from typing import Any

import click
from clickhouse_connect.driver.client import Client
from rich.console import Console

from cli.options import data_dir
from cli.traces.did import print_actions
from cli.traces.one_span import print_span
from cli.traces.options import of_traces, visit
from cli.traces.waterfall import print_waterfall
from queries.traces.actions import actions
from queries.traces.otlp import resource_spans
from queries.traces.places import MalformedTraceId, Place, locate, parse_trace_id
from queries.traces.trace import SHOWN, read_trace


class _TraceId(click.ParamType[str]):
    name = "trace id"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return parse_trace_id(value)
        except MalformedTraceId as error:
            self.fail(str(error), param, ctx)


@click.command()
@click.argument("trace_id", type=_TraceId())
@click.option("--tenant", help="Whose trace it is; without it, all tenants are searched.")
@click.option("--span", "span_id", help="Show this span with its attributes, events and links instead.")
@click.option(
    "--spans", type=click.IntRange(1, 10_000), default=SHOWN, show_default=True,
    help="So many at most: roots, errors and their parents, then the earliest.",
)  # fmt: skip
@click.option(
    "--json", "as_json", is_flag=True, help="Print the whole trace as OTLP/JSON, as /v1/traces takes it."
)
@data_dir("Where `sillage up` keeps the stack to ask.")
def show(
    trace_id: str, tenant: str | None, span_id: str | None, spans: int, as_json: bool, data_dir: Path
) -> None:
    """Show one trace: its spans as a tree with their times, what failed, the critical path (bold), and what
    the user did around it.
    """

    def job(client: Client) -> None:
        place = _place(client, trace_id, tenant)
        of_traces(data_dir, "traces show", place.tenant, place.trace_id)
        if as_json:
            _print_json(client, place, span_id or "")
        elif span_id:
            print_span(list(resource_spans(client, place, span_id.lower())), span_id)
        else:
            console = Console(highlight=False)
            trace = read_trace(client, place, spans)
            print_waterfall(trace, console)
            print_actions(actions(client, place, trace.sessions), console)

    visit(data_dir, job)


def _place(client: Client, trace_id: str, tenant: str | None) -> Place:
    places = locate(client, [trace_id], tenant)
    if not places:
        whose = f"tenant {tenant!r}" if tenant else "any tenant"
        raise click.ClickException(f"No trace {trace_id} of {whose} is stored, or its retention has passed.")
    if len(places) > 1:
        owners = ", ".join(place.tenant for place in places)
        raise click.ClickException(f"Several tenants have a trace of this id: {owners}. Choose by --tenant.")
    return places[0]


def _print_json(client: Client, place: Place, span_id: str) -> None:
    """One element a line, so that a trace of any length passes through."""
    separator = "\n"
    click.echo('{"resourceSpans": [', nl=False)
    for element in resource_spans(client, place, span_id):
        click.echo(separator + json.dumps(element, ensure_ascii=False), nl=False)
        separator = ",\n"
    click.echo("\n]}")
