"""No child outlives the supervisor, however it ends.

On Linux the kernel kills a child when its parent dies. Elsewhere the next start ends what a killed supervisor
left behind: see `local/roster.py`.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1  # prctl(2)


def tether() -> Callable[[], None] | None:
    """Give what a child runs between fork and exec; None where the kernel offers nothing.

    The kernel watches the thread that forks, so children must be started from the main thread. All that can
    be prepared is prepared here: between fork and exec no lock of another thread may be needed.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    supervisor = os.getpid()

    def die_with_supervisor() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != supervisor:  # it died before the kernel was told
            os._exit(1)

    return die_with_supervisor
