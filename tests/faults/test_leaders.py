"""Leaders killed by the clock: the command's options, what the report says of it, and a short run."""

import asyncio

import click
import pytest

from runtime.settings import variable
from tests.conftest import free_port_base
from tests.faults.__main__ import options
from tests.faults.errors import Infrastructure
from tests.faults.oracle import Verdict
from tests.faults.report import Report
from tests.faults.run import Options, run
from tests.faults.slots import REGIMES, SMALL, UNDER_LOAD


def chosen(monkeypatch: pytest.MonkeyPatch, **environ: str) -> Options:
    for name in ("MINUTES", "SEED", "BROKERS", "CONTROL", "LEADER", "RATE"):
        monkeypatch.setenv(name, environ.get(name, ""))
    return options()


def test_leaders_are_killed_under_one_load_without_a_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    found = chosen(monkeypatch, MINUTES="10", BROKERS="3", LEADER="20", RATE="5000")
    assert (found.leader_seconds, found.batches_a_second) == (20, 250)
    assert found.round_seconds == found.seconds
    assert found.slots == 2
    aimed = chosen(monkeypatch, MINUTES="10")
    assert aimed.round_seconds < aimed.seconds
    assert aimed.chosen_deck()
    assert not found.chosen_deck()


def test_consumers_under_load_batch_and_wait_as_shipped() -> None:
    aimed, loaded = (set(regime.environ("slot-0")) for regime in (REGIMES[0], UNDER_LOAD))
    assert aimed - loaded == {variable(name) for name in SMALL}
    assert UNDER_LOAD.environ("slot-0")[variable("consumer_instance")] == "slot-0"


@pytest.mark.parametrize("brokers", ["", "1"])
def test_the_leader_of_one_broker_is_not_killed_by_the_clock(
    monkeypatch: pytest.MonkeyPatch, brokers: str
) -> None:
    with pytest.raises(click.UsageError, match="BROKERS=3"):
        chosen(monkeypatch, LEADER="20", BROKERS=brokers)


def test_the_report_says_how_many_leaders_and_how_full_the_load() -> None:
    report = Report(1, 3, "", load_seconds=2, leaders_killed=7, verdict=Verdict(acknowledged=9_000))
    assert report.rate == 4_500
    assert "7 leaders killed" in report.text()
    assert "4,500 a second" in report.text()


@pytest.mark.long
@pytest.mark.timeout(480)
def test_nothing_is_lost_or_doubled_when_leaders_end() -> None:
    report = asyncio.run(
        run(Options(seconds=30, round_seconds=30, seed=1, brokers=3, leader_seconds=6), free_port_base)
    )
    assert not report.is_broken, report.text()
    assert report.leaders_killed
    assert report.verdict.acknowledged


@pytest.mark.long
@pytest.mark.timeout(480)
def test_a_run_that_has_killed_nobody_is_no_verdict() -> None:
    options = Options(seconds=1, round_seconds=1, seed=1, brokers=3, leader_seconds=60)
    with pytest.raises(Infrastructure, match="No leader was killed"):
        asyncio.run(run(options, free_port_base))
