"""Bars of a table: how large a figure is beside the largest."""

from collections.abc import Callable, Iterable

from cli.answers import Column, Object

WIDTH = 16


def bars(figure: Callable[[Object], float], objects: Iterable[Object]) -> Column:
    """The column of bars of a figure, drawn to the largest of these objects."""
    most = max(map(figure, objects), default=0)
    return Column("", lambda one: bar(figure(one), most), style="cyan", width=WIDTH)


def bar(figure: float, most: float) -> str:
    """A bar in eighths of a character; none where nothing is larger than 0."""
    eighths = round(figure / most * WIDTH * 8) if most else 0
    full, rest = divmod(eighths, 8)
    return "█" * full + (" ▏▎▍▌▋▊▉"[rest] if rest else "")
