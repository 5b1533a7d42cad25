"""Bytes for people."""

_KIBI = 1024


def size(count: float) -> str:
    """As `12.3 MiB`."""
    for unit in ("B", "KiB", "MiB", "GiB"):
        if count < _KIBI:
            return f"{count:,.0f} {unit}" if unit == "B" else f"{count:,.1f} {unit}"
        count /= _KIBI
    return f"{count:,.1f} TiB"
