"""Lengths of time as people write them: 250ms, 2s, 1.5h, 7d."""

import re

UNITS_NS = {
    "ns": 1,
    "us": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
    "d": 86_400_000_000_000,
}
_WRITTEN = re.compile(r"(\d{1,19})(?:\.(\d{1,9}))?(ns|us|µs|ms|s|m|h|d)", re.ASCII)
_LONGEST_NS = 2**63 - 1
_TENTHS_UNTIL = 10


class MalformedDuration(ValueError):
    """What was written is no length of time; the message says what is."""


def parse_duration(text: str) -> int:
    """Give nanoseconds; raises MalformedDuration."""
    found = _WRITTEN.fullmatch(text.strip())
    if not found:
        raise MalformedDuration(f"{text!r} is no length of time, such as 250ms, 2s, 15m, 1.5h or 7d.")
    whole, fraction, unit = found[1], found[2] or "", found[3].replace("µ", "u")
    ns = int(whole + fraction) * UNITS_NS[unit] // int(10 ** len(fraction))
    if ns > _LONGEST_NS:
        raise MalformedDuration(f"{text!r} is longer than a span can be (292 years).")
    return ns


def show_duration(ns: float) -> str:
    """Write nanoseconds with a unit that leaves one to four digits before it: 250ms, 1.2s, 3.5h."""
    if ns < 0:
        return "-" + show_duration(-ns)
    unit, size = next(
        ((unit, size) for unit, size in reversed(UNITS_NS.items()) if ns >= size), ("ns", UNITS_NS["ns"])
    )
    amount = ns / size
    return f"{amount:.1f}{unit}" if amount < _TENTHS_UNTIL and unit != "ns" else f"{amount:,.0f}{unit}"
