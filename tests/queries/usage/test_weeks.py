"""When a week's roll may stand for its days: while what it has of each tenant is all kept, or all gone."""

from datetime import date, timedelta

import pytest

from queries.usage.weeks import days_of, is_whole, retentions_of

MONDAY = date(2026, 3, 2)


def test_a_week_is_from_monday_to_sunday() -> None:
    assert [day.isoweekday() for day in days_of(MONDAY)] == [1, 2, 3, 4, 5, 6, 7]


def test_its_retentions_are_those_of_all_of_its_days_and_a_day_may_have_none() -> None:
    of_days = {MONDAY: {30}, MONDAY + timedelta(days=6): {90, 7}, MONDAY + timedelta(days=7): {60}}
    assert retentions_of(MONDAY, of_days) == {7, 30, 90}


@pytest.mark.parametrize(
    ("retentions", "days_later", "whole"),
    [
        ({30, 90}, 29, True),
        ({30, 90}, 30, False),
        ({30, 90}, 35, False),
        ({30, 90}, 36, True),
        ({30, 90}, 89, True),
        ({30, 90}, 90, False),
        ({30, 90}, 200, False),
        (set(), 10, False),
    ],
)
def test_it_is_whole_while_no_tenant_has_lost_a_part_of_it(
    retentions: set[int], days_later: int, whole: bool
) -> None:
    of_days = dict.fromkeys(days_of(MONDAY), retentions)
    assert is_whole(MONDAY, of_days, MONDAY + timedelta(days=days_later)) is whole
