"""One stack owns a data directory, and only on a disk with room."""

import os
from pathlib import Path

import pytest

from local.data_dir import FREE_BYTES_NEEDED, DataDir
from local.errors import CannotStart


def test_a_second_owner_is_told_the_directory_the_first_ones_process_and_the_remedy(tmp_path: Path) -> None:
    with DataDir(tmp_path).held(), pytest.raises(CannotStart) as refused, DataDir(tmp_path).held():
        pass
    for named in (str(tmp_path), f"process {os.getpid()}", "Ctrl-C", "--data-dir", "--port-base"):
        assert named in str(refused.value)


def test_the_next_owner_comes_when_the_first_has_left(tmp_path: Path) -> None:
    with DataDir(tmp_path).held():
        pass
    with DataDir(tmp_path).held():
        assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


def test_a_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    below_a_file = DataDir(tmp_path / "file" / "data")
    with pytest.raises(CannotStart, match=r"file/data cannot be used.*--data-dir"), below_a_file.held():
        pass


def test_a_full_disk_is_refused_with_the_figure_and_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(CannotStart, match=r"Only 300 MiB are free.*1,024 MiB.*--data-dir"):
        DataDir(tmp_path).refuse_full_disk(300 << 20)
    DataDir(tmp_path).refuse_full_disk(FREE_BYTES_NEEDED)


def test_the_metrics_of_an_earlier_run_are_forgotten(tmp_path: Path) -> None:
    data = DataDir(tmp_path)
    with data.held():
        data.clear_metrics()
        (data.metrics / "counter_1.db").touch()
        data.clear_metrics()
    assert list(data.metrics.iterdir()) == []
