"""Texts of strangers on a terminal: without what would steer it, and no longer than a line has room for."""

_CUT = 200
_LEAST_AN_HOUR = 0.1
_STEERING = dict.fromkeys((*range(32), *range(127, 160), 8232, 8233, *range(8234, 8239)), "�")
_STEERING |= dict.fromkeys(range(8294, 8298), "�")


def plain(text: str, longest: int = _CUT) -> str:
    """Replace control characters and those that turn a text's direction; cut what is too long, and say so."""
    shown = text[:longest].translate(_STEERING)
    return shown if len(text) <= longest else f"{shown}… ({len(text):,} characters)"


def share(part: float) -> str:
    """A share as percent."""
    return f"{part * 100:.1f} %" if part else "0"


def rate(per_second: float) -> str:
    """So many a second, or a minute or an hour where that is less than one."""
    if 0 < per_second * 3_600 < _LEAST_AN_HOUR:
        return f"<{_LEAST_AN_HOUR}/h"
    for unit, seconds in (("s", 1), ("min", 60)):
        if per_second * seconds >= 1:
            return f"{per_second * seconds:,.1f}/{unit}"
    return f"{per_second * 3_600:,.1f}/h"
