"""Weeks that are rolled up as one: their days, and for how long their events are kept."""

from collections.abc import Collection, Mapping
from datetime import date, timedelta


def days_of(monday: date) -> list[date]:
    """The seven."""
    return [monday + timedelta(days=number) for number in range(7)]


def retentions_of(monday: date, of_days: Mapping[date, Collection[int]]) -> set[int]:
    """Those of all of its days."""
    return {retention for day in days_of(monday) for retention in of_days.get(day, ())}


def is_whole(monday: date, of_days: Mapping[date, Collection[int]], today: date) -> bool:
    """Whether of each retention all seven days are kept today, or none, and of some all are."""
    ends = [monday + timedelta(days=retention) for retention in retentions_of(monday, of_days)]
    return any(end > today for end in ends) and all(
        end > today or end + timedelta(days=6) <= today for end in ends
    )
