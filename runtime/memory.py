"""How a process that fills and empties megabytes several times a second keeps its memory."""

import ctypes
import gc

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of glibc's malloc.h


def keep_freed_memory(kept_bytes: int, large_bytes: int) -> None:
    """Let glibc keep so much of what is freed for what comes next; elsewhere nothing happens.

    By default it hands freed memory back to the kernel at once, which then clears a page for each 4 KB that
    the next batch writes: that costs more than the copying does. What is `large_bytes` by itself is handed
    back all the same.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):  # not glibc
        return
    mallopt(_TRIM_THRESHOLD, kept_bytes)
    mallopt(_MMAP_THRESHOLD, large_bytes)


def collect_rarely(objects_between: int = 100_000) -> None:
    """Look for cycles seldom, and never in what is there already: call it when the process is set up.

    A consumer holds thousands of messages and makes no cycles of them. Python's collector, which goes by the
    number of objects, would walk through them again and again: a sixth of the consumer's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(objects_between, 10, 10)
