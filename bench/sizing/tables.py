"""Figures and plans as tables in Markdown."""

from collections.abc import Sequence

from bench.sizing.figures import Figure, Figures
from bench.sizing.plan import Line
from reference.markdown import table


def figures_table(figures: Figures) -> str:
    """What each figure is, and when or where it was measured."""
    found: list[Figure] = list(vars(figures).values())
    rows = [(one.about, f"{one.value:,g} {one.unit}", str(one.measured)) for one in found]
    return table(("figure", "value", "measured"), rows)


def plan_table(lines: Sequence[Line]) -> str:
    """A plan with its arithmetic."""
    rows = [(one.what, shown(one), one.arithmetic) for one in lines]
    return table(("needed", "amount", "reckoned"), rows)


def plans_table(plans: dict[str, Sequence[Line]]) -> str:
    """Several plans side by side, a column each."""
    columns = [
        [line.what for line in next(iter(plans.values()))],
        *([*map(shown, one)] for one in plans.values()),
    ]
    return table(("needed", *plans), list(zip(*columns, strict=True)))


def shown(line: Line) -> str:
    """An amount with its unit."""
    amount = f"{line.amount:,.0f}" if line.amount >= 100 or not line.amount % 1 else f"{line.amount:,.3g}"
    return f"{amount} {line.unit}".strip().replace(" /s", "/s")
