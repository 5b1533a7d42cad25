"""UUIDv7 (RFC 9562) from a given time and a given source of randomness, so that a seed repeats them."""

from random import Random
from uuid import UUID

_VERSION_AND_VARIANT = 0x7 << 76 | 0b10 << 62
_RANDOM_BITS = 0xFFF << 64 | (1 << 62) - 1


def uuid7(at: int, rng: Random) -> UUID:
    """Make one; `at` in Unix milliseconds."""
    return UUID(int=at << 80 | rng.getrandbits(76) & _RANDOM_BITS | _VERSION_AND_VARIANT)
