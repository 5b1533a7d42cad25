"""Parsers weakened on purpose: the fuzzers must find each, or they would find nothing."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from ingest import bodies, emails, forwarded, reading, request, usage
from ingest.reading import RefusedEvent
from ingest.wire import Batch


@dataclass(frozen=True)
class Control:
    """A fault, and the target that must find it."""

    target: str
    weaken: Callable[[], None]


def _lose_a_neighbour() -> None:
    """The event behind a refused one is lost."""

    def read(body: bytes) -> tuple[Batch, list[RefusedEvent]]:
        batch, refused = reading.read_batch(body)
        if refused:
            del batch.events[refused[0].index :]
        return batch, refused

    usage.read_batch = read  # type: ignore[attr-defined]


def _miss_an_encoded_sign() -> None:
    emails._AT = "@"
    emails._EMAIL = re.compile(emails._EMAIL.pattern.replace("(?:@|%(?:25)*+40)", "@"))


def _forgive_a_broken_header() -> None:
    """What follows a fault in the header is left out, and what stands before it believed."""
    strict = forwarded._elements

    def elements(header: str) -> list[str]:
        cuts = (strict(header[:end]) for end in range(len(header), 0, -1))
        return next((hops for hops in cuts if hops != [forwarded.UNKNOWN]), [])

    forwarded._elements = elements


def _keep_what_was_counted() -> None:
    request.RequestReader.close = lambda _self: None  # type: ignore[assignment,method-assign]


def _unpack_without_end() -> None:
    strict = bodies.unpack
    bodies.unpack = lambda body, encoding, most_bytes: strict(body, encoding, 2 * most_bytes)


CONTROLS = {
    "lose-a-neighbour": Control("deliveries", _lose_a_neighbour),
    "miss-an-encoded-sign": Control("deliveries", _miss_an_encoded_sign),
    "forgive-a-broken-header": Control("hops", _forgive_a_broken_header),
    "keep-what-was-counted": Control("connections", _keep_what_was_counted),
    "unpack-without-end": Control("packed", _unpack_without_end),
}
