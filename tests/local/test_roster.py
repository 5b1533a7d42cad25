"""The next start ends what a killed supervisor left, and nothing else."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from local.roster import Roster

SLEEPER = [sys.executable, "-c", "import signal; signal.pause()"]


@pytest.fixture
def sleeper() -> Iterator["subprocess.Popen[bytes]"]:
    with subprocess.Popen(SLEEPER) as process:
        yield process
        process.kill()


def test_what_was_left_running_is_ended(tmp_path: Path, sleeper: "subprocess.Popen[bytes]") -> None:
    Roster(tmp_path / "pids.json").add(sleeper.pid)
    Roster(tmp_path / "pids.json").end_leftovers()
    assert sleeper.wait(10) == -signal.SIGKILL


def test_a_stranger_that_has_the_id_of_a_former_part_is_left_alone(
    tmp_path: Path, sleeper: "subprocess.Popen[bytes]"
) -> None:
    started = psutil.Process(sleeper.pid).create_time()
    (tmp_path / "pids.json").write_text(json.dumps({sleeper.pid: started - 60}))
    Roster(tmp_path / "pids.json").end_leftovers()
    assert sleeper.poll() is None


def test_a_process_that_is_gone_is_nothing_to_end(tmp_path: Path) -> None:
    with subprocess.Popen(SLEEPER) as process:
        Roster(tmp_path / "pids.json").add(process.pid)
        process.kill()
    Roster(tmp_path / "pids.json").end_leftovers()
    assert not (tmp_path / "pids.json").exists()
