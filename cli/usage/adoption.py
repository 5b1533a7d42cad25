"""`sillage usage adoption`: which features are used, and by how many of all who are active."""

from collections.abc import Iterable
from dataclasses import asdict

import click
from clickhouse_connect.driver.client import Client

from cli.answers import Answer, Column
from cli.usage import spans
from cli.usage.asking import respond
from cli.usage.options import Asked, asking
from queries.usage.adoption import (
    Adoption,
    AdoptionQuestion,
    TenantsAdoptionQuestion,
    adoption_of_tenants,
    statement,
)
from queries.usage.adoption import adoption as adoption_of_one

FEATURES = (
    Column("action", lambda one: one["action"] or "(unknown)"),
    Column("kind", lambda one: str(one["kind"])),
    spans.count("events"), spans.count("users"), spans.share("share"),
    Column("last", lambda one: str(one["last"])),
)  # fmt: skip
_HEADS = ["tenant", "kind", "action", "events", "users", "active", "first", "last", "is_exact", "share"]


@click.command()
@asking(days=28, all_tenants=True)
@click.option(
    "--action",
    "actions",
    multiple=True,
    metavar="NAME",
    help="Only this action; repeated: each of them. The share stays what it is.",
)
@click.option("--limit", type=click.IntRange(1), default=1_000, show_default=True, help="Lines at most.")
def adoption(asked: Asked, actions: tuple[str, ...], limit: int) -> None:
    """Say which features are used, and by what share of the users; with --all-tenants, of each tenant."""
    rest = (asked.window, actions, asked.bots, asked.where, limit)
    of_one = None if asked.tenant is None else AdoptionQuestion(asked.tenant, *rest)
    of_all = TenantsAdoptionQuestion(*rest)

    def ask(client: Client) -> Answer:
        found = adoption_of_one(client, of_one) if of_one else adoption_of_tenants(client, of_all)
        whose = [] if of_one else [Column("tenant", lambda one: str(one["tenant"]))]
        cut = (
            [f"Only the first {limit:,} lines are shown; --limit shows more."] if len(found) == limit else []
        )
        return Answer(
            [told(one) for one in found],
            [*whose, *FEATURES],
            asked.none,
            asked.title("Adoption"),
            [*estimated(found), *cut],
            _HEADS,
        )

    respond(asked, lambda: [statement(of_one or of_all)], ask)


def told(one: Adoption) -> dict[str, object]:
    """What programs get of a feature."""
    return {**asdict(one), "share": one.share}


def estimated(found: Iterable[Adoption]) -> list[str]:
    """The note that users are estimates, where they are."""
    return [] if all(one.is_exact for one in found) else ["Users within 1.6 %."]
