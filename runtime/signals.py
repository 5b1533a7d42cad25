"""Ending a process in order: SIGTERM and SIGINT ask, the process finishes what it has begun."""

import signal
from collections.abc import Callable
from types import FrameType


def on_stop(stop: Callable[[], None]) -> None:
    """Call `stop` once for SIGTERM or SIGINT; it must only set flags. Main thread only."""

    def asked(_number: int, _frame: FrameType | None) -> None:
        stop()

    signal.signal(signal.SIGTERM, asked)
    signal.signal(signal.SIGINT, asked)
