"""A part's log stays small and keeps its last words."""

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
    assert (files["part.log.1"] + files["part.log"]).endswith("line 48\nline 49\n")


def test_a_later_run_appends_but_its_last_lines_are_its_own(tmp_path: Path) -> None:
    first = PartLog(tmp_path / "part.log")
    first.write(b"first run\n")
    first.close()
    second = PartLog(tmp_path / "part.log")
    second.write(b"\nsecond run\nhalf a li")
    second.write(b"ne\n")
    assert second.last_lines(5) == ["second run", "half a line"]
    second.close()
    assert (tmp_path / "part.log").read_text() == "first run\n\nsecond run\nhalf a line\n"
