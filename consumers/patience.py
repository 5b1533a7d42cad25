"""Wait out an outage without losing one's place in the consumer group."""

import logging
import random
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from confluent_kafka import Consumer, Message, TopicPartition

from consumers.errors import RetryLater

log = logging.getLogger(__name__)

_FIRST_SECONDS = 0.2
_LONGEST_SECONDS = 10.0
_SLICE_SECONDS = 0.5
"""How long a request to stop may go unnoticed."""

Result = TypeVar("Result")


class GivenUp(Exception):
    """The process was asked to stop while it waited."""


class Patience:
    """Tries again with growing, jittered pauses, polling paused partitions so as to stay in the group.

    `keep` gets what a poll gives all the same: errors, and a record that was on its way when it was paused.
    """

    def __init__(self, consumer: Consumer, keep: Callable[[Message], None]) -> None:
        self._consumer = consumer
        self._keep = keep
        self._waiting = False
        self._stop = threading.Event()

    def give_up(self) -> None:
        """End the present and any future waiting by GivenUp."""
        self._stop.set()

    def assigned(self, partitions: list[TopicPartition]) -> None:
        """Partitions that come during an outage wait as well."""
        if self._waiting:
            self._consumer.incremental_assign(partitions)
            self._consumer.pause(partitions)

    def until_it_works(self, attempt: Callable[[], Result]) -> Result:
        """Give the attempt's result; RetryLater is waited out, any other error passes."""
        seconds = _FIRST_SECONDS
        try:
            while True:
                try:
                    return attempt()
                except RetryLater as error:
                    log.warning("Trying again in %.1f s, nothing is lost: %s", seconds, error)
                self._wait(seconds * random.uniform(0.8, 1.2))  # noqa: S311  jitter is no secret
                seconds = min(2 * seconds, _LONGEST_SECONDS)
        finally:
            if self._waiting:
                self._waiting = False
                self._consumer.resume(self._consumer.assignment())

    def _wait(self, seconds: float) -> None:
        if not self._waiting:
            self._waiting = True
            self._consumer.pause(self._consumer.assignment())
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if self._stop.is_set():
                raise GivenUp
            # Every partition is paused: this polls for the group's sake.
            message = self._consumer.poll(min(left, _SLICE_SECONDS))
            if message is not None:
                self._keep(message)
