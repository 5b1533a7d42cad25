"""Avro's variable-length zigzag integers, by table: fourteen bits a look-up instead of seven a loop.

Source: https://avro.apache.org/docs/1.12.0/specification/#binary-encoding
"""

CHUNK = 14
MASK = (1 << CHUNK) - 1
_REMEMBERED_HIGH_PARTS = 1 << 12


def _groups(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


class _HighParts(dict[int, bytes]):
    """What stands above the lowest chunk. Clocks seldom change it; of too many all is forgotten."""

    def __missing__(self, value: int) -> bytes:
        encoded = _groups(value)
        if len(self) >= _REMEMBERED_HIGH_PARTS:
            self.clear()
        self[value] = encoded
        return encoded


_LAST = [_groups(value) for value in range(MASK + 1)]
LOW = [bytes((value & 0x7F | 0x80, value >> 7 | 0x80)) for value in range(MASK + 1)]
"""The lowest chunk of a zigzag value that has more than this one."""
HIGH = _HighParts()
"""The rest of such a value."""


def encode(number: int) -> bytes:
    """Encode a signed 64-bit integer."""
    value = number << 1 if number >= 0 else ~(number << 1)
    return LOW[value & MASK] + HIGH[value >> CHUNK] if value > MASK else _LAST[value]


class _Lengths(dict[int, bytes]):
    """Encoded lengths: all that one chunk holds, others as they come."""

    def __missing__(self, length: int) -> bytes:
        return encode(length)


LENGTHS = _Lengths(enumerate(_LAST[::2]))


def decode(data: bytes, at: int) -> tuple[int, int]:
    """Decode the integer that starts at `at`; give it and the position behind it.

    Raises IndexError when the data ends in the middle of it.
    """
    if (byte := data[at]) < 0x80:
        return (byte >> 1) ^ -(byte & 1), at + 1
    value, shift = byte & 0x7F, 7
    at += 1
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return (value >> 1) ^ -(value & 1), at
        shift += 7
