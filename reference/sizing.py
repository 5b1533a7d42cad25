"""The tables of the sizing guide, from the figures that were recorded."""

from bench.sizing.figures import machine, recorded
from bench.sizing.load import Load
from bench.sizing.plan import plan as planned
from bench.sizing.tables import figures_table, plan_table, plans_table

_RATES = (10_000, 100_000, 1_000_000)


def figures() -> str:
    """What an event was measured to cost, and on what."""
    return f"Measured on {machine()}.\n\n{figures_table(recorded())}"


def plan() -> str:
    """The plan for what the script plans for when nothing is asked."""
    return plan_table(planned(Load(), recorded()))


def plans() -> str:
    """Plans for several rates, side by side."""
    return plans_table({f"{rate:,}/s": planned(Load(events_per_second=rate), recorded()) for rate in _RATES})
