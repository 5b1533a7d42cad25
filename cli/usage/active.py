"""`sillage usage active`: users of each day, and of the 7 and 30 days that end with it."""

import click
from clickhouse_connect.driver.client import Client

from cli.answers import Answer, Column
from cli.usage import spans
from cli.usage.asking import respond
from cli.usage.bars import bars
from cli.usage.marks import footnotes, marked
from cli.usage.options import Asked, asking
from queries.usage.active import ActiveDay, ActiveQuestion, statement
from queries.usage.active import active as active_users


@click.command()
@asking(days=28)
def active(asked: Asked) -> None:
    """Say how many users are active each day, and in the 7 and 30 days that end with it."""
    question = ActiveQuestion(asked.of_one, asked.window, asked.bots, asked.where)

    def ask(client: Client) -> Answer:
        days = active_users(client, question).days
        objects = [_object(one) for one in days]
        return Answer(
            objects,
            [
                Column("day", lambda one: marked(str(one["day"]), one["partial"])),
                spans.count("users"),
                *(_rolling(name) for name in ("week", "month")),
                spans.share("stickiness"),
                bars(lambda one: int(one["users"]), objects),
            ],
            asked.none,
            asked.title("Active users"),
            footnotes(one.partial for day in days for one in (day.day, day.week, day.month)),
            is_empty=not any(day.month.users for day in days),
        )

    respond(asked, lambda: [statement(question)], ask)


def _object(one: ActiveDay) -> dict[str, object]:
    return {
        "day": one.day.first, "partial": one.day.partial, "users": one.day.users,
        "week": one.week.users, "week_partial": one.week.partial,
        "month": one.month.users, "month_partial": one.month.partial,
        "stickiness": one.stickiness,
    }  # fmt: skip


def _rolling(name: str) -> Column:
    days = {"week": "7 days", "month": "30 days"}[name]
    return Column(days, lambda one: marked(f"{one[name]:,}", one[f"{name}_partial"]), number=True)
