"""The options that the commands about traces share, and what is typed into them."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import click
from clickhouse_connect.driver.client import Client

from cli.process import start
from queries.traces.durations import MalformedDuration, parse_duration
from queries.traces.period import LONGEST, MalformedPeriod, Period
from runtime.operators import Right
from runtime.settings import QuerySettings, load, with_stack

Command = TypeVar("Command", bound=Callable[..., Any])
_SINCE_HELP = "How far back, such as 15m, 2h or 7d, or a time in ISO 8601 (UTC); 90 days at most."


class Duration(click.ParamType[int]):
    """A length of time, as nanoseconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Fail with what a length of time looks like."""
        try:
            return value if isinstance(value, int) else parse_duration(value)
        except MalformedDuration as error:
            self.fail(str(error), param, ctx)


class Moment(click.ParamType[datetime]):
    """A time: so long ago, or in ISO 8601, UTC where it says no offset."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Fail with what a time looks like, and beyond 90 days, after which nothing is kept."""
        if isinstance(value, datetime):
            return value
        moment = self._ago(value) or self._iso(value)
        if moment is None:
            self.fail(
                f"{value!r} is neither a length of time, such as 2h, nor a time in ISO 8601.", param, ctx
            )
        if datetime.now(UTC) - moment > LONGEST + timedelta(minutes=1):
            self.fail("At most 90 days can be asked for, after which nothing is kept.", param, ctx)
        return moment

    @staticmethod
    def _ago(text: str) -> datetime | None:
        try:
            microseconds = parse_duration(text) // 1_000
            return datetime.now(UTC) - timedelta(microseconds=microseconds)
        except MalformedDuration:
            return None
        except OverflowError:
            return datetime.min.replace(tzinfo=UTC)

    @staticmethod
    def _iso(text: str) -> datetime | None:
        try:
            moment = datetime.fromisoformat(text)
            return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            return None


def period(since: str) -> Callable[[Command], Command]:
    """`--since` and `--until`; the command is given their `period`."""

    def decorate(command: Command) -> Command:
        command = click.option(
            "--until", type=Moment(), help="The end of the time asked for; now if not given."
        )(command)
        return click.option("--since", type=Moment(), default=since, show_default=True, help=_SINCE_HELP)(
            command
        )

    return decorate


def as_period(since: datetime, until: datetime | None) -> Period:
    """Check both ends; raises click.BadParameter."""
    try:
        return Period(since, until or datetime.now(UTC))
    except MalformedPeriod as error:
        raise click.BadParameter(str(error), param_hint="--since and --until") from error


def form(command: Command) -> Command:
    """`--format`."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(["table", "json", "csv"]),
        default="table",
        show_default=True,
        help="How the answer is written; json is an array of objects.",
    )(command)


def of_traces(data_dir: Path, what: str, tenant: str, *subjects: str, **question: Any) -> None:
    """Let whoever may see the traces of persons ask, once it is in the access log; raises OperatorRefused."""
    from cli.desk import reading

    reading(with_stack(os.environ, data_dir), Right.TRACES, what, tenant, *subjects, **question)


def visit(data_dir: Path, job: Callable[[Client], None]) -> None:
    """Do it with a client of the stack's ClickHouse; what an operator can mend ends it with a sentence."""
    from runtime import clickhouse

    environ = with_stack(os.environ, data_dir)
    start("traces", lambda: job(clickhouse.connect(load(QuerySettings, environ))), log_level="error")
