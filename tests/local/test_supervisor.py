"""The supervisor, over stand-ins that are real processes."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.local.stand_in_stack import NEEDS

SCRIPT = Path(__file__).with_name("stand_in_stack.py")


class Supervised:
    """A supervisor of stand-ins in a process of its own."""

    def __init__(self, directory: Path, *behaviours: str) -> None:
        self._journal = directory / "journal"
        command = [sys.executable, str(SCRIPT), str(directory), *behaviours]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def until_ready(self) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "all is ready\n"

    def says(self, lines: int) -> list[str]:
        """The next lines on standard output."""
        assert self.process.stdout is not None
        return [self.process.stdout.readline() for _ in range(lines)]

    def end(self) -> tuple[int, str]:
        """Wait for the exit code and what was said on standard error."""
        _, said = self.process.communicate(timeout=30)
        return self.process.returncode, said

    def journal(self, what: str) -> list[str]:
        """The names of the parts that this happened to, in order."""
        return [line.rpartition(f" {what} ")[0] for line in self._lines() if f" {what} " in line]

    def pids(self) -> dict[str, int]:
        """The process id of each part that started last under its name."""
        started = [line.rpartition(" started ") for line in self._lines() if " started " in line]
        return {name: int(pid) for name, _, pid in started}

    def alive(self) -> list[str]:
        """The parts that still run; one that ended and was not waited for does not."""
        return [name for name, pid in self.pids().items() if _runs(pid)]

    def _lines(self) -> list[str]:
        return self._journal.read_text().splitlines() if self._journal.exists() else []


def _runs(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


class Supervising:
    """Starts supervisors on one directory, and ends what a failed test leaves."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.all: list[Supervised] = []

    def __call__(self, *behaviours: str) -> Supervised:
        self.all.append(Supervised(self.directory, *behaviours))
        return self.all[-1]


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Supervising]:
    supervising = Supervising(tmp_path)
    yield supervising
    for supervised in supervising.all:
        supervised.process.kill()
        supervised.process.communicate()


def test_parts_start_after_what_they_need(supervise: Supervising) -> None:
    supervised = supervise()
    supervised.until_ready()
    started = supervised.journal("started")
    assert (set(started[:2]), set(started[2:])) == ({"store", "log"}, {"door", "worker"})


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_all_parts_in_reverse_and_leaves_none(
    supervise: Supervising, number: signal.Signals
) -> None:
    supervised = supervise()
    supervised.until_ready()
    supervised.process.send_signal(number)
    assert supervised.end() == (0, "")
    stopped = supervised.journal("stopped")
    assert (set(stopped[:2]), set(stopped[2:])) == ({"door", "worker"}, {"store", "log"})
    assert supervised.alive() == []


def test_a_signal_while_parts_still_start_stops_those_that_run(supervise: Supervising) -> None:
    supervised = supervise("log=never-ready")
    while "store" not in supervised.journal("started"):
        assert supervised.process.poll() is None
    supervised.process.terminate()
    assert supervised.end() == (0, "")
    assert "door" not in supervised.journal("started")
    assert supervised.alive() == []


def test_a_part_that_ignores_the_request_to_stop_is_killed(supervise: Supervising) -> None:
    supervised = supervise("worker=stubborn")
    supervised.until_ready()
    supervised.process.terminate()
    assert supervised.end() == (0, "")
    assert set(supervised.journal("stopped")) == {"door", "store", "log"}
    assert supervised.alive() == []


def test_what_a_part_started_itself_is_ended_with_it(supervise: Supervising) -> None:
    supervised = supervise("worker=parent")
    while "worker's child" not in supervised.journal("started"):
        assert supervised.process.poll() is None
    supervised.process.terminate()
    assert supervised.end() == (0, "")
    assert supervised.alive() == []


def test_a_part_that_fails_at_its_start_is_named_with_its_last_words_and_the_remedy(
    supervise: Supervising,
) -> None:
    supervised = supervise("door=failing")
    code, said = supervised.end()
    assert code == 1
    assert said.startswith("door ended by itself with exit code 1.\n")
    assert f"{supervise.directory / 'door.log'}:\n    out of paper\nFeed the door." in said
    assert supervised.alive() == []


def test_a_part_that_is_killed_later_is_named_and_the_others_are_stopped(supervise: Supervising) -> None:
    supervised = supervise()
    supervised.until_ready()
    psutil.Process(supervised.pids()["log"]).kill()
    code, said = supervised.end()
    assert code == 1
    assert said.startswith("log was killed by SIGKILL")
    assert "Feed the log." in said
    assert set(supervised.journal("stopped")) == {"door", "worker", "store"}


def test_a_part_that_never_gets_ready_is_named(supervise: Supervising) -> None:
    supervised = supervise("worker=never-ready")
    code, said = supervised.end()
    assert (code, said.splitlines()[0]) == (1, "worker was not ready after 2 s.")
    assert supervised.alive() == []


def test_a_task_is_ready_when_it_has_ended_well(supervise: Supervising) -> None:
    supervised = supervise("store=finishing")
    supervised.until_ready()
    assert set(supervised.alive()) == set(NEEDS) - {"store"}


def test_a_part_in_the_background_may_fail_and_the_others_go_on(supervise: Supervising) -> None:
    supervised = supervise("door=failing-in-background")
    assert sorted(supervised.says(2)) == ["all is ready\n", "door ended with 1: out of paper\n"]
    assert set(supervised.alive()) == set(NEEDS) - {"door"}
    supervised.process.terminate()
    assert supervised.end() == (0, "")


def test_nobody_waits_for_a_part_in_the_background_and_it_is_stopped_first(supervise: Supervising) -> None:
    supervised = supervise("door=never-ready-in-background")
    supervised.until_ready()
    while "door" not in supervised.journal("started"):
        assert supervised.process.poll() is None
    supervised.process.terminate()
    assert supervised.end() == (0, "")
    assert "door" in supervised.journal("stopped")[:2]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends the children of a killed parent")
def test_parts_die_with_a_supervisor_that_is_killed(supervise: Supervising) -> None:
    supervised = supervise()
    supervised.until_ready()
    parts = [psutil.Process(pid) for pid in supervised.pids().values()]
    supervised.process.kill()
    supervised.end()
    for part in parts:
        while _runs(part.pid):  # the kernel has sent the signals; the test's time limit bounds the wait
            pass
    assert supervised.journal("stopped") == []


def test_a_new_supervisor_comes_up_after_a_killed_one(supervise: Supervising) -> None:
    killed = supervise()
    killed.until_ready()
    before = killed.pids()
    killed.process.kill()
    killed.end()
    restarted = supervise()
    restarted.until_ready()
    assert not any(map(_runs, before.values()))
    assert set(restarted.alive()) == set(NEEDS)
