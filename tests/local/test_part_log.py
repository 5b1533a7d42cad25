"""A part's log stays small and keeps its last words."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from local.part_log import PartLog


def test_a_log_never_holds_more_than_twice_its_limit(tmp_path: Path) -> None:
    log = PartLog(tmp_path / "part.log", max_bytes=100)
    for number in range(50):
        log.write(b"line %02d\n" % number)
    log.close()
    files = {file.name: file.read_text() for file in tmp_path.iterdir()}
    assert set(files) == {"part.log", "part.log.1"}
    assert all(len(text) <= 100 for text in files.values())
    assert files["part.log"].endswith("line 48\nline 49\n")


def test_a_later_run_appends_but_its_last_lines_are_its_own(tmp_path: Path) -> None:
    first = PartLog(tmp_path / "part.log")
    first.write(b"first run\n")
    first.close()
    second = PartLog(tmp_path / "part.log")
    second.write(b"\nsecond run\nhalf a li")
    second.write(b"ne\n")
    assert second.last_lines(5) == ["second run", "half a line"]
    second.close()
    begun, _, text = (tmp_path / "part.log").read_text().partition("\n")
    assert datetime.now(UTC) - datetime.fromisoformat(begun.removeprefix("log begun ")) < timedelta(days=1)
    assert text == "first run\n\nsecond run\nhalf a line\n"


def test_a_log_that_was_begun_thirty_days_ago_is_closed(tmp_path: Path) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=30, seconds=1)
    (tmp_path / "part.log").write_text(f"log begun {long_ago.isoformat()}\nold\n")
    log = PartLog(tmp_path / "part.log")
    log.write(b"new\n")
    log.close()
    assert "old" in (tmp_path / "part.log.1").read_text()
    assert "old" not in (tmp_path / "part.log").read_text()


def test_a_log_that_was_emptied_says_anew_when_it_was_begun(tmp_path: Path) -> None:
    log = PartLog(tmp_path / "part.log")
    log.write(b"old\n")
    os.truncate(tmp_path / "part.log", 0)
    log.write(b"new\n")
    log.close()
    assert [line.split()[0] for line in (tmp_path / "part.log").read_text().splitlines()] == ["log", "new"]
