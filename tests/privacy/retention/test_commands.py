"""`sillage retention`, `backup` and `restore` as people run them."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests
from clickhouse_connect.driver.client import Client

from tests.conftest import ROOT, Stack

pytestmark = pytest.mark.long


def sillage(stack: Stack, *arguments: str) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in stack.environ.items() if not name.startswith("SILLAGE_")}
    command = [sys.executable, "-m", "cli", *arguments, "--data-dir", str(stack.data_dir)]
    return subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, check=False)


def test_a_report_names_every_store_in_eighty_columns_and_says_that_all_is_well(lone_stack: Stack) -> None:
    said = sillage(lone_stack, "retention", "report")
    assert (said.returncode, said.stderr) == (0, "")
    assert "table usage_events" in said.stdout
    assert "Every store was measured, and nothing is past its limit." in said.stdout
    assert max(map(len, said.stdout.splitlines())) <= 80


@pytest.fixture(scope="module")
def signed(lone_stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("reports") / "report.json"
    said = sillage(lone_stack, "retention", "report", "--sign", "--output", str(file))
    assert said.returncode == 0, said.stderr
    return file


def test_a_signed_report_verifies_by_the_public_key(lone_stack: Stack, signed: Path, tmp_path: Path) -> None:
    key = tmp_path / "auditors.pem"
    key.write_text(json.loads(signed.read_text())["public_key"])
    said = sillage(lone_stack, "retention", "verify", str(signed), "--key", str(key))
    assert said.returncode == 0, said.stderr
    assert "nothing was past its limit" in said.stdout


def test_a_report_that_was_changed_is_found_out(lone_stack: Stack, signed: Path, tmp_path: Path) -> None:
    changed = tmp_path / "changed.json"
    changed.write_text(signed.read_text().replace('"overdue_records": 0', '"overdue_records": 1', 1))
    said = sillage(lone_stack, "retention", "verify", str(changed))
    assert said.returncode == 1
    assert "was changed after it was signed" in said.stderr


@pytest.mark.parametrize("text", ["no JSON", "{}", "[]"])
def test_what_is_no_report_is_told_so(lone_stack: Stack, tmp_path: Path, text: str) -> None:
    (tmp_path / "x.json").write_text(text)
    said = sillage(lone_stack, "retention", "verify", str(tmp_path / "x.json"))
    assert said.returncode == 1
    assert "expected what `retention report --sign` prints" in said.stderr


def test_a_report_that_tells_of_something_overdue_fails_and_so_does_its_verification(
    lone_stack: Stack, client: Client, tmp_path: Path
) -> None:
    client.command("CREATE TABLE heap (anything String) ENGINE = Log")
    try:
        said = sillage(lone_stack, "retention", "report")
        assert said.returncode == 1
        assert "! other tables: In no inventory: sillage.heap." in said.stdout
        sillage(lone_stack, "retention", "report", "--sign", "--output", str(tmp_path / "bad.json"))
    finally:
        client.command("DROP TABLE heap")
    verified = sillage(lone_stack, "retention", "verify", str(tmp_path / "bad.json"))
    assert verified.returncode == 1
    assert "unchanged" in verified.stdout
    assert "sillage.heap" in verified.stdout


def test_the_check_that_was_made_at_the_start_is_in_the_history(lone_stack: Stack) -> None:
    said = sillage(lone_stack, "retention", "history")
    assert said.returncode == 0
    assert "1 checks  good" in said.stdout
    (check,) = json.loads(sillage(lone_stack, "retention", "history", "--json").stdout)["checks"]
    assert check["ok"]


def test_the_check_is_a_metric(lone_stack: Stack) -> None:
    page = requests.get(lone_stack.metrics_url, timeout=10).text
    assert "sillage_retention_ok 1.0" in page
    assert 'sillage_retention_overdue_records{store="table usage_events"} 0.0' in page


def test_an_export_is_measured_until_it_is_deleted(lone_stack: Stack, tmp_path: Path) -> None:
    exported = tmp_path / "events.csv"
    environ = lone_stack.environ
    command = ["usage", "export", "--tenant", "demo", "--days", "7", "--output", str(exported)]
    said = subprocess.run(
        [sys.executable, "-m", "cli", *command],
        env={name: value for name, value in environ.items() if "JOBS_INTERVAL" not in name},
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert said.returncode == 0, said.stderr
    stores = json.loads(sillage(lone_stack, "retention", "report", "--json").stdout)["stores"]
    assert [one["records"] for one in stores if one["store"] == "exports"] == [1]
    exported.unlink()


def test_a_lost_day_comes_back_by_restore(lone_stack: Stack, client: Client) -> None:
    columns = ["received_at", "tenant", "retention_days"]
    client.insert("usage_events", [(datetime.now(UTC), "acme", 90)], column_names=columns)
    made = sillage(lone_stack, "backup")
    assert made.returncode == 0, made.stderr
    assert "1 archives were made" in made.stdout
    client.command("TRUNCATE TABLE usage_events")
    back = sillage(lone_stack, "restore")
    assert back.returncode == 0, back.stderr
    assert "1 rows are back" in back.stdout
    assert client.query("SELECT count() FROM usage WHERE tenant = 'acme'").result_rows == [(1,)]
    client.command("TRUNCATE TABLE usage_events")


def test_without_a_folder_for_backups_it_is_said_what_to_set(lone_stack: Stack, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "cli", "backup", "--data-dir", str(tmp_path)]
    environ = {name: value for name, value in lone_stack.environ.items() if not name.startswith("SILLAGE_")}
    said = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, check=False)
    assert said.returncode == 1
    assert "SILLAGE_BACKUP_DIR is not set" in said.stderr
