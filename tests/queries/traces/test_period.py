"""A period is cut from its end, and the pieces make it up."""

from datetime import UTC, datetime, timedelta
from math import inf

from hypothesis import given
from hypothesis import strategies as st

from queries.traces.period import Period

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


@given(
    st.timedeltas(timedelta(microseconds=2), timedelta(days=90)),
    st.floats(0.001, 1),
    st.lists(st.floats(1.01, 1e6) | st.just(inf), max_size=5),
)
def test_the_parts_make_up_the_period_without_a_gap(
    length: timedelta, share: float, times: list[float]
) -> None:
    whole = Period(NOW - length, NOW)
    parts = [whole.latest(share)]
    for much in [*times, inf]:
        if earlier := whole.earlier(parts[-1], much):
            parts.append(earlier)
    assert parts[0].until == whole.until
    assert parts[-1].since == whole.since
    assert [part.until for part in parts[1:]] == [part.since for part in parts[:-1]]


def test_a_part_goes_as_far_back_as_is_asked_for_and_leaves_no_short_rest() -> None:
    whole = Period(NOW - timedelta(hours=64), NOW)
    last = whole.latest(1 / 64)
    assert last == Period(NOW - timedelta(hours=1), NOW)
    assert whole.earlier(last, 3) == Period(NOW - timedelta(hours=3), NOW - timedelta(hours=1))
    assert whole.earlier(last, 40) == Period(whole.since, NOW - timedelta(hours=1))
    assert whole.earlier(whole, 2) is None


def test_what_is_too_short_to_be_worth_a_question_is_not_cut() -> None:
    short = Period(NOW - timedelta(minutes=9), NOW)
    assert short.latest(1 / 64) == short
