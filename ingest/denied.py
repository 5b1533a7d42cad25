"""Properties that may not be kept, by their names."""

import re
from collections.abc import Iterable

from ingest.patterns import compile_names
from ingest.wire import Event

_REMEMBERED = 1 << 12
_BETWEEN_WORDS = re.compile(r"[\s._-]+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def words_of(name: str) -> str:
    """The name as `lower_case_words`, however it is written: `userEmail`, `user.email`, `USER-EMAIL`."""
    return "_".join(_BETWEEN_WORDS.split(name)).strip("_").lower()


class DeniedProperties:
    """Finds and drops properties whose names are on the list; `*` in it stands for any text."""

    def __init__(self, names: Iterable[str]) -> None:
        self._denied = compile_names(names)
        self._harmless: set[str] = set()
        """Names that were looked at before: an application has few, and a client cannot fill the memory."""

    def drop(self, events: list[Event]) -> int:
        """Drop them from all events; gives how many."""
        names = set().union(*[event.properties for event in events])
        if names <= self._harmless:
            return 0
        denied = {name for name in names if self._denied.fullmatch(words_of(name))}
        self._remember(names - denied)
        return sum(_without(event, denied) for event in events) if denied else 0

    def _remember(self, names: set[str]) -> None:
        if len(self._harmless) + len(names) > _REMEMBERED:
            self._harmless.clear()
        if len(names) <= _REMEMBERED:
            self._harmless |= names


def _without(event: Event, denied: set[str]) -> int:
    kept = {name: value for name, value in event.properties.items() if name not in denied}
    dropped = len(event.properties) - len(kept)
    event.properties = kept
    return dropped
