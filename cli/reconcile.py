"""`sillage reconcile`: is every record that was accepted accounted for, and the repair where one is not."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table

from cli.options import data_dir
from cli.process import start
from cli.surroundings import Surroundings
from consumers.log_reader import LogReader
from consumers.reconciliation import reconcile as reconciling
from consumers.reconciliation.accounts import Kind, Report, accepted
from consumers.reconciliation.repair import repair
from consumers.usage_batches import BatchDecoder
from queries.counts import events_refused_by_tenant
from runtime import metrics

_SENTENCES = {
    Kind.MISSING: "Records that were accepted and are not stored: {count:,}. `sillage reconcile --repair` "
    "lets the consumers read them again.",
    Kind.DOUBLED: "Records that are stored more than once: {count:,}. Delete their rows, then run "
    "`sillage reconcile --repair`: docs/how-to/reconcile.md has the statement.",
    Kind.UNREAD_EXPIRED: "Records that left Kafka before they were stored, and are lost: {count:,}. Start "
    "more consumers, or mend what holds them up.",
    Kind.AHEAD: "Partitions of which more is committed or stored than Kafka holds: {count:,}. Kafka has lost "
    "records; docs/how-to/reconcile.md says what to do before new ones are taken for stored.",
}


@click.command()
@click.option("--repair", "wants_repair", is_flag=True, help="Let the consumers read again what is missing.")
@click.option(
    "--metrics-file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the differences to this file, in Prometheus's text format.",
)
@data_dir("Where `sillage up` keeps the stack to look at.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
def command(wants_repair: bool, metrics_file: Path | None, data_dir: Path, as_json: bool) -> None:
    """Account for every record that was accepted: stored, dead, duplicate, or missing.

    The exit code is 1 when there is a difference, repaired or not.
    """
    around = Surroundings.find(data_dir)
    start("reconcile", lambda: _reconcile(around, wants_repair, metrics_file, as_json), log_level="critical")


def _reconcile(around: Surroundings, wants_repair: bool, metrics_file: Path | None, as_json: bool) -> None:
    report = _report(around)
    refused = _refused(around)
    if metrics_file:
        _write_metrics(report, metrics_file)
    if as_json:
        click.echo(json.dumps(_as_object(report, refused), indent=2))
    else:
        _print(report, refused, Console(highlight=False))
    if wants_repair:
        _repair(around, report)
    sys.exit(0 if report.ok else 1)


def _report(around: Surroundings) -> Report:
    around.kafka.list_topics(
        timeout=5.0
    )  # before anything else: a broker that does not answer is told at once
    reader, decoder = LogReader(around.settings), BatchDecoder(around.writer_schemas())
    try:
        with _progress() as progress:
            return reconciling.reconcile(
                around.kafka, around.settings.consumer_group, around.clickhouse, reader, decoder, progress
            )
    finally:
        reader.close()


@contextmanager
def _progress() -> Iterator[reconciling.Progress]:
    """A bar on a terminal, once there are records to look into."""
    console = Console(stderr=True)
    columns = SpinnerColumn(), TextColumn("{task.description}"), MofNCompleteColumn()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("Looking into records without rows", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _refused(around: Surroundings) -> dict[str, int] | None:
    """Events by tenant that the collector refused since it started; None where it is not known."""
    try:
        return events_refused_by_tenant(around.metrics_url) if around.metrics_url else None
    except (OSError, ValueError):
        return None


def _write_metrics(report: Report, file: Path) -> None:
    for kind, difference in report.differences.items():
        metrics.RECONCILE_DIFFERENCE.labels(report.topic, kind).set(difference.count)
    try:
        metrics.write_file(file, metrics.RECONCILE_DIFFERENCE)
    except OSError as error:
        raise click.ClickException(f"--metrics-file {file} cannot be written: {error.strerror}.") from error


def _repair(around: Surroundings, report: Report) -> None:
    if report.back_to:
        repair(around.kafka, around.settings.consumer_group, report)
        places = ", ".join(report.place(*place) for place in sorted(report.back_to.items()))
        click.echo(
            f"The consumers will read again from {places}. Start them, then reconcile again.", err=True
        )
    else:
        click.echo("Nothing is missing that could be read again; no offset is changed.", err=True)


def _as_object(report: Report, refused: dict[str, int] | None) -> dict[str, Any]:
    accounts = [
        {"topic": report.topic, "tenant": tenant, "accepted": asdict(accepted(account))}
        | {fate: asdict(tally) for fate, tally in account.items()}
        | {"refused_events": None if refused is None else refused.get(tenant, 0)}
        for tenant, account in sorted(report.accounts.items())
    ]
    return {
        "ok": report.ok,
        "topic": report.topic,
        "topic_id": report.topic_id.hex(),
        "accounts": accounts,
        "waiting": report.waiting,
        "without_record": report.without_record,
        "differences": {kind: asdict(difference) for kind, difference in report.differences.items()},
        "partitions": {str(number): asdict(at) for number, at in sorted(report.positions.items())},
    }


def _print(report: Report, refused: dict[str, int] | None, console: Console) -> None:
    table = Table(box=None, pad_edge=False, collapse_padding=True, header_style="bold")
    table.add_column("tenant", overflow="fold")
    table.add_column(report.topic)
    for name in ("records", "events"):
        table.add_column(name, justify="right")
    for tenant, account in sorted(report.accounts.items()):
        whole = accepted(account)
        table.add_row(tenant or "(unknown)", "accepted", f"{whole.records:,}", f"{whole.events:,}")
        for fate, tally in account.items():
            table.add_row("", f"  {fate}", f"{tally.records:,}", f"{tally.events:,}")
        table.add_row("", "refused", "", "unknown" if refused is None else f"{refused.get(tenant, 0):,}")
    console.print(table)
    console.print(f"Waiting for the consumers: {report.waiting:,}")
    for kind, difference in report.differences.items():
        if difference.count:
            sentence = _SENTENCES[kind].format(count=difference.count)
            console.print(f"[bold red]![/] {sentence}", soft_wrap=True)
            console.print(f"  {', '.join(difference.examples)}", soft_wrap=True)
    if report.ok:
        console.print("Everything that was accepted is accounted for.")
