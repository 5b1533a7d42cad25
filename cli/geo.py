"""`sillage geo`: the databases that tell countries and cities."""

import os
from collections.abc import Callable
from pathlib import Path

import click
from rich.console import Console
from rich.progress import DownloadColumn, Progress, SpinnerColumn, TextColumn, TransferSpeedColumn

from consumers.enrichment.geography import dbip
from consumers.enrichment.geography import fetch as dbip_fetch
from consumers.enrichment.geography.layouts import UnreadableDatabase, open_database
from runtime.credits import GEOGRAPHY
from runtime.settings import ConsumerSettings, SettingError, load, with_stack

_CREDIT = f"{GEOGRAPHY.text}, {GEOGRAPHY.link} ({GEOGRAPHY.licence}, {GEOGRAPHY.licence_link})"


@click.group()
def command() -> None:
    """Fetch, show and refresh the databases that tell countries and cities."""


@command.command()
def fetch() -> None:
    """Fetch the DB-IP Lite city files (64 MB), once for all stacks of this user."""
    _bring(dbip_fetch.fetch, "is here already; `sillage geo refresh` looks for a newer one.")


@command.command()
def refresh() -> None:
    """Fetch the newest DB-IP Lite city files; running consumers take them without a restart."""
    _bring(dbip_fetch.refresh, "is the newest.")


@command.command()
def status() -> None:
    """Show which databases a consumer asks, and how old they are."""
    try:
        files = load(ConsumerSettings, with_stack(os.environ)).geo_databases
    except SettingError as error:
        raise click.ClickException(str(error)) from error
    if files is None:
        _print_databases(dbip.cached_files())
        version = dbip.cached_version()
        click.echo(f"DB-IP Lite {version}. {_CREDIT}" if version else "`sillage geo fetch` fetches them.")
    else:
        _print_databases(files)
        click.echo(
            "Set by SILLAGE_GEO_DATABASES."
            if files
            else "SILLAGE_GEO_DATABASES is empty: geography is unknown."
        )


def _bring(bring: Callable[[Callable[[int], None]], bool], not_needed: str) -> None:
    console = Console(stderr=True)
    columns = SpinnerColumn(), TextColumn("{task.description}"), DownloadColumn(), TransferSpeedColumn()
    try:
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
            task = progress.add_task("Fetching DB-IP Lite, about 64 MB", total=None)
            fetched = bring(lambda arrived: progress.update(task, completed=arrived))
    except dbip_fetch.NotFetched as error:
        raise click.ClickException(f"DB-IP Lite was not fetched, and nothing has changed: {error}") from error
    version = dbip.cached_version()
    click.echo(
        f"DB-IP Lite {version} is in {dbip.cache_directory()}."
        if fetched
        else f"DB-IP Lite {version} {not_needed}"
    )
    click.echo(_CREDIT)


def _print_databases(files: tuple[Path, ...]) -> None:
    for file in files:
        try:
            database = open_database(file)
        except UnreadableDatabase as error:
            click.echo(str(error))
        else:
            click.echo(f"{file}: {database.layout} layout, built {database.built.date()}")
