"""Wait out an outage without losing one's place in the consumer group.

Partitions are not paused meanwhile, though that is what pausing is for: a rebalance amid a pause can leave
one paused for good (librdkafka issues 2190 and 5591; the fault harness saw it). Fetching stops when
librdkafka's bounded queue is full.
"""

import logging
import random
import threading
from collections.abc import Callable
from typing import TypeVar

from consumers.errors import RetryLater

log = logging.getLogger(__name__)

_FIRST_SECONDS = 0.2
_LONGEST_SECONDS = 10.0

Result = TypeVar("Result")


class GivenUp(Exception):
    """The process was asked to stop while it waited."""


class Patience:
    """Tries again with growing, jittered pauses; before each, `keep_place` shows Kafka a living consumer."""

    def __init__(self, keep_place: Callable[[], None]) -> None:
        self._keep_place = keep_place
        self._stop = threading.Event()

    def give_up(self) -> None:
        """End the present and any future waiting by GivenUp."""
        self._stop.set()

    def until_it_works(self, attempt: Callable[[], Result]) -> Result:
        """Give the attempt's result; RetryLater is waited out, any other error passes."""
        seconds = _FIRST_SECONDS
        while True:
            try:
                return attempt()
            except RetryLater as error:
                log.warning("Trying again in %.1f s, nothing is lost: %s", seconds, error)
            self._keep_place()
            if self._stop.wait(seconds * random.uniform(0.8, 1.2)):  # noqa: S311  jitter is no secret
                raise GivenUp
            seconds = min(2 * seconds, _LONGEST_SECONDS)
