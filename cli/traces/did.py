"""What the user did around a trace, as a table."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.plain import plain
from queries.traces.actions import Action


def print_actions(actions: Sequence[Action], console: Console) -> None:
    """Print them; an arrow marks the events that name the trace."""
    if not actions:
        console.print("\nNo usage event names this trace, and none of its spans names a session.")
        return
    console.print("\nWhat the user did (UTC)", style="bold")
    table = Table(box=None, pad_edge=False, collapse_padding=True, header_style="bold")
    for head in ("", "at", "kind", "name", "page", "session", "user"):
        table.add_column(head, overflow="fold")
    for one in actions:
        cells = (
            "→" if one.of_trace else "", f"{one.occurred_at:%H:%M:%S.%f}"[:-3], one.kind, one.name, one.page,
            one.session_id[:12], one.user_id[:12],
        )  # fmt: skip
        table.add_row(*(Text(plain(cell)) for cell in cells), style="bold" if one.of_trace else "")
    console.print(table)
