"""A visit and its deliveries: the batches in which the SDK would send it."""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from local.demo import story
from local.demo.crowd import Visitor
from local.demo.journeys import Moment, walk
from local.demo.uuid7 import uuid7

SDK = "js/0.1.0"
_SOME_LOSS = 0.004


@dataclass(frozen=True)
class Visit:
    """One session of one visitor; `began` in Unix milliseconds of the true time."""

    visitor: Visitor
    began: int
    session: str
    release: str
    moments: list[Moment]

    def deliveries(self, window_ms: int) -> Iterator[list[Moment]]:
        """Group the moments into batches: one is sent `window_ms` after its first moment."""
        batch: list[Moment] = []
        for moment in sorted(self.moments, key=lambda moment: moment.after):
            if batch and moment.after >= batch[0].after + window_ms:
                yield batch
                batch = []
            batch.append(moment)
        yield batch


def visit(visitor: Visitor, began: int, age: int, rng: Random) -> Visit:
    """Let a visitor come at a moment of the day of this age."""
    session = str(uuid7(began, rng))
    return Visit(visitor, began, session, story.release(age), walk(visitor, age, rng))


def some_loss(rng: Random) -> dict[str, int]:
    """What a batch reports as lost: nothing, as a rule."""
    return {"queue_full": rng.randrange(1, 12)} if rng.random() < _SOME_LOSS else {}
