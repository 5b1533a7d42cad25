"""The options that all questions about usage have, and what is made of them."""

import functools
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from cli import parquet
from cli.options import data_dir
from cli.process import start
from queries.usage.fields import UnknownField
from queries.usage.filters.errors import MalformedFilter, UnknownSegment
from queries.usage.filters.reading import parse_filter
from queries.usage.filters.tree import AllOf, Filter
from queries.usage.segments import filters_of, read_segments
from queries.usage.window import DAYS_KEPT, MalformedWindow, Window
from runtime.settings import QuerySettings, load, with_stack

FORMS = ("table", "json", "csv", "parquet")


@dataclass(frozen=True)
class Asked:
    """Whose events, when, which of them; how the answer is wanted, and where the stack is to be found.

    The tenant is None where all are meant, which only some questions can be asked of.
    """

    tenant: str | None
    window: Window
    days: int
    bots: bool
    where: Filter | None
    form: str
    output: Path | None
    sql: bool
    environ: Mapping[str, str]
    data_dir: Path

    @property
    def of_one(self) -> str:
        """The tenant, of a question that is never of all."""
        assert self.tenant is not None
        return self.tenant

    def title(self, of: str = "Usage") -> str:
        """What stands above the table."""
        whose = self.tenant if self.tenant is not None else "all tenants"
        zone = "" if self.window.zone.key == "UTC" else f", {self.window.zone.key}"
        who = "people and bots" if self.bots else "people"
        return f"{of} of {whose}, last {self.days} days{zone}, {who}"

    @property
    def none(self) -> str:
        """What is said where no event is found."""
        whose = "any tenant" if self.tenant is None else f"tenant {self.tenant!r}"
        such = "No such events" if self.where else "No events"
        return f"{such} of {whose} in this time." + (
            "" if self.bots else " Bots are left out without --bots."
        )


def asking(
    *, days: int = 7, all_tenants: bool = False, is_standing: bool = False, live: bool = False,
    forms: Sequence[str] = FORMS,
) -> Callable[[Callable[..., None]], Callable[..., None]]:  # fmt: skip
    """Give a command the options; it is called with an Asked first, then with its own.

    A question of how tenants stand is of all where none is named, and of these days, which are no option. A
    `live` one has neither days nor a file to write.

    What an operator can mend ends it with a sentence, what is wrong with an option as click.BadParameter.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def run(
            timezone: str, where: tuple[str, ...], segments: tuple[str, ...], data_dir: Path,
            days: int = days, output: Path | None = None, tenant: str | None = None,
            all_tenants: bool = False, **own: Any,
        ) -> None:  # fmt: skip
            if not is_standing and (tenant is None) is not all_tenants:
                raise click.UsageError("It takes either --tenant or --all-tenants.")
            shared = {name: own.pop(name) for name in ("bots", "form", "sql")} | {"output": output}
            if shared["form"] == "parquet" and not shared["sql"]:
                _check_parquet(output)

            def ask() -> None:
                environ = with_stack(os.environ, data_dir)
                filter_ = _filter(where, segments, environ)
                asked = Asked(
                    tenant, _window(days, timezone), days,
                    where=filter_, environ=environ, data_dir=data_dir, **shared,
                )  # fmt: skip
                command(asked, **own)

            start("usage", ask, log_level="error")

        for option in reversed(_options(days, all_tenants, is_standing, live, forms)):
            run = option(run)
        return run

    return decorate


def _options(
    days: int, all_tenants: bool, is_standing: bool, live: bool, forms: Sequence[str]
) -> list[Callable[..., Any]]:
    of_all = click.option("--all-tenants", is_flag=True, help="Ask of all customers instead.")
    how_far = click.option(
        "--days", type=click.IntRange(1, DAYS_KEPT), default=days, show_default=True,
        help="How far back, in calendar days of the time zone, today included.",
    )  # fmt: skip
    output = click.option(
        "--output",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Write to this file instead; Parquet is never written to a terminal.",
    )
    is_named = not all_tenants and not is_standing
    return [
        click.option("--tenant", required=is_named, help="The customer whose usage is asked for."),
        *([of_all] if all_tenants else []),
        *([] if is_standing or live else [how_far]),
        click.option(
            "--timezone", default="UTC", show_default=True,
            help="Whose midnight begins a day, a week (from Monday), a month: an IANA name, as Europe/Paris.",
        ),
        click.option(
            "--where", multiple=True, metavar="FILTER",
            help="Only events for which this filter holds, as 'country in (FR, DE)'; repeated: each has to.",
        ),
        click.option(
            "--segment", "segments", multiple=True, metavar="NAME",
            help="Only events of this segment, a named filter; repeated: of each.",
        ),
        click.option("--bots", is_flag=True, help="Count bots as well as people."),
        click.option(
            "--format", "form", type=click.Choice(forms), default=forms[0], show_default=True,
            help="How the answer is written; json is an array of objects, jsonl an object a line.",
        ),
        *([] if live else [output]),
        click.option(
            "--sql", is_flag=True, help="Print the SQL that would be asked, as clickhouse-client takes it."
        ),
        data_dir("Where `sillage up` keeps the stack to ask."),
    ]  # fmt: skip


def _window(days: int, zone: str) -> Window:
    try:
        return Window.last_days(days, zone)
    except MalformedWindow as error:
        raise click.BadParameter(str(error), param_hint="--timezone") from error


def _filter(texts: Sequence[str], names: Sequence[str], environ: Mapping[str, str]) -> Filter | None:
    """All of them joined; raises SettingError where the file of segments is malformed."""
    segments = filters_of(read_segments(load(QuerySettings, environ).segments_file))
    try:
        filters = [parse_filter(text, segments) for text in texts]
    except (MalformedFilter, UnknownField) as error:
        raise click.BadParameter(str(error), param_hint="--where") from error
    for name in names:
        if name not in segments:
            raise click.BadParameter(str(UnknownSegment(name, segments)), param_hint="--segment")
    filters += [segments[name] for name in names]
    return AllOf(tuple(filters)) if len(filters) > 1 else next(iter(filters), None)


def _check_parquet(output: Path | None) -> None:
    parquet.check_installed()
    if output is None and sys.stdout.isatty():
        raise click.UsageError("Parquet is not for a terminal: name a file with --output.")
