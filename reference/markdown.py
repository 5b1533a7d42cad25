"""Tables in Markdown, and the places of a page that are written by the code."""

import re
from collections.abc import Iterable, Sequence


class NoPlace(Exception):
    """A page lacks the place of a generated part; the message says what to write where."""


def cell(text: str) -> str:
    """A text as one cell of a table."""
    return " ".join(text.replace("|", "\\|").split())


def code(text: object) -> str:
    """A text in backticks; nothing stays nothing."""
    return f"`{text}`" if str(text) else ""


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; an empty cell has one space."""
    lines = [heads, *(tuple(cell(one) for one in row) for row in rows)]
    drawn = ["|" + "|".join(f" {one} " if one else " " for one in line) + "|" for line in lines]
    return "\n".join([drawn[0], "|" + "---|" * len(heads), *drawn[1:]])


def with_part(page: str, name: str, part: str) -> str:
    """The page with its part of this name replaced; raises NoPlace when it has none."""
    opening, closing = f"<!-- generated: {name} -->", "<!-- /generated -->"
    place = re.compile(re.escape(opening) + ".*?" + re.escape(closing), re.DOTALL)
    if not place.search(page):
        raise NoPlace(f"Write {opening} and {closing} where the part `{name}` belongs.")
    return place.sub(lambda _: f"{opening}\n\n{part}\n\n{closing}", page, count=1)
