"""`sillage usage retention`: who comes back, by when they first came."""

from collections.abc import Sequence

import click
from clickhouse_connect.driver.client import Client

from cli.answers import Answer, Column, Object
from cli.usage import spans
from cli.usage.asking import respond
from cli.usage.marks import footnotes, marked
from cli.usage.options import Asked, asking
from queries.usage.retention import (
    Cohort,
    RetentionQuestion,
    TenantsRetentionQuestion,
    retention_of_tenants,
    statement,
)
from queries.usage.retention import retention as retention_of_users
from queries.usage.spans import DayInterval


@click.command()
@asking(days=56, all_tenants=True)
@spans.interval
def retention(asked: Asked, interval: DayInterval) -> None:
    """Say how many of those who first came together come back later; with --all-tenants, of the tenants.

    The table has a line a cohort; programs get an object a cohort and later interval.
    """
    rest = (asked.window, interval, asked.bots, asked.where)
    of_users = None if asked.tenant is None else RetentionQuestion(asked.tenant, *rest)
    of_tenants = TenantsRetentionQuestion(*rest)

    def ask(client: Client) -> Answer:
        found = retention_of_users(client, of_users) if of_users else retention_of_tenants(client, of_tenants)
        is_table = asked.form == "table"
        return Answer(
            [_line(one) for one in found] if is_table else [each for one in found for each in _cells(one)],
            [
                spans.named(interval),
                spans.count("size"),
                *(_later(number) for number in range(1, len(found))),
            ],
            asked.none,
            asked.title("Retention"),
            footnotes([*(one.interval.partial for one in found), *_partials(found)]),
            is_empty=not any(one.size for one in found),
        )

    respond(asked, lambda: [statement(of_users or of_tenants)], ask)


def _line(one: Cohort) -> dict[str, object]:
    return {**spans.told(one.interval), "size": one.size, "cells": {cell.later: cell for cell in one.cells}}


def _cells(one: Cohort) -> list[dict[str, object]]:
    cohort = {f"cohort_{name}": value for name, value in spans.told(one.interval).items()}
    return [
        {
            **cohort, "size": one.size, "later": cell.later, "active": cell.active, "share": cell.share,
            "partial": cell.partial,
        }
        for cell in one.cells
    ]  # fmt: skip


def _later(number: int) -> Column:
    """The share that was active so many intervals later; empty where that has not come."""

    def shown(one: Object) -> str:
        cell = one["cells"].get(number)
        return "" if cell is None or cell.share is None else marked(f"{cell.share * 100:.0f} %", cell.partial)

    return Column(f"+{number}", shown, number=True)


def _partials(found: Sequence[Cohort]) -> list[str]:
    return [cell.partial for one in found for cell in one.cells if one.size]
