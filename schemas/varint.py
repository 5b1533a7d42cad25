"""Avro's variable-length zigzag integers, by table: fourteen bits a look-up instead of seven a loop.

Source: https://avro.apache.org/docs/1.12.0/specification/#binary-encoding
"""

_CHUNK = 14
_MASK = (1 << _CHUNK) - 1


def _groups(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


_LAST = [_groups(value) for value in range(_MASK + 1)]
_MORE = [bytes((value & 0x7F | 0x80, value >> 7 | 0x80)) for value in range(_MASK + 1)]


def encode(number: int) -> bytes:
    """Encode a signed 64-bit integer."""
    value = number << 1 if number >= 0 else ~(number << 1)
    if value <= _MASK:
        return _LAST[value]
    if value >> 2 * _CHUNK and not value >> 3 * _CHUNK:  # today's Unix milliseconds, until 2039
        return _MORE[value & _MASK] + _MORE[value >> _CHUNK & _MASK] + _LAST[value >> 2 * _CHUNK]
    out = b""
    while value > _MASK:
        out += _MORE[value & _MASK]
        value >>= _CHUNK
    return out + _LAST[value]


def decode(data: bytes, at: int) -> tuple[int, int]:
    """Decode the integer that starts at `at`; give it and the position behind it.

    Raises IndexError when the data ends in the middle of it.
    """
    if (byte := data[at]) < 0x80:
        return (byte >> 1) ^ -(byte & 1), at + 1
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return (value >> 1) ^ -(value & 1), at
        shift += 7
