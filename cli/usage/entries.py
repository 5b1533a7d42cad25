"""One event of a history or of the live tail: as programs get it, and as a line for people."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from rich.text import Text

from cli.plain import plain
from queries.usage.entries import Entry

NAMES = tuple(field.name for field in fields(Entry))


def told(one: Entry) -> dict[str, Any]:
    """What programs get of it, whole."""
    return {**asdict(one), "event_id": str(one.event_id)}


def what(one: Entry) -> Text:
    """What it was: its action, its page and its properties."""
    shown = Text(plain(one.action))
    if one.page:
        shown.append(" " + plain(one.page), "cyan")
    shown.append(properties(one.properties), "dim")
    return shown


def properties(of: Mapping[str, Any]) -> str:
    """Each with its value."""
    return "".join(f" {plain(name, 40)}={plain(str(value), 40)}" for name, value in of.items())
