"""`sillage usage top`: the values of a field that are most frequent, rise or fall."""

from dataclasses import asdict

import click
from clickhouse_connect.driver.client import Client

from cli.answers import Answer, Column, Object
from cli.usage import spans
from cli.usage.asking import respond
from cli.usage.bars import bars
from cli.usage.options import Asked, asking
from cli.usage.readers import of_persons_if_named
from queries.usage.fields import UnknownField
from queries.usage.top import Measure, Order, TopQuestion, statement
from queries.usage.top import top as top_values


@click.command()
@asking()
@click.option(
    "--by", required=True, help="The field of filters whose values are told, such as page or property.plan."
)
@click.option(
    "--of", type=click.Choice(["events", "users", "sessions"]), default="events", show_default=True,
    help="What is counted.",
)  # fmt: skip
@click.option(
    "--rising",
    "order",
    flag_value="rising",
    help="Those first that rise most; without it, the most frequent.",
)
@click.option("--falling", "order", flag_value="falling", help="Those first that fall most.")
@click.option("--limit", type=click.IntRange(1), default=10, show_default=True, help="Values at most.")
def top(asked: Asked, by: str, of: Measure, order: Order | None, limit: int) -> None:
    """Say which values are most frequent, beside the time as long before."""
    of_persons_if_named(asked, "usage top", [by])
    question = TopQuestion(asked.of_one, asked.window, by, of, order or "top", limit, asked.bots, asked.where)

    def ask(client: Client) -> Answer:
        found = top_values(client, question)
        objects = [asdict(one) for one in found.values]
        notes = [] if found.is_exact else [f"{of.capitalize()} within 1.6 %."]
        if not found.compared:
            notes.append("What it would be compared with is no longer kept.")
        return Answer(
            objects,
            [
                Column(by, lambda one: one["value"] or "(unknown)"),
                spans.count("count"), spans.share("share"),
                Column("before", _before, number=True), Column("change", _change, number=True),
                bars(lambda one: int(one["count"]), objects),
            ],
            asked.none,
            asked.title(f"{of.capitalize()} by {by}"),
            notes,
            ["value", "count", "share", "before", "change", "score"],
        )  # fmt: skip

    respond(asked, lambda: [statement(question)], ask, {UnknownField: "--by"})


def _before(one: Object) -> str:
    return "-" if one["before"] is None else f"{one['before']:,}"


def _change(one: Object) -> str:
    return "-" if one["change"] is None else f"{one['change'] * 100:+.1f} %"
