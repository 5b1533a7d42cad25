"""Bytes and times as people read them."""

from datetime import UTC, datetime, timedelta

_SHOWN_BYTES = 256
_A_LINE = 16


def moment(milliseconds: int | None) -> str | None:
    """ISO 8601 in UTC, to the millisecond; what no calendar has is told as it is."""
    if milliseconds is None:
        return None
    try:
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return f"{milliseconds} ms after 1970"
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def hexdump(data: bytes, most: int = _SHOWN_BYTES) -> str:
    """Offset, bytes and text, as `hexdump -C` shows them; of long data the beginning."""
    lines = []
    for at in range(0, min(len(data), most), _A_LINE):
        row = data[at : min(at + _A_LINE, most)]
        text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)
        lines.append(f"  {at:08x}  {row.hex(' '):<{3 * _A_LINE}} |{text}|")
    if len(data) > most:
        lines.append(f"  and {len(data) - most:,} bytes more")
    return "\n".join(lines)
