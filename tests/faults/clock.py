"""The clock of a forked process, which may be wrong; the host's is never touched."""

import time

_true_time, _true_time_ns = time.time, time.time_ns
_offset = 0.0


def shift(seconds: float) -> None:
    """From now on this process's wall clock is so many seconds off."""
    global _offset
    _offset = seconds


def install(seconds: float) -> None:
    """Put the shifted clock in the place of Python's own, in this process alone."""
    shift(seconds)
    time.time = lambda: _true_time() + _offset
    time.time_ns = lambda: _true_time_ns() + int(_offset * 1e9)
