"""`sillage traces red`: rate, errors and durations."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from clickhouse_connect.driver.client import Client

from cli.answers import Column, Object, answer
from cli.options import data_dir
from cli.traces.options import Duration, as_period, form, period, visit
from cli.traces.texts import rate, share
from queries.traces.durations import show_duration
from queries.traces.red import ASKED_FROM_OUTSIDE, INTERVALS, KINDS, RedQuestion, RedRow, compared
from queries.traces.red import red as ask


@click.command()
@click.option("--tenant", required=True, help="The customer whose services are asked about.")
@click.option("--service", default="", help="Only this service.")
@click.option(
    "--by", type=click.Choice(["operation", "service"]), default="operation", show_default=True,
    help="What a line is: an operation of a service, or a service.",
)  # fmt: skip
@click.option("--interval", type=click.Choice(list(INTERVALS)), help="Cut time into these (UTC).")
@click.option(
    "--kind", "kinds", type=click.Choice(KINDS), multiple=True, default=ASKED_FROM_OUTSIDE, show_default=True,
    help="The spans that count; may be repeated.",
)  # fmt: skip
@period("24h")
@click.option(
    "--slowest",
    "order",
    flag_value="slowest",
    help="The highest 95th percentile first; without it, the most spans.",
)
@click.option("--failing", "order", flag_value="failing", help="The most errors first.")
@click.option(
    "--compare", is_flag=True, help="Show each figure after that of the equally long period before."
)
@click.option(
    "--apdex", "satisfying_ns", type=Duration(), default="500ms", show_default=True,
    help="How long a user waits and is satisfied; up to four times as long is tolerated, and counts half.",
)  # fmt: skip
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="Rows at most.")
@form
@data_dir("Where `sillage up` keeps the stack to ask.")
def red(
    data_dir: Path, form: str, compare: bool, order: str | None, since: datetime, until: datetime | None,
    **asked: Any,
) -> None:  # fmt: skip
    """Say how services and their operations do: rate, errors, durations, Apdex. The busiest come first."""
    if compare and asked["interval"]:
        raise click.UsageError("--compare and --interval exclude each other.")
    question = RedQuestion(period=as_period(since, until), order=order or "total", **asked)  # type: ignore[arg-type]

    def job(client: Client) -> None:
        rows = (compared if compare else ask)(client, question)
        objects = [_object(row, question, compare) for row in rows]
        none = f"No spans of tenant {question.tenant!r} in this time of kind {' or '.join(question.kinds)}."
        answer(form, objects, list(_columns(question, compare)), none)

    visit(data_dir, job)


def _object(row: RedRow, question: RedQuestion, compare: bool) -> dict[str, Any]:
    named: dict[str, Any] = {question.interval: row.bucket} if question.interval else {}
    named["service"] = row.service
    if question.by == "operation":
        named["operation"] = row.operation
    before = asdict(row.before) if row.before else dict.fromkeys(asdict(row.now))
    return named | asdict(row.now) | ({f"{key}_before": v for key, v in before.items()} if compare else {})


def _columns(question: RedQuestion, compare: bool) -> Iterator[Column]:
    if interval := question.interval:
        yield Column(f"{interval} (UTC)", lambda one: f"{one[interval]:%m-%d %H:%M}")
    yield Column("service", lambda one: one["service"] or "(unknown)", style="cyan")
    if question.by == "operation":
        yield Column("operation", lambda one: one["operation"])
    yield Column("rate", _beside("rate", rate, compare), number=True)
    yield Column("errors", _beside("error_share", share, compare), number=True, style="red")
    for name in ("p50", "p95", "p99"):
        yield Column(name, _beside(f"{name}_ns", show_duration, compare and name != "p50"), number=True)
    yield Column("apdex", lambda one: f"{one['apdex']:.2f}", number=True)
    yield Column("spans", lambda one: f"{one['spans']:,}", number=True)


def _beside(name: str, show: Any, compare: bool) -> Any:
    """The figure, after the earlier one where that is asked for."""

    def shown(one: Object) -> str:
        if not compare:
            return str(show(one[name]))
        before = one[f"{name}_before"]
        return f"{'-' if before is None else show(before)} → {show(one[name])}"

    return shown
