"""`python -m bench.sizing --events-per-second 1000000`: a plan for a load, as a table in Markdown."""

import argparse
from dataclasses import fields
from pathlib import Path

from bench.result import LATEST
from bench.sizing.costs import costs
from bench.sizing.figures import measured_here
from bench.sizing.load import Load, MalformedLoad, Prices
from bench.sizing.plan import plan
from bench.sizing.tables import figures_table, plan_table


def main() -> None:
    """Print the figures that are used, then the plan; with prices, what it costs too."""
    parser = argparse.ArgumentParser(prog="python -m bench.sizing", description=__doc__)
    parser.add_argument("--latest", type=Path, default=LATEST, help="what `make bench` has written here")
    for inputs, prefix in ((Load, ""), (Prices, "price-")):
        for one in fields(inputs):
            parser.add_argument(
                f"--{prefix}{one.name.replace('_', '-')}",
                dest=one.name,
                type=float,
                default=one.default,
                help=f"{one.metadata['meaning']} ({one.default:g})".replace("%", "%%"),
            )
    given = vars(parser.parse_args())
    try:
        load = Load(**{one.name: given[one.name] for one in fields(Load)})
    except MalformedLoad as error:
        parser.error(str(error))
    prices = Prices(**{one.name: given[one.name] for one in fields(Prices)})
    figures = measured_here(given["latest"])
    lines = plan(load, figures)
    if any(vars(prices).values()):
        lines += costs(lines, load, prices)
    print(figures_table(figures), plan_table(lines), sep="\n\n")


main()
