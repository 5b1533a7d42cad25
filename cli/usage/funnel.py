"""`sillage usage funnel`: how many get from a first step to the next ones."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import click
from clickhouse_connect.driver.client import Client

from cli.answers import Answer, Column, Object
from cli.traces.options import Duration
from cli.usage import spans
from cli.usage.asking import refused, respond
from cli.usage.bars import bars
from cli.usage.options import Asked, asking
from cli.usage.steps import read_steps
from queries.usage.fields import UnknownField
from queries.usage.funnel import MAX_STEPS, Funnel, FunnelAnswer, FunnelQuestion, MalformedFunnel, statement
from queries.usage.funnel import funnel as count_steps

_SECOND = 1_000_000_000


@click.command()
@asking()
@click.option(
    "--step",
    "steps",
    multiple=True,
    required=True,
    metavar="FILTER",
    help="A step, in its order: an action's name, or a filter; repeated, 20 at most.",
)
@click.option(
    "--within",
    type=Duration(),
    default="1d",
    show_default=True,
    help="How long after the first step the last may be, such as 30m or 7d; 90 days at most.",
)
@click.option(
    "--by",
    type=click.Choice(["user", "session"]),
    default="user",
    show_default=True,
    help="Whose steps are followed.",
)
@click.option("--breakdown", help="Tell those apart by this field of their first step, such as country.")
@click.option(
    "--limit",
    type=click.IntRange(1),
    default=10,
    show_default=True,
    help="Values of the breakdown at most; the others are one.",
)
def funnel(
    asked: Asked, steps: tuple[str, ...], within: int, by: Literal["user", "session"],
    breakdown: str | None, limit: int,
) -> None:  # fmt: skip
    """Say how many get from the first step to the next ones, in this order."""
    if within % _SECOND:
        raise click.BadParameter("It is counted in whole seconds.", param_hint="--within")
    filters = read_steps(asked, steps, "--step")
    with refused({MalformedFunnel: "--step" if len(steps) > MAX_STEPS else "--within"}):
        question = FunnelQuestion(
            asked.of_one,
            asked.window,
            filters,
            within // _SECOND,
            by,
            breakdown,
            limit,
            asked.bots,
            asked.where,
        )

    def ask(client: Client) -> Answer:
        found = count_steps(client, question)
        objects = list(_objects(found, steps, by_value=breakdown is not None))
        return Answer(
            objects,
            [
                *([Column(breakdown, _value)] if breakdown else []),
                Column("step", lambda one: f"{one['step']} {one['filter']}"),
                spans.count("count"),
                spans.share("of_first", "of first"), spans.share("of_previous", "of previous"),
                *([] if breakdown else [bars(lambda one: int(one["count"]), objects)]),
            ],
            asked.none,
            asked.title(f"Funnel by {by}"),
            is_empty=not found.total.steps[0].count,
        )  # fmt: skip

    respond(asked, lambda: [statement(question)], ask, {UnknownField: "--breakdown"})


def _objects(found: FunnelAnswer, steps: Sequence[str], by_value: bool) -> Iterator[dict[str, Any]]:
    """One a step: of all, and with values, of each and of the others."""
    parts: list[tuple[str, Funnel]] = [("all", found.total), *(("value", one) for one in found.values)]
    if found.other:
        parts.append(("other", found.other))
    for part, one in parts:
        whose = {"part": part, "value": one.value} if by_value else {}
        for number, (text, step) in enumerate(zip(steps, one.steps, strict=True), 1):
            yield {
                **whose, "step": number, "filter": text,
                "count": step.count, "of_first": step.of_first, "of_previous": step.of_previous,
            }  # fmt: skip


def _value(one: Object) -> str:
    if one["step"] > 1:
        return ""
    return {"all": "(all)", "other": "(others)"}.get(one["part"]) or one["value"] or "(unknown)"
