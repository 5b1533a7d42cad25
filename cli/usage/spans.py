"""Spans of calendar days, as tables name them and programs get them."""

from typing import Any, Protocol

import click

from cli.answers import Column, Object
from cli.usage.marks import marked
from queries.usage.spans import DayInterval

INTERVALS: tuple[DayInterval, ...] = ("day", "week", "month")
interval = click.option(
    "--interval", type=click.Choice(INTERVALS), default="week", show_default=True,
    help="What time is cut into, in the time zone.",
)  # fmt: skip


class Days(Protocol):
    """Calendar days, both ends within, and why they are not whole."""

    @property
    def first(self) -> Any:
        """The first day."""

    @property
    def last(self) -> Any:
        """The last day."""

    @property
    def partial(self) -> str:
        """As in Bucket."""


def told(days: Days) -> dict[str, Any]:
    """What programs get of it."""
    return {"first": days.first, "last": days.last, "partial": days.partial}


def named(head: str) -> Column:
    """The column of its first day, with its mark."""
    return Column(head, lambda one: marked(str(one["first"]), one["partial"]))


def count(name: str) -> Column:
    """The column of a count."""
    return Column(name, lambda one: f"{one[name]:,}", number=True)


def share(name: str, head: str = "") -> Column:
    """The column of a share, `-` where there is none."""

    def shown(one: Object) -> str:
        return "-" if one[name] is None else f"{one[name] * 100:.1f} %"

    return Column(head or name, shown, number=True)
