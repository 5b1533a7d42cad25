"""`sillage usage tenants`: how each tenant stands, those that may be leaving first; or one tenant's page."""

from dataclasses import asdict, replace

import click
from clickhouse_connect.driver.client import Client

from cli.answers import Answer, Column
from cli.usage import spans
from cli.usage.adoption import FEATURES, estimated
from cli.usage.adoption import told as told_feature
from cli.usage.asking import respond
from cli.usage.bars import bars
from cli.usage.marks import footnotes, marked
from cli.usage.options import Asked, asking
from queries.usage import standing, tenant
from queries.usage.standing import TREND, Standing, TenantQuestion, TenantsQuestion, standings
from queries.usage.tenant import TenantPage, TrendDay, tenant_page

_STANDING = (
    Column("tenant", lambda one: str(one["tenant"])),
    spans.count("users"), Column("before", lambda one: f"{one['users_before']:,}", number=True),
    spans.count("events"), Column("now", lambda one: f"{one['users_now']:,}", number=True),
    Column("last", lambda one: str(one["last"])), Column("risk", lambda one: str(one["risk"]), style="red"),
)  # fmt: skip
_HEADS = [
    "tenant", "first", "last", "events", "events_before", "users", "users_before", "recent_users",
    "recent_users_before", "users_now", "today", "risk",
]  # fmt: skip
_MEANINGS = {
    "silent": f"silent: no event in the last {standing.SILENCE} days",
    "halved": f"halved: of the last {standing.RISK} days' users less than half as many as before",
}


@click.command()
@asking(days=TREND, is_standing=True)
def tenants(asked: Asked) -> None:
    """Say how each tenant stands, those at risk first; with --tenant, show the page of one.

    Figures are of the last 28 days, beside the 28 before.
    """
    rest = (asked.window.now, asked.window.zone.key, asked.bots, asked.where)
    of_one = None if asked.tenant is None else TenantQuestion(asked.tenant, *rest)
    of_all = TenantsQuestion(*rest)

    def ask(client: Client) -> Answer:
        if of_one:
            return _page(asked, tenant_page(client, of_one))
        return _list(asked, sorted(standings(client, of_all), key=lambda one: not one.at_risk))

    respond(asked, lambda: tenant.statements(of_one) if of_one else standing.statements(of_all), ask)


def _list(asked: Asked, found: list[Standing]) -> Answer:
    notes = [meaning for risk, meaning in _MEANINGS.items() if any(one.risk == risk for one in found)]
    objects = [_told(one) for one in found]
    return Answer(objects, _STANDING, asked.none, asked.title("Standing"), notes, _HEADS)


def _page(asked: Asked, page: TenantPage) -> Answer:
    """The standing with all else within it; people get a table of each."""
    if page.standing is None:
        return replace(_list(asked, []), heads=[*_HEADS, "trend", "features"])
    of_one = _list(asked, [page.standing])
    trend, features = [asdict(day) for day in page.trend], [told_feature(one) for one in page.features]
    return Answer(
        [{**one, "trend": trend, "features": features} for one in of_one.objects],
        of_one.columns, of_one.none, of_one.title, of_one.notes,
        more=[
            _trend(asked, page.trend),
            Answer(features, FEATURES, "No features.", "Features", estimated(page.features)),
        ],
    )  # fmt: skip


def _trend(asked: Asked, days: tuple[TrendDay, ...]) -> Answer:
    """By day; today, the last, is not over."""
    objects = [{**asdict(day), "partial": "running" if day is days[-1] else ""} for day in days]
    return Answer(
        objects,
        [
            Column("day", lambda one: marked(str(one["day"]), one["partial"])),
            spans.count("events"), Column("before", lambda one: f"{one['events_before']:,}", number=True),
            spans.count("users"), Column("before", lambda one: f"{one['users_before']:,}", number=True),
            bars(lambda one: int(one["events"]), objects),
        ],
        asked.none,
        f"Each day beside the one {TREND} days before",
        footnotes(["running"]),
    )  # fmt: skip


def _told(one: Standing) -> dict[str, object]:
    return {**asdict(one), "risk": one.risk}
