"""What may be wrong with the text of a filter."""

import difflib
from collections.abc import Iterable

EXAMPLE = 'country in (FR, DE) and page contains "/invoices"'


class MalformedFilter(ValueError):
    """A text is no filter; the message says where, what was expected, and how one is written."""

    def __init__(self, said: str, text: str = "", place: int | None = None) -> None:
        self.place = place
        """The offset of the character that is wrong; None where the whole is."""
        where = "" if place is None else f"{_position(text, place)}: "
        super().__init__(f"{where}{said} A filter is written like this: {EXAMPLE}")


class UnknownSegment(MalformedFilter):
    """A filter names a segment that there is not; the message lists those that there are."""

    def __init__(self, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        near = difflib.get_close_matches(name, names, 1)
        said = f"{name!r} is none of the segments: {', '.join(names)}." if names else "There are no segments."
        super().__init__(said + (f" Did you mean {near[0]}?" if near else ""))
        self.name = name


def _position(text: str, place: int) -> str:
    line = text.count("\n", 0, place) + 1
    column = place - text.rfind("\n", 0, place)
    return f"At column {column}" if "\n" not in text else f"At line {line}, column {column}"
