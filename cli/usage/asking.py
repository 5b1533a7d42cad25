"""How a question is asked once its options are read: its SQL is printed, or its answer."""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping

import click
from clickhouse_connect.driver.client import Client

from cli.answers import Answer, write
from cli.usage.facts import Facts
from cli.usage.options import Asked
from cli.usage.readers import of_persons_if_named
from privacy.retention import exports
from privacy.retention.days import day_of
from queries.usage.statement import Statement
from runtime import clickhouse
from runtime.settings import QuerySettings, load

Refusals = Mapping[type[ValueError], str]
"""What a question raises for what it was asked, and the option that is to blame."""


def respond(
    asked: Asked,
    statements: Callable[[], Iterable[Statement]],
    ask: Callable[[Client], Answer],
    refusals: Refusals | None = None,
) -> None:
    """Print the statements where that is asked for, else the answer in its form, and what it may lack.

    A refusal of the question's becomes click.BadParameter with its own message.
    """
    with refused(refusals or {}):
        if asked.sql:
            print_sql(statements())
        else:
            of_persons_if_named(asked, "usage")
            note_file(asked)
            facts = Facts(asked)
            write(asked.form, ask(connected(asked)), asked.output)
            facts.tell()


def print_sql(statements: Iterable[Statement]) -> None:
    """Print them so that they can be run by hand, one after the other."""
    # In colour, since what would be taken out without may be of a value that is asked for.
    click.echo("\n\n".join(one.printed for one in statements), color=True)


def connected(asked: Asked) -> Client:
    """A client of the stack's ClickHouse."""
    return clickhouse.connect(load(QuerySettings, asked.environ))


def note_file(asked: Asked) -> None:
    """Note the file that the answer goes to, if it goes to one: retention is measured there too."""
    if asked.output:
        since = max(asked.window.since, asked.window.floor)
        exports.remember(load(QuerySettings, asked.environ).state_dir, asked.output, day_of(since))


@contextlib.contextmanager
def refused(refusals: Refusals) -> Iterator[None]:
    """Tell what a question refuses as what is wrong with an option."""
    try:
        yield
    except tuple(refusals) as error:
        hint = next(hint for kind, hint in refusals.items() if isinstance(error, kind))
        raise click.BadParameter(str(error), param_hint=hint) from error
