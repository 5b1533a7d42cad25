import pytest

from runtime.positions import Position


@pytest.mark.parametrize(
    ("position", "lag"),
    [
        (Position(first=0, end=10, committed=4), 6),
        (Position(first=0, end=10, committed=10), 0),
        (Position(first=3, end=10, committed=None), 7),
        (Position(first=6, end=10, committed=4), 4),
    ],
    ids=["behind", "done", "nothing committed", "expired unread"],
)
def test_lag_counts_what_is_kept_and_not_yet_read(position: Position, lag: int) -> None:
    assert position.lag == lag
