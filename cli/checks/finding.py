"""What a check is, and what it finds."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from clickhouse_connect.driver.exceptions import ClickHouseError
from confluent_kafka import KafkaException

from cli.surroundings import Surroundings
from runtime.clickhouse import ClickHouseUnreachable

_GONE = (ClickHouseUnreachable, ClickHouseError, KafkaException, OSError)
"""A part that answered a moment ago and no longer does."""


class Verdict(StrEnum):
    """How it stands."""

    OK = "ok"
    """It is as it should be."""
    LOOK = "look"
    """It works, or could not be looked at; somebody should know."""
    BROKEN = "broken"
    """It does not work, or a promise is not kept."""


@dataclass(frozen=True)
class Finding:
    """One check's answer: what it saw, and what to do about it; the remedy is empty when all is ok."""

    verdict: Verdict
    saw: str
    remedy: str = ""


def ok(saw: str) -> Finding:
    """All is well."""
    return Finding(Verdict.OK, saw)


def look(saw: str, remedy: str) -> Finding:
    """Somebody should know."""
    return Finding(Verdict.LOOK, saw, remedy)


def broken(saw: str, remedy: str) -> Finding:
    """Somebody must act."""
    return Finding(Verdict.BROKEN, saw, remedy)


def told(error: Exception, remedy: str) -> Finding:
    """Broken, in the words of an error: its first sentence says what, the others what to do.

    `remedy` is for an error of one sentence.
    """
    saw, _, advice = str(error).partition(". ")
    return broken(saw, advice or remedy)


@dataclass(frozen=True)
class Check:
    """A named question to the surroundings; it is asked only when none of those in `needs` is broken."""

    name: str
    ask: Callable[[Surroundings], Finding]
    needs: tuple[str, ...] = ()


def examine(checks: Iterable[Check], around: Surroundings) -> Iterator[tuple[Check, Finding]]:
    """Ask each in its order; one that cannot be asked says why. Never raises for a part that is not there."""
    unanswered: set[str] = set()
    for check in checks:
        missing = next((name for name in check.needs if name in unanswered), None)
        if missing:
            finding = look("could not be looked at", f"First mend `{missing}`.")
        else:
            finding = _ask(check, around)
        if missing or finding.verdict is Verdict.BROKEN:
            unanswered.add(check.name)
        yield check, finding


def _ask(check: Check, around: Surroundings) -> Finding:
    try:
        return check.ask(around)
    except _GONE as error:
        said = (str(error).splitlines() or [type(error).__name__])[0]
        return broken(said, "It answered a moment ago: run `sillage doctor` again.")
