"""What the views of rolled-up pieces are made of: the same as in theirs, with the closed days named."""

from collections.abc import Mapping
from dataclasses import dataclass

_SKETCHES = (
    "count() AS events, uniqCombinedStateIf(12)(user, user != 0) AS users,"
    " uniqCombinedStateIf(12)(session, session != 0) AS sessions"
)


@dataclass(frozen=True)
class Pieces:
    """A view: its columns but the counted ones, those, the table of closed days, how open ones are counted.

    Where `grouped_by` is empty each event of an open day is a piece.
    """

    columns: str
    counted: str
    rolled: str
    open_counted: str
    grouped_by: str = ""

    def named(self, and_where: str) -> str:
        """The view with the parameters `closed_days` and `rolls`, to be read where a condition holds."""
        grouped = f"GROUP BY {self.grouped_by}" if self.grouped_by else ""
        return f"""
    SELECT {self.columns}, {self.counted}
    FROM {self.rolled}
    WHERE day > toDate(now(), 'UTC') - 90 AND day > toDate(now(), 'UTC') - retention_days
      AND roll IN {{rolls:Array(UInt64)}} AND {and_where}
    UNION ALL
    SELECT {self.columns}, {self.open_counted}
    FROM usage_pieces
    WHERE day NOT IN {{closed_days:Array(Date)}}
    {grouped}
"""  # noqa: S608  every piece is this module's own


_SESSION = (
    "day, tenant, hour, user, session, is_bot, browser, browser_version, os, os_version, device, country,"
    " region, city, language, release"
)
_ACTION = "day, tenant, slice, is_bot, kind, name"
_PAGE = "day, tenant, slice, is_bot, page"

PIECES: Mapping[str, Pieces] = {
    "usage_sessions": Pieces(_SESSION, "events", "rolled_sessions", "toUInt64(1) AS events"),
    "usage_actions": Pieces(_ACTION, "events, users, sessions", "rolled_actions", _SKETCHES, _ACTION),
    "usage_pages": Pieces(_PAGE, "events, users, sessions", "rolled_pages", _SKETCHES, _PAGE),
}
"""By the view's name."""
