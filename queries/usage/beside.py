"""The window that one is compared with, cut where the running one has come to."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from queries.usage.window import MalformedWindow, Window


def beside(window: Window) -> Window | None:
    """The window before, ended where the running one stands, to the hour; None if nothing is kept.

    What happened between that hour and `now` is thereby set against at most an hour more.
    """
    before = kept_before(window)
    if before is None:
        return None
    if window.until <= window.now:
        return before
    back = _wall(before.until, window) - _wall(window.until, window)
    into_hour = timedelta(
        minutes=window.now.minute, seconds=window.now.second, microseconds=window.now.microsecond
    )
    ends = window.now.astimezone(UTC) - into_hour + (timedelta(hours=1) if into_hour else timedelta())
    until = (_wall(ends, window) + back).replace(tzinfo=window.zone)
    until = min(until, before.until)
    if until <= max(before.since, before.floor):
        return None
    return replace(before, until=until)


def kept_before(window: Window) -> Window | None:
    """The window before, None if nothing of it is kept."""
    try:
        return window.before
    except MalformedWindow:
        return None


def is_whole(window: Window) -> bool:
    """Whether all of it is still kept."""
    return window.since >= window.floor


def _wall(moment: datetime, window: Window) -> datetime:
    return moment.astimezone(window.zone).replace(tzinfo=None)
