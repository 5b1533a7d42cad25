"""`sillage usage properties`: which properties the events carry; or the values of one."""

from dataclasses import asdict

import click
from clickhouse_connect.driver.client import Client

from cli.answers import Answer, Column, Object
from cli.usage import spans
from cli.usage.asking import respond
from cli.usage.bars import bars
from cli.usage.options import Asked, asking
from queries.usage import property_values as values
from queries.usage.properties import Catalogue, PropertiesQuestion, Property, statements
from queries.usage.properties import properties as properties_of
from queries.usage.property_values import PropertyValuesQuestion, property_values

_SHOWN, _LONGEST = 3, 24
"""So many of a property's values stand in the table, each cut to so many characters."""
_HEADS = [
    "name", "events", "types", "distinct", "least", "greatest", "first_seen", "last_seen", "actions",
    "values",
]  # fmt: skip


@click.command()
@asking()
@click.option(
    "--property",
    "name",
    metavar="NAME",
    help="Tell the values of this one instead, named without property., as plan.",
)
@click.option("--limit", type=click.IntRange(1), default=100, show_default=True, help="Lines at most.")
@click.option(
    "--rows", type=click.IntRange(1), default=200_000, show_default=True,
    help="Look at about so many events at most; with --property each is read.",
)  # fmt: skip
def properties(asked: Asked, name: str | None, limit: int, rows: int) -> None:
    """Say which properties the events carry, of which types and values; with --property, those of one."""
    if name is not None:
        _values(
            asked, PropertyValuesQuestion(asked.of_one, asked.window, name, limit, asked.bots, asked.where)
        )
        return
    question = PropertiesQuestion(
        asked.of_one, asked.window, rows, limit=limit, bots=asked.bots, where=asked.where
    )

    def ask(client: Client) -> Answer:
        found = properties_of(client, question)
        return Answer(
            [_told(one) for one in found.properties],
            [
                Column("property", lambda one: str(one["name"])),
                spans.count("events"),
                Column("types", lambda one: ", ".join(one["types"])),
                spans.count("distinct"),
                Column("most frequent", _most_frequent),
            ],
            "None of these events has a property." if found.events else asked.none,
            asked.title("Properties"),
            _sampled(found),
            _HEADS,
        )

    respond(asked, lambda: statements(question), ask)


def _told(one: Property) -> dict[str, object]:
    return {**asdict(one), "types": dict(one.types)}


def _most_frequent(one: Object) -> str:
    return ", ".join(_cut(value["value"]) for value in one["values"][:_SHOWN])


def _cut(value: str) -> str:
    return value if len(value) <= _LONGEST else value[: _LONGEST - 1] + "…"


def _sampled(found: Catalogue) -> list[str]:
    if found.one_in == 1:
        return []
    return [
        f"Of {found.events:,} events {found.read:,} were read, one in {found.one_in:,}; --rows reads more."
    ]


def _values(asked: Asked, question: PropertyValuesQuestion) -> None:
    def ask(client: Client) -> Answer:
        objects = [asdict(one) for one in property_values(client, question)]
        is_cut = len(objects) == question.limit
        return Answer(
            objects,
            [
                Column("value", lambda one: str(one["value"])),
                Column("type", lambda one: str(one["type"])),
                *map(spans.count, ("events", "users", "sessions")),
                bars(lambda one: int(one["events"]), objects),
            ],
            f"No event of tenant {asked.tenant!r} in this time has the property {question.name!r}.",
            asked.title(f"Values of {question.name}"),
            [f"Only the first {question.limit:,} values are shown; --limit shows more."] if is_cut else [],
            ["value", "type", "events", "users", "sessions"],
        )

    respond(asked, lambda: [values.statement(question)], ask)
