"""Which tenants use which features: each action's events and users beside all who were active."""

from dataclasses import dataclass
from datetime import date

from clickhouse_connect.driver.client import Client

from queries.usage.filters.tree import Filter, fields_of
from queries.usage.presence import Asked
from queries.usage.scope import scope
from queries.usage.sources import CountedSource, source_for
from queries.usage.statement import Statement
from queries.usage.window import Window


@dataclass(frozen=True)
class AdoptionQuestion:
    """Whose features, in which window; people only unless `bots`.

    `actions` are those that are wanted, none are all. `where` narrows both sides of the share, so that it is
    what the users are chosen by, and not the features. `limit` is how many lines are given.
    """

    tenant: str
    window: Window
    actions: tuple[str, ...] = ()
    bots: bool = False
    where: Filter | None = None
    limit: int = 1_000


@dataclass(frozen=True)
class TenantsAdoptionQuestion:
    """The same of every tenant: only an operator may ask it."""

    window: Window
    actions: tuple[str, ...] = ()
    bots: bool = False
    where: Filter | None = None
    limit: int = 10_000


@dataclass(frozen=True)
class Adoption:
    """One tenant's use of one action within the window.

    `active` is all users of the tenant. Both counts of users are estimates where `is_exact` is false.
    """

    tenant: str
    kind: str
    action: str
    events: int
    users: int
    active: int
    first: date
    last: date
    is_exact: bool

    @property
    def share(self) -> float | None:
        """The action's users by all of the tenant's, from 0 to 1; None where nobody is known."""
        return min(self.users / self.active, 1.0) if self.active else None


def adoption(client: Client, question: AdoptionQuestion) -> list[Adoption]:
    """One tenant's features, the most used first: by users, then by events, then by name."""
    return _answer(client, question)


def adoption_of_tenants(client: Client, question: TenantsAdoptionQuestion) -> list[Adoption]:
    """Each tenant's features, by tenant."""
    return _answer(client, question)


def statement(question: AdoptionQuestion | TenantsAdoptionQuestion) -> Statement:
    """Its SQL; the line of all actions of a tenant, which `active` is from, comes of the same reading."""
    source = _source(question)
    tenant = question.tenant if isinstance(question, AdoptionQuestion) else None
    scoped = scope(Asked(tenant, question.window, question.bots, question.where), source)
    day = f"toDate({source.time}, {{zone:String}})"
    sql = f"""SELECT tenant, kind, action, events, users, active, first_day, last_day
FROM
(
    SELECT *, max(if(is_all, users, 0)) OVER (PARTITION BY tenant) AS active
    FROM
    (
        SELECT
            tenant, kind, name AS action, grouping(kind) = 1 AS is_all,
            {source.events} AS events, {source.users} AS users,
            min({day}) AS first_day, max({day}) AS last_day
        FROM {source.view}
        WHERE {scoped.sql}
        GROUP BY GROUPING SETS ((tenant, kind, name), (tenant))
    )
)
WHERE NOT is_all AND (empty({{actions:Array(String)}}) OR action IN {{actions:Array(String)}})
ORDER BY tenant, users DESC, events DESC, action, kind
LIMIT {{limit:UInt32}}"""  # noqa: S608  every piece is this package's own; what is asked travels as parameters
    return Statement(sql, {**scoped.parameters, "actions": list(question.actions), "limit": question.limit})


def _answer(client: Client, question: AdoptionQuestion | TenantsAdoptionQuestion) -> list[Adoption]:
    is_exact = _source(question).is_exact
    return [Adoption(*(*row, is_exact)) for row in statement(question).rows(client)]


def _source(question: AdoptionQuestion | TenantsAdoptionQuestion) -> CountedSource:
    asked = fields_of(question.where) if question.where else frozenset[str]()
    return source_for({"action", "kind", *asked}, question.window, "day")
