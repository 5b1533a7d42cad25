"""Shares and rates as people read them."""

_LEAST_AN_HOUR = 0.1


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
