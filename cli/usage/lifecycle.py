"""`sillage usage lifecycle`: who came, stayed, came back and left."""

import click
from clickhouse_connect.driver.client import Client

from cli.answers import Answer
from cli.usage import spans
from cli.usage.asking import respond
from cli.usage.marks import footnotes
from cli.usage.options import Asked, asking
from queries.usage.lifecycle import (
    LifecycleQuestion,
    TenantsLifecycleQuestion,
    lifecycle_of_tenants,
    statement,
)
from queries.usage.lifecycle import lifecycle as lifecycle_of_users
from queries.usage.spans import DayInterval

_PARTS = ("active", "new", "returning", "resurrected", "dormant")


@click.command()
@asking(days=56, all_tenants=True)
@spans.interval
def lifecycle(asked: Asked, interval: DayInterval) -> None:
    """Say how many users came, stayed, came back and left; with --all-tenants, how many tenants."""
    rest = (asked.window, interval, asked.bots, asked.where)
    of_users = None if asked.tenant is None else LifecycleQuestion(asked.tenant, *rest)
    of_tenants = TenantsLifecycleQuestion(*rest)

    def ask(client: Client) -> Answer:
        found = lifecycle_of_users(client, of_users) if of_users else lifecycle_of_tenants(client, of_tenants)
        return Answer(
            [
                {
                    **spans.told(one),
                    **{part: getattr(one, part) for part in _PARTS},
                    "has_before": one.has_before,
                }
                for one in found
            ],
            [spans.named(interval), *map(spans.count, _PARTS)],
            asked.none,
            asked.title("Lifecycle"),
            footnotes(one.partial for one in found),
            is_empty=not any(one.active or one.dormant for one in found),
        )

    respond(asked, lambda: [statement(of_users or of_tenants)], ask)
