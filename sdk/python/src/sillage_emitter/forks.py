"""What becomes of emitters in a forked process."""

from __future__ import annotations

import os
import weakref
from typing import Protocol


class Restartable(Protocol):
    """Something that begins anew in a forked process."""

    def restart_in_child(self) -> None:
        """Begin anew; called before anything else runs in the child."""


_alive: weakref.WeakSet[Restartable] = weakref.WeakSet()


def restart_in_children(one: Restartable) -> None:
    """Have it restarted in each process that is forked from this one, as long as it lives."""
    _alive.add(one)


def _restart_all() -> None:
    for one in list(_alive):
        one.restart_in_child()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_restart_all)
