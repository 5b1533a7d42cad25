"""Windows and their buckets, across changes of the clock and at the edge of what is kept."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries.usage.window import INTERVALS, MalformedWindow, Window, bucket_start

NOW = datetime(2026, 11, 25, 13, 20, tzinfo=UTC)
ZONES = ("UTC", "Europe/Paris", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Cairo")


def last(days: int, zone: str = "UTC", now: datetime = NOW) -> Window:
    return Window.last_days(days, zone, now)


def test_it_is_whole_days_of_the_zone_and_ends_with_today() -> None:
    window = last(2, "Europe/Paris")
    assert window.since.isoformat() == "2026-11-24T00:00:00+01:00"
    assert window.until.isoformat() == "2026-11-26T00:00:00+01:00"


@pytest.mark.parametrize("days", [0, 91])
def test_more_or_less_than_is_kept_is_refused(days: int) -> None:
    with pytest.raises(MalformedWindow, match="expected 1 to 90"):
        last(days)


def test_an_unknown_zone_is_refused_with_what_one_looks_like() -> None:
    with pytest.raises(MalformedWindow, match="Europe/Paris"):
        last(1, "Europe/Lutetia")


@pytest.mark.parametrize(("now", "hours"), [((2026, 10, 25), 25), ((2026, 3, 29), 23), ((2026, 3, 30), 24)])
def test_the_day_of_a_change_has_as_many_hours_as_the_clock_shows(
    now: tuple[int, int, int], hours: int
) -> None:
    buckets = last(1, "Europe/Paris", datetime(*now, 12, tzinfo=UTC)).buckets("hour")
    assert len(buckets) == hours
    assert len({bucket.start.timestamp() for bucket in buckets}) == hours


def test_where_the_clock_changes_by_half_an_hour_that_days_hours_are_counted_from_midnight() -> None:
    buckets = last(1, "Australia/Lord_Howe", datetime(2025, 4, 6, tzinfo=UTC)).buckets("hour")
    assert len(buckets) == 25
    assert [bucket.start.strftime("%H:%M") for bucket in buckets[:4]] == ["00:00", "01:00", "01:30", "02:30"]
    assert buckets[-1].end - buckets[-1].start == timedelta(minutes=30)


def test_weeks_begin_on_monday_and_the_first_is_cut() -> None:
    first, *_, newest = last(30, "Europe/Paris").buckets("week")
    assert (first.start.date().isoformat(), first.partial) == ("2026-10-26", "cut")
    assert (newest.start.date().isoformat(), newest.partial) == ("2026-11-23", "running")


def test_the_day_in_which_the_floor_lies_is_marked_as_expired() -> None:
    days = {
        bucket.start.date().isoformat(): bucket.partial for bucket in last(90, "Europe/Paris").buckets("day")
    }
    assert (days["2026-08-28"], days["2026-08-29"], days["2026-11-25"]) == ("expired", "", "running")
    assert last(90).buckets("day")[0].partial == ""


@pytest.mark.parametrize(
    ("zone", "hours", "slices"),
    [
        ("UTC", True, True), ("Europe/Paris", True, True), ("America/Los_Angeles", True, True),
        ("Asia/Kolkata", False, False), ("Asia/Tokyo", True, False),
    ],
)  # fmt: skip
def test_zones_fit_what_is_rolled_up_where_their_borders_do(zone: str, hours: bool, slices: bool) -> None:
    window = last(90, zone)
    assert (window.fits_hours("day"), window.fits_slices("day")) == (hours, slices)


def test_the_window_before_has_the_same_days_of_the_week() -> None:
    window = last(10, "Europe/Paris")
    before = window.before
    assert window.since.date() - before.since.date() == timedelta(days=14)
    assert before.until - before.since == window.until - window.since


def test_what_would_be_compared_with_nothing_kept_is_refused() -> None:
    with pytest.raises(MalformedWindow, match="older than"):
        _ = last(90).before


@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),
    st.sampled_from(ZONES),
    st.sampled_from(INTERVALS),
    st.integers(1, 90),
)
def test_buckets_follow_each_other_without_a_gap_and_hold_every_moment(
    now: datetime, zone: str, interval: str, days: int
) -> None:
    window = last(days, zone, now)
    buckets = window.buckets(interval)  # type: ignore[arg-type]
    starts = [bucket.start.timestamp() for bucket in buckets]
    assert starts == sorted(set(starts))
    assert starts[1:] == [bucket.end.timestamp() for bucket in buckets][:-1]
    assert starts[0] <= window.since.timestamp() < window.until.timestamp() <= buckets[-1].end.timestamp()
    found = bucket_start(now, interval, ZoneInfo(zone))  # type: ignore[arg-type]
    assert found.timestamp() in starts
    assert found.timestamp() <= now.timestamp()
