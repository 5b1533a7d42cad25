"""Clocks that expiry leans on."""

import pytest

from cli.checks import Verdict, clocks
from tests.cli.checks.asking import found
from tests.client import event, post
from tests.conftest import Stack

OK, LOOK, BROKEN = Verdict


@pytest.mark.parametrize(
    ("milliseconds", "verdict"), [(0, OK), (-1_999, OK), (2_500, LOOK), (-299_000, LOOK), (300_001, BROKEN)]
)
def test_clocks_that_lie_apart_are_told(milliseconds: int, verdict: Verdict) -> None:
    finding = clocks.judge_skew(milliseconds, "Two clocks")
    assert finding.verdict is verdict
    assert verdict is OK or "NTP" in finding.remedy


def test_kafkas_clock_is_judged_by_its_newest_record(stack: Stack) -> None:
    post(stack, [event()])
    finding = found(stack, "kafka clock")
    assert finding.verdict is OK
    assert "no record" not in finding.saw
