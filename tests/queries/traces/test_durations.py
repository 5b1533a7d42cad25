"""Lengths of time, read and written."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from queries.traces.durations import UNITS_NS, MalformedDuration, parse_duration, show_duration


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("250ms", 250_000_000), ("2s", 2 * 10**9), ("1.5h", 5_400 * 10**9), ("7d", 604_800 * 10**9),
        ("0ms", 0), ("3us", 3_000), ("3µs", 3_000), (" 15m ", 900 * 10**9), ("0.5ns", 0),
    ],
)  # fmt: skip
def test_a_length_of_time_is_read(text: str, ns: int) -> None:
    assert parse_duration(text) == ns


@pytest.mark.parametrize("text", ["", "5", "ms", "-1s", "1 s 2", "1e3s", "²s", "1w", "300000h1", "9999999d"])
def test_what_is_no_length_of_time_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(MalformedDuration, match=r"250ms|292 years"):
        parse_duration(text)


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(MalformedDuration):
        assert parse_duration(text) >= 0


@given(st.integers(0, 10**5), st.sampled_from(sorted(UNITS_NS)))
def test_whole_units_are_exact(count: int, unit: str) -> None:
    assert parse_duration(f"{count}{unit}") == count * UNITS_NS[unit]


@given(st.integers(0, 10**15))
def test_what_is_written_is_read_again_to_within_its_last_digit(ns: int) -> None:
    assert parse_duration(show_duration(ns).replace(",", "")) == pytest.approx(ns, rel=0.06)
