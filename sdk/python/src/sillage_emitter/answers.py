"""What became of one attempt, read from the collector's answer: docs/reference/http.md and refusals.md."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Union

from sillage_emitter.texts import in_one_line

_LONGEST_RETRY_AFTER_S = 86_400.0


@dataclass(frozen=True)
class Taken:
    """Stored, except for single events: by reason, how many were refused, and a sentence."""

    by_reason: dict[str, tuple[int, str]]


@dataclass(frozen=True)
class Refused:
    """Not stored, and never will be."""

    status: int
    code: str
    message: str
    remedy: str
    by_reason: dict[str, tuple[int, str]]


@dataclass(frozen=True)
class PutOff:
    """Not stored now; `after_s` is how long the server asked to wait, if it did."""

    status: int
    after_s: float | None


@dataclass(frozen=True)
class Unanswered:
    """Perhaps stored, perhaps not."""

    fault: str


Outcome = Union[Taken, Refused, PutOff, Unanswered]


def read_answer(status: int, retry_after: str | None, content: bytes) -> Outcome:
    """Judge an answer: 408, 429 and 5xx may pass, any other that is no collector's 2xx will not."""
    if status in (408, 429) or status >= 500:
        return PutOff(status, retry_after_s(retry_after))
    answer = _object(content)
    by_reason = _by_reason(answer.get("refused"))
    if 200 <= status < 300 and "accepted" in answer:
        return Taken(by_reason)
    error = answer.get("error")
    if not isinstance(error, dict):
        remedy = "Check the emitter's url."
        return Refused(status, "unexpected", "The answer is none of a collector's.", remedy, by_reason)
    code, message, remedy = (in_one_line(error.get(name, "")) for name in ("code", "message", "remedy"))
    return Refused(status, code, message, remedy, by_reason)


def _object(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _by_reason(refused: object) -> dict[str, tuple[int, str]]:
    found: dict[str, tuple[int, str]] = {}
    for one in refused if isinstance(refused, list) else []:
        if isinstance(one, dict):
            reason = in_one_line(one.get("reason", ""))
            count, message = found.get(reason, (0, in_one_line(one.get("message", ""))))
            found[reason] = (count + 1, message)
    return found


def retry_after_s(header: str | None) -> float | None:
    """Read `Retry-After` (RFC 9110), seconds or a date, a day at most; None when absent or malformed."""
    if not header:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        wait = float(text)
    else:
        try:
            wait = parsedate_to_datetime(text).timestamp() - time.time()
        except (TypeError, ValueError, IndexError, OverflowError):
            return None
    return min(max(wait, 0.0), _LONGEST_RETRY_AFTER_S)
