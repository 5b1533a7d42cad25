"""What goes wrong, told to the log and never to the application."""

from __future__ import annotations

import contextlib
import logging
import time

log = logging.getLogger("sillage_emitter")

_SILENT_S = 3_600
_MOST_KINDS = 200


class Complaints:
    """Logs each kind of trouble once, and at most once an hour after that, with how often it came since.

    WARNING: nothing is lost yet. ERROR: events are. May be called from any thread; never raises.
    """

    def __init__(self) -> None:
        self._silent_until: dict[str, float] = {}
        self._unsaid: dict[str, int] = {}

    def warning(self, kind: str, message: str, *values: object) -> None:
        """Nothing is lost, but look."""
        self._say(logging.WARNING, kind, message, values)

    def error(self, kind: str, message: str, *values: object) -> None:
        """Something is lost."""
        self._say(logging.ERROR, kind, message, values)

    def _say(self, level: int, kind: str, message: str, values: tuple[object, ...]) -> None:
        now = time.monotonic()
        if now < self._silent_until.get(kind, 0.0):
            self._unsaid[kind] = self._unsaid.get(kind, 0) + 1
            return
        if len(self._silent_until) >= _MOST_KINDS:  # kinds hold words of the server's
            self._silent_until.clear()
        # Before it is logged: a log handler may emit an event, and complain in its turn.
        self._silent_until[kind] = now + _SILENT_S
        unsaid = self._unsaid.pop(kind, 0)
        with contextlib.suppress(Exception):
            log.log(
                level, message + (f" ({unsaid} more times since it was last said)" if unsaid else ""), *values
            )
