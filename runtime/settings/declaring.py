"""How a setting is declared, and what is wrong with one is told."""

from dataclasses import MISSING, field
from typing import Any

PREFIX = "SILLAGE_"


class SettingError(Exception):
    """A setting is unknown, missing or malformed; the message names it and says what was expected."""


def setting(
    meaning: str,
    default: Any = MISSING,
    *,
    secret: bool = False,
    at_least: int = 0,
    one_of: tuple[str, ...] = (),
    fills: str = "",
) -> Any:
    """Declare one setting: its meaning goes to the reference, a secret never to a log.

    A file that `fills` another setting is read at the start, where that one is not set.
    """
    bounds = {"at_least": at_least, "one_of": one_of, "fills": fills}
    return field(default=default, repr=not secret, metadata={"meaning": meaning, **bounds})


def variable(name: str) -> str:
    """Give a field's environment variable: `log_level` is `SILLAGE_LOG_LEVEL`."""
    return PREFIX + name.upper()
