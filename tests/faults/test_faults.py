"""The short run: every point faulted, nothing lost, nothing doubled; and the controls, which must fail."""

import asyncio

import pytest

from consumers.points import Point
from tests.conftest import free_port_base
from tests.faults.__main__ import exit_code
from tests.faults.cargo import SPANS, USAGE, Cargo
from tests.faults.controls import Control
from tests.faults.oracle import Verdict
from tests.faults.report import Report
from tests.faults.run import Options, run
from tests.faults.schedule import SHORT, Kind

FAULTS_A_POINT = 2
LONGEST_SECONDS = 240
"""A run ends as soon as it has shown what it is for; beside other tests that takes longer."""


def _items(value: object) -> str | None:
    return value.items if isinstance(value, Cargo) else None


@pytest.mark.timeout(480)
@pytest.mark.parametrize("cargo", [USAGE, pytest.param(SPANS, marks=pytest.mark.long)], ids=_items)
def test_nothing_is_lost_or_doubled_whatever_is_killed_or_frozen_at_any_point(cargo: Cargo) -> None:
    options = Options(
        seconds=LONGEST_SECONDS,
        seed=1,
        cargo=cargo,
        deck=SHORT,
        faults_a_point=FAULTS_A_POINT,
        round_seconds=LONGEST_SECONDS,
        batches_a_second=30,
    )
    report = asyncio.run(run(options, free_port_base))
    assert not report.is_broken, report.text()
    assert report.verdict.acknowledged
    assert {point for point in Point if report.at(point) < FAULTS_A_POINT} == set(), report.text()


@pytest.mark.long
@pytest.mark.timeout(480)
@pytest.mark.parametrize(
    ("cargo", "control"),
    [(USAGE, Control.NO_CHECK), (USAGE, Control.TOKEN), (SPANS, Control.NO_CHECK)],
    ids=_items,
)
def test_a_weaker_protocol_shows_mismatches(cargo: Cargo, control: Control) -> None:
    options = Options(seconds=LONGEST_SECONDS, seed=1, cargo=cargo, control=control, batches_a_second=30)
    report = asyncio.run(run(options, free_port_base))
    assert report.verdict.mismatches, report.text()


@pytest.mark.long
@pytest.mark.timeout(480)
@pytest.mark.parametrize("control", ["", Control.NO_SUPPRESSION])
def test_erased_users_stay_away_whatever_is_killed_but_not_without_suppression(control: str) -> None:
    options = Options(
        seconds=LONGEST_SECONDS, seed=1, control=control, deck=SHORT, erasures=6, batches_a_second=30
    )
    report = asyncio.run(run(options, free_port_base))
    assert report.erasures.rows, report.text()
    assert bool(report.verdict.surviving) == bool(control), report.text()
    assert report.is_broken == bool(control), report.text()


def report(control: str = "", lost: int = 0, stalled: int = 0) -> Report:
    return Report(1, 1, control, verdict=Verdict(lost=lost), stalled=stalled)


def test_the_exit_code_is_0_only_for_what_should_be() -> None:
    assert exit_code(report()) == 0
    assert exit_code(report(lost=1)) == 1
    assert exit_code(report(stalled=1)) == 1
    assert exit_code(report(control="token")) == 1
    assert exit_code(report(control="token", lost=1)) == 0


def test_the_report_counts_by_point_and_kind() -> None:
    counted = report()
    counted.landed[Point.INSERTED, Kind.KILL] += 2
    counted.landed[Point.INSERTED, Kind.FREEZE] += 1
    assert (counted.at(Point.INSERTED), counted.at(Point.VERIFIED), counted.faults) == (3, 0, 3)
    assert "inserted" in counted.text()
