"""The checks of retention that were made, and the times in which none was."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from clickhouse_connect.driver.client import Client

from privacy.retention.reading import Reach, Reading, Store
from privacy.retention.report import Report

_RECORD = """
    INSERT INTO retention_checks (checked_at, interval_seconds, ok, overdue_records, faults)
    VALUES (
        {checked_at:DateTime64(3)}, {interval:UInt32}, {ok:Bool}, {overdue:UInt64}, {faults:Array(String)}
    )
"""
_CHECKS = """
    SELECT checked_at, interval_seconds, ok, overdue_records, faults FROM retention_checks
    WHERE checked_at >= {since:DateTime64(3)} ORDER BY checked_at
"""
_LAST = "SELECT checked_at, interval_seconds FROM retention_checks ORDER BY checked_at DESC LIMIT 1"


@dataclass(frozen=True)
class Check:
    """One check that `sillage jobs` has made."""

    at: datetime
    interval: timedelta
    """After which the next one was due."""
    ok: bool
    overdue: int
    faults: list[str]


@dataclass(frozen=True)
class Gap:
    """A time in which a check was due, and none was made: nothing is known of it."""

    since: datetime
    until: datetime


def record(client: Client, found: Report, interval: timedelta) -> None:
    """Keep what a check has found."""
    asked = {
        "checked_at": _naive(found.checked_at),
        "interval": int(interval.total_seconds()),
        "ok": found.ok,
        "overdue": found.overdue,
        "faults": found.faults,
    }
    client.command(_RECORD, asked)


def checks(client: Client, since: datetime) -> list[Check]:
    """Those since then, in their order."""
    rows = client.query(_CHECKS, {"since": _naive(since)}).result_rows
    return [
        Check(at.replace(tzinfo=UTC), timedelta(seconds=seconds), ok, overdue, list(faults))
        for at, seconds, ok, overdue, faults in rows
    ]


def gaps(made: list[Check], until: datetime) -> Iterator[Gap]:
    """Where twice the interval passed without a check; the last may last still."""
    for number, check in enumerate(made, 1):
        end = made[number].at if number < len(made) else until
        if end - check.at > 2 * check.interval:
            yield Gap(check.at, end)


def _last_check(reach: Reach, now: datetime) -> Reading:
    found = reach.clickhouse().query(_LAST).result_rows
    if not found:
        return Reading(problem="No check was ever made: is `sillage jobs` running?")
    at, interval = found[0][0].replace(tzinfo=UTC), timedelta(seconds=found[0][1])
    late = now - at > 2 * interval
    return Reading(
        limit_in_store=f"the last at {at:%Y-%m-%d %H:%M} UTC, every {interval}",
        next_drop=at + interval,
        problem=f"The last check was at {at:%Y-%m-%d %H:%M} UTC: is `sillage jobs` running?" if late else "",
    )


JOB = Store(
    "expiry job",
    "nothing: it drops what has passed, then checks",
    "twice its interval without a check",
    _last_check,
)


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)
