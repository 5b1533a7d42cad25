"""How many events never reached the collector, by reason."""

from __future__ import annotations

QUEUE_FULL = "queue_full"
EXPIRED = "expired"
REFUSED = "refused"
INVALID = "invalid"


class Losses:
    """Counts since the start, and those that no batch has reported yet. The caller holds a lock."""

    def __init__(self) -> None:
        self.total: dict[str, int] = {}
        self._unreported: dict[str, int] = {}

    def add(self, reason: str, count: int = 1) -> None:
        """Count lost events; the next batch reports them."""
        self.total[reason] = self.total.get(reason, 0) + count
        self._unreported[reason] = self._unreported.get(reason, 0) + count

    def take(self) -> dict[str, int]:
        """Remove what is to be reported."""
        taken, self._unreported = self._unreported, {}
        return taken

    def put_back(self, untold: dict[str, int]) -> None:
        """The batch that should have reported these was given up."""
        for reason, count in untold.items():
            self._unreported[reason] = self._unreported.get(reason, 0) + count
