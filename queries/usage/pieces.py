"""What the views of rolled-up pieces are made of: the same as in theirs, of days that are named."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

_MADE = """
    WITH
        toDate(received_at, 'UTC') AS day, toStartOfHour(received_at) AS hour,
        if(toHour(received_at) BETWEEN 8 AND 20, toStartOfDay(received_at) + INTERVAL 8 HOUR, hour) AS slice,
        multiIf(
            user_id = '', 0,
            length(user_id) = 32, reinterpretAsUInt128(reverse(unhex(user_id))),
            reinterpretAsUInt128(sipHash128(user_id))
        ) AS user,
        if(user_id = '', 0, cityHash64(user_id)) AS user_hash,
        toUnixTimestamp64Milli(occurred_at) AS occurred_ms,
        if(session_id = '', 0, sipHash64(session_id)) AS session"""
"""The columns of `usage_pieces` that `usage_events` has not, as the view makes them."""
_COUNTED = {
    "events": "count()",
    "users": "uniqCombinedStateIf(12)(user, user != 0)",
    "sessions": "uniqCombinedStateIf(12)(session, session != 0)",
}


@dataclass(frozen=True)
class Pieces:
    """A view: its columns but the counted ones, those and how open days have them, where closed days are.

    Where pieces are not grouped each event of an open day is one.
    """

    columns: tuple[str, ...]
    counted: Mapping[str, str]
    rolled: str
    are_grouped: bool = True
    weeks: str = ""
    """The table of whole weeks, where there is one; it does not tell when."""

    def of_rolls(self, asked: Collection[str], condition: str) -> str:
        """Its columns among those asked for, of closed days: of rows of which a condition holds.

        The condition names the shares that are kept still.
        """
        return self._rolled_in(self.rolled, asked, condition)

    def of_weeks(self, asked: Collection[str], condition: str) -> str:
        """The same of closed weeks."""
        return self._rolled_in(self.weeks, asked, condition)

    def _rolled_in(self, table: str, asked: Collection[str], condition: str) -> str:
        columns = [name for name in (*self.columns, *self.counted) if name in asked]
        return f"""
    SELECT {", ".join(columns) or "1"}
    FROM {table}
    WHERE {condition}"""  # noqa: S608  this module's own

    def of_events(self, asked: Collection[str], condition: str, is_hiding: bool) -> str:
        """The same of open days, event by event; without `is_hiding` it is not asked who is hidden."""
        keys = [name for name in self.columns if name in asked]
        counted = [f"{sql} AS {name}" for name, sql in self.counted.items() if name in asked]
        made, table, floor = _MADE, "usage_events", "day > toDate(now(), 'UTC') - retention_days AND "
        if is_hiding:
            made, table, floor = "", "usage_pieces", ""
        grouped = f"GROUP BY {', '.join(keys)}" if self.are_grouped and keys else ""
        return f"""{made}
    SELECT {", ".join([*keys, *counted]) or "1"}
    FROM {table}
    WHERE {floor}{condition}
    {grouped}"""  # noqa: S608  this module's own


PIECES: Mapping[str, Pieces] = {
    "usage_sessions": Pieces(
        (
            "day", "tenant", "hour", "user", "session", "is_bot", "browser", "browser_version", "os",
            "os_version", "device", "country", "region", "city", "language", "release",
        ),
        {"events": "toUInt64(1)"},
        "rolled_sessions",
        are_grouped=False,
    ),
    "usage_actions": Pieces(
        ("day", "tenant", "slice", "is_bot", "kind", "name"), _COUNTED, "rolled_actions"
    ),
    "usage_pages": Pieces(
        ("day", "tenant", "slice", "is_bot", "page"), _COUNTED, "rolled_pages", weeks="rolled_page_weeks"
    ),
    "usage_steps": Pieces(
        ("day", "tenant", "slice", "is_bot", "kind", "name", "user_hash", "occurred_ms"),
        {},
        "rolled_steps ARRAY JOIN user_hashes AS user_hash, times AS occurred_ms",
        are_grouped=False,
    ),
}  # fmt: skip
"""By the view's name."""
