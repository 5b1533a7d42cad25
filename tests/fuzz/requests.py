"""Target: a request as the collector's HTTP face takes it, whatever its headers say."""

import json
from types import SimpleNamespace
from typing import Any

from ingest.addresses import X_FORWARDED_FOR, TrustedProxies, parse_networks
from ingest.answers import Answer
from ingest.crowd import Crowd
from ingest.http import Collector
from ingest.large_bodies import LargeBodies
from ingest.limits import Limits, Rates
from ingest.record import Done, Record
from ingest.refusals import Refusal
from ingest.request import Request
from ingest.sdk_files import SdkFiles
from ingest.served_file import ServedFile
from tests.fuzz.choices import Choices
from tests.fuzz.neighbours import FIRST, NEIGHBOURS
from tests.fuzz.packed import ENCODINGS, PACKERS
from tests.fuzz.records import decoded
from tests.fuzz.tenants import ORIGIN, REGISTRY, RULES, TENANTS

_PROXIES = TrustedProxies(parse_networks(("10.0.0.0/8",)), X_FORWARDED_FOR)
_PLACES = (
    b"/v1/events",
    b"/v1/events",
    b"/v1/events?a=b",
    b"/sillage.js",
    b"/sdk/a",
    b"/healthz",
    b"/metrics",
)
_METHODS = (b"POST", b"POST", b"OPTIONS", b"GET", b"HEAD", b"DELETE")
_HEADERS: tuple[tuple[bytes, tuple[bytes, ...]], ...] = (
    (b"content-type", (b"text/plain", b"Application/JSON; charset=utf-8")),
    (b"content-encoding", ENCODINGS),
    (b"origin", (ORIGIN.encode(), b"null")),
    (b"authorization", (b"Bearer sk_exempt-drop", b"bearer  sk_consented-anonymous ", b"Basic x")),
    (b"sec-gpc", (b"1", b"0")),
    (b"user-agent", (b"curl/8",)),
    (b"x-forwarded-for", (b"198.51.100.7",)),
    (b"if-none-match", (b"*",)),
)


class _Publisher:
    """In place of Kafka: takes every record that can be read, or none."""

    def __init__(self) -> None:
        self.refusal: Refusal | None = None

    def put(self, record: Record, done: Done) -> None:
        decoded(record.value)
        done(self.refusal)


_publisher = _Publisher()
_crowd = Crowd(Limits(1, 1, 1, 1, 1, 1, 1), _PROXIES)
_collector = Collector(
    SimpleNamespace(current=REGISTRY),  # type: ignore[arg-type]
    _publisher,  # type: ignore[arg-type]
    SdkFiles(ServedFile.of(b"sdk", "text/javascript"), {}),
    _PROXIES,
    RULES,
    _crowd,
    Rates(0, 0),
    LargeBodies(_crowd, 1),
)


def fuzz(data: bytes) -> None:
    """One answer to each request, and none says that the collector itself has failed."""
    choices = Choices(data)
    answers: list[Answer] = []
    _publisher.refusal = choices.of((None, None, None, Refusal.NOT_STORED))
    request = Request(
        method=choices.of(_METHODS),
        target=choices.of(_PLACES) or choices.piece(),
        headers=_headers(choices),
        body=b"",
        peer=choices.of(("10.0.0.1", "203.0.113.9", "")),
        received_at=1_790_000_000_000,
        keep_alive=True,
    )
    request.body = _body(choices, request.headers.get(b"content-encoding"))
    _collector.take(request, lambda answer, lines=b"": answers.append(_checked(answer, lines)))
    assert len(answers) == 1, f"{len(answers)} answers"
    assert answers[0].status != 500, "the collector has failed"


def _headers(choices: Choices) -> dict[bytes, bytes]:
    headers: dict[bytes, bytes] = {b"content-type": b"text/plain"}
    for _ in range(choices.byte() % 8):
        name, values = choices.of(_HEADERS)
        headers[name] = choices.of((*values, None)) or choices.piece()
    return headers


def _body(choices: Choices, encoding: bytes | None) -> bytes | None:
    key = choices.of([f"pk_{tenant.name}" for tenant in TENANTS])
    batch: dict[str, Any] = {"key": key, "batch_id": str(FIRST), "events": NEIGHBOURS}
    body = choices.of((json.dumps(batch).encode(), None, b"")) or choices.piece()
    return PACKERS.get(encoding, bytes)(body) if encoding and choices.yes() else body


def _checked(answer: Answer, lines: bytes) -> Answer:
    """Nothing that a client wrote may end a header's line."""
    assert lines.count(b"\r\n") == lines.count(b"\n") == lines.count(b"\r"), "a line is broken"
    assert lines == b"" or lines.endswith(b"\r\n")
    return answer
