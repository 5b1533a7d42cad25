"""The questions about usage that are measured: of the largest tenant and of all, over 90 days."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from queries.usage import active, funnel, lifecycle, retention, volume
from queries.usage.filters.tree import AllOf, Comparison, Filter
from queries.usage.statement import Statement
from queries.usage.window import Window

TENANT = "tenant-000"
_EVERY_EVENT = Comparison("sdk", "starts with", "")
"""It holds of each event, and no roll has the field: the answer comes from the raw rows."""


@dataclass(frozen=True)
class Question:
    """A question, how it is made SQL, its bars: raw rows to it, all rows to a hundredth; its target in ms."""

    question: Any
    statement: Callable[[Any], Statement]
    bar: float | None = 10
    growth: float | None = 3
    target: float = 100

    def ask(self) -> Statement:
        """As it is asked."""
        return self.statement(self.question)

    def ask_raw(self) -> Statement:
        """The same of the raw rows."""
        where: Filter | None = self.question.where
        everything = _EVERY_EVENT if where is None else AllOf((where, _EVERY_EVENT))
        return self.statement(replace(self.question, where=everything))


def _volume(tenant: str | None, *by: str, **more: Any) -> Question:
    bars: dict[str, Any] = {} if tenant else _OF_ALL
    zone = more.pop("zone", "UTC")
    question = volume.UsageQuestion(tenant, Window.last_days(90, zone), by, **more)
    return Question(question, volume.statement, **bars)


def _cohorts(question: Any, statement: Callable[[Any], Statement], **bars: Any) -> Question:
    return Question(question, statement, **({"bar": 4, "growth": None, "target": 300} | bars))


_OF_ALL = {"bar": None, "growth": None, "target": 1_000}
_STEPS = tuple(Comparison("action", "=", f"action.{number}") for number in (0, 3, 7))
_WINDOW = Window.last_days(90)
QUESTIONS: Mapping[str, Question] = {
    "by day": _volume(TENANT, interval="day"),
    "by hour": _volume(TENANT, interval="hour"),
    "by week, Paris": _volume(TENANT, interval="week", zone="Europe/Paris"),
    "by action": _volume(TENANT, "action"),
    "by action and day": _volume(TENANT, "action", interval="day"),
    "by action and day, Paris": _volume(TENANT, "action", interval="day", zone="Europe/Paris"),
    "by page": _volume(TENANT, "page"),
    **{
        f"by {field}": _volume(TENANT, field)
        for field in ("browser", "browser_version", "system", "device", "country", "city", "release")
    },
    "by bot": _volume(TENANT, "bot", bots=True),
    "by country, browser = Chrome": _volume(TENANT, "country", where=Comparison("browser", "=", "Chrome")),
    "all tenants by day": _volume(None, interval="day"),
    "all tenants by hour": _volume(None, interval="hour"),
    **{
        f"all tenants by {field}": _volume(None, field)
        for field in ("action", "page", "browser", "browser_version", "device", "country", "city", "release")
    },
    "tenants": _volume(None, "tenant"),
    "tenants by action": _volume(None, "tenant", "action", limit=10_000),
    "active users": _cohorts(active.ActiveQuestion(TENANT, _WINDOW), active.statement),
    "lifecycle by week": _cohorts(lifecycle.LifecycleQuestion(TENANT, _WINDOW, "week"), lifecycle.statement),
    "retention by week": _cohorts(retention.RetentionQuestion(TENANT, _WINDOW, "week"), retention.statement),
    "funnel of three actions": _cohorts(
        funnel.FunnelQuestion(TENANT, _WINDOW, _STEPS, within=7 * 86_400), funnel.statement
    ),
    "lifecycle of tenants": _cohorts(
        lifecycle.TenantsLifecycleQuestion(_WINDOW, "week"), lifecycle.statement, **_OF_ALL
    ),
    "retention of tenants": _cohorts(
        retention.TenantsRetentionQuestion(_WINDOW, "week"), retention.statement, **_OF_ALL
    ),
}  # fmt: skip
