from collections.abc import Iterator
from typing import Any, Protocol

import pytest
from sillage_emitter import Emitter

from tests.sdk_python.collector import Collector, serve

NEVER = 3_600.0
"""For a time after which something would be sent that the test sends by itself."""
KEY = "sk_demo_1"


class MakeEmitter(Protocol):
    def __call__(self, **settings: Any) -> Emitter: ...


@pytest.fixture
def collector() -> Iterator[Collector]:
    with serve() as running:
        yield running


@pytest.fixture
def make(collector: Collector) -> Iterator[MakeEmitter]:
    """Makes emitters that send to the collector when told to, and try again at once."""
    made: list[Emitter] = []

    def emitter(**settings: Any) -> Emitter:
        here: dict[str, Any] = {
            "url": collector.url,
            "key": KEY,
            "flush_s": NEVER,
            "back_off_s": (0.001, 0.01),
        }
        made.append(Emitter(**here | settings))
        return made[-1]

    yield emitter
    collector.open.set()
    for one in made:
        one.close(0)


@pytest.fixture
def emitter(make: MakeEmitter) -> Emitter:
    return make()
