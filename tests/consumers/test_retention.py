from datetime import UTC, datetime

import pytest

from consumers.retention import has_expired

ARRIVAL = datetime(2026, 3, 1, 23, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "expired"),
    [
        (datetime(2026, 3, 7, 23, 59, tzinfo=UTC), False),
        (datetime(2026, 3, 8, 0, 0, tzinfo=UTC), True),
        (datetime(2027, 1, 1, tzinfo=UTC), True),
    ],
)
def test_a_rows_time_ends_with_a_day_in_utc(now: datetime, expired: bool) -> None:
    assert has_expired(int(ARRIVAL.timestamp() * 1_000), 7, now) is expired
