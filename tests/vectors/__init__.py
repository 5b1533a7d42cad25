"""The transport contract as vectors, which the tests of the SDK and of the collector both read.

Each has a name, an answer (status, body, `retry_after`), and what a client does `then`: "done", the batch is
"lost", it sends the same "again", or it "wait"s as long as it is told and then sends it again. `request` is a
batch that gets this answer, from `origin` if it has one, and `calls` what a page does to send it; where the
collector gives the answer by its own state, `refusal` names it.
"""

import json
import re
from pathlib import Path
from typing import Any

Vector = dict[str, Any]
TRANSPORT: list[Vector] = json.loads(Path(__file__).with_name("transport.json").read_text())

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
TRACE = re.compile(r"[0-9a-f]{32}")
MILLISECONDS = range(1_500_000_000_000, 10_000_000_000_000)


def having(field: str) -> list[Vector]:
    """The vectors that have this field."""
    return [vector for vector in TRANSPORT if field in vector]


def form(value: Any) -> Any:
    """A request with ids and times replaced by what they are: two of one form differ in nothing else."""
    match value:
        case dict():
            return {name: form(inner) for name, inner in value.items()}
        case list():
            return [form(inner) for inner in value]
        case str():
            return "a UUID" if UUID.fullmatch(value) else "a trace id" if TRACE.fullmatch(value) else value
        case int() if value in MILLISECONDS:
            return "Unix milliseconds"
    return value
