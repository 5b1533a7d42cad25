"""The stores that are files, and the collectors' spools, which other machines tell of."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from privacy.retention import backups, exports, logs, spool
from privacy.retention.reading import EXPORTS, CannotTell, Reach
from runtime.settings import KafkaSettings

NOW = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)


def ways(**found: Any) -> Reach:
    def unasked() -> Any:
        raise AssertionError("ClickHouse is not asked for files")

    return Reach(unasked, KafkaSettings(), **({"collectors": ()} | found))


def test_a_log_is_as_old_as_its_first_line(tmp_path: Path) -> None:
    (tmp_path / "consumer.log").write_text("log begun 2026-11-01T00:00:00+00:00\n2026-11-20 10:00:00,000 x\n")
    (tmp_path / "empty.log").touch()
    found = logs.measure(ways(logs=tmp_path), NOW)
    assert (found.records, found.overdue_records) == (1, 0)
    assert found.oldest_received_at == datetime(2026, 11, 1, tzinfo=UTC)
    assert logs.measure(ways(logs=tmp_path), NOW + timedelta(days=61)).overdue_records == 1


def test_a_log_that_does_not_say_how_old_it_is_cannot_be_told(tmp_path: Path) -> None:
    (tmp_path / "x.log").write_text("hello\n")
    with pytest.raises(CannotTell, match=r"x\.log"):
        logs.measure(ways(logs=tmp_path), NOW)


def test_an_archive_is_as_old_as_the_day_of_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "sillage" / "usage_events" / "20260828-90"
    folder.mkdir(parents=True)
    (folder / "20260829T000000Z-5-0.tar").write_bytes(b"12345")
    found = backups.measure(ways(backups=tmp_path), NOW)
    assert (found.records, found.bytes, found.overdue_records) == (1, 5, 0)
    assert found.next_drop == datetime(2026, 11, 26, tzinfo=UTC)
    late = backups.measure(ways(backups=tmp_path), datetime(2026, 11, 26, tzinfo=UTC))
    assert (late.overdue_records, late.overdue_bytes) == (1, 5)


def test_a_file_among_the_archives_of_which_no_day_is_known_is_told(tmp_path: Path) -> None:
    (tmp_path / "dump.sql").write_text("rows")
    assert "dump.sql" in backups.measure(ways(backups=tmp_path), NOW).problem


def test_an_exported_file_is_overdue_from_when_its_oldest_day_has_passed(
    tmp_path: Path,
) -> None:
    exported = tmp_path / "events.csv"
    exported.write_text("a,b\n")
    exports.remember(tmp_path / "state", exported, date(2026, 8, 28))
    exports.remember(tmp_path / "state", tmp_path / "gone.csv", date(2026, 1, 1))
    register = tmp_path / "state" / EXPORTS
    assert exports.measure(ways(exports=register), NOW).overdue_records == 0
    late = exports.measure(ways(exports=register), NOW + timedelta(days=1))
    assert (late.records, late.overdue_records, late.overdue_bytes) == (1, 1, 4)
    assert str(exported) in late.problem
    exported.unlink()
    assert exports.measure(ways(exports=register), NOW + timedelta(days=1)).records == 0


@contextmanager
def page(text: str) -> Iterator[str]:
    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/metrics"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def metrics(oldest: datetime | None, limit_hours: int = 168) -> str:
    return (
        f"sillage_spool_oldest_received_timestamp_seconds {oldest.timestamp() if oldest else 0}\n"
        f"sillage_spool_limit_seconds {limit_hours * 3600}\n"
        f"sillage_spool_records {2 if oldest else 0}\nsillage_spool_bytes 4096\n"
    )


def test_the_oldest_record_of_all_spools_counts() -> None:
    with page(metrics(NOW - timedelta(hours=2))) as one, page(metrics(NOW - timedelta(days=6))) as other:
        found = spool.measure(ways(collectors=(one, other)), NOW)
    assert found.oldest_received_at == NOW - timedelta(days=6)
    assert (found.records, found.overdue_records, found.problem) == (4, 0, "")


def test_a_spool_that_keeps_a_record_past_its_limit_is_found() -> None:
    with page(metrics(NOW - timedelta(hours=25), limit_hours=24)) as url:
        assert spool.measure(ways(collectors=(url,)), NOW).overdue_records == 2


def test_a_spool_whose_limit_was_raised_is_found() -> None:
    with page(metrics(None, limit_hours=400)) as url:
        assert "more than" in spool.measure(ways(collectors=(url,)), NOW).problem


def test_a_page_that_tells_nothing_of_a_spool_is_none_of_a_collector() -> None:
    with page("up 1\n") as url, pytest.raises(CannotTell, match="sillage_spool_limit_seconds"):
        spool.measure(ways(collectors=(url,)), NOW)
