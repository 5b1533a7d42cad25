"""When a day's rows go."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from privacy.retention.days import day_of, gone_at, next_midnight
from privacy.retention.parts import gone


@pytest.mark.parametrize(
    ("day", "retention", "goes"),
    [
        (date(2026, 11, 25), 90, datetime(2027, 2, 23, tzinfo=UTC)),
        (date(2027, 12, 1), 90, datetime(2028, 2, 29, tzinfo=UTC)),  # on the leap day
        (date(2028, 2, 29), 7, datetime(2028, 3, 7, tzinfo=UTC)),
        (date(2027, 2, 22), 7, datetime(2027, 3, 1, tzinfo=UTC)),  # no leap year
    ],
)
def test_a_day_goes_as_its_retention_has_passed(day: date, retention: int, goes: datetime) -> None:
    assert gone_at(day, retention) == goes
    assert gone(f"{day:%Y%m%d}-{retention}") == goes


@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)), st.sampled_from([7, 90])
)
def test_nothing_is_older_than_its_retention_and_nothing_goes_before_its_last_day_is_over(
    received_at: datetime, retention: int
) -> None:
    goes = gone_at(day_of(received_at), retention)
    assert goes - received_at <= timedelta(days=retention)
    assert goes - received_at > timedelta(days=retention - 1)


def test_a_partition_without_a_day_has_no_time_to_go() -> None:
    assert gone("all") is None
    assert gone("") is None


def test_a_partition_of_a_week_goes_by_the_shortest_retention_of_its_first_day() -> None:
    assert gone("20261123") == datetime(2026, 11, 30, tzinfo=UTC)


def test_days_are_utc_whatever_the_offset() -> None:
    assert day_of(datetime.fromisoformat("2026-11-26T00:30:00+01:00")) == date(2026, 11, 25)
    assert next_midnight(datetime.fromisoformat("2026-11-26T00:30:00+01:00")) == datetime(
        2026, 11, 26, tzinfo=UTC
    )
