"""Paths folded into a tree of bounded width: of the steps after each, the most frequent ones are kept."""

from collections.abc import Mapping
from typing import Literal

Kind = Literal["start", "step", "other", "end"]
STEP, END, OTHER = "=", ".", "*"
KINDS: Mapping[str, Kind] = {STEP: "step", END: "end", OTHER: "other"}
"""What the first character of a label says that it is, so that no label can pass for an end."""


def folded(table: str, depth: int, width: int) -> str:
    """The SQL over a table of `path`, an array of labels: each path folded, and how many rows took it.

    A step that is not among the `width` most frequent ones after the same way is OTHER, and what follows it
    is not told. The end is always kept.
    """
    levels = range(1, depth + 1)
    columns = ", ".join(f"path[{n}] AS p{n}" for n in levels)
    sums = ", ".join(f"sum(taken) OVER (PARTITION BY {_way(n)}) AS t{n}" for n in levels)
    ranks = ", ".join(
        f"dense_rank() OVER ({f'PARTITION BY {_way(n - 1)} ' if n > 1 else ''}"
        f"ORDER BY startsWith(p{n}, '{STEP}') DESC, t{n} DESC, p{n}) AS r{n}"
        for n in levels
    )
    kept = ", ".join(f"{_kept(n, width)} AS k{n}" for n in levels)
    return f"""SELECT [{", ".join(f"k{n}" for n in levels)}] AS way, sum(taken) AS sessions
FROM (
    SELECT taken, {kept}
    FROM (
        SELECT *, {ranks}
        FROM (
            SELECT *, {sums}
            FROM (SELECT {columns}, count() AS taken FROM {table} GROUP BY {_way(depth)})
        )
    )
)
GROUP BY way
ORDER BY sessions DESC, way"""  # noqa: S608  the pieces stand in this module


def _way(depth: int) -> str:
    return ", ".join(f"p{n}" for n in range(1, depth + 1))


def _kept(level: int, width: int) -> str:
    own = f"if(startsWith(p{level}, '{STEP}') AND r{level} > {width:d}, '{OTHER}', p{level})"
    return own if level == 1 else f"if(startsWith(k{level - 1}, '{STEP}'), {own}, '')"
