"""`sillage doctor` as a user runs it. `tests/cli/checks` breaks each check once."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from cli.checks import CHECKS
from tests.cli.checks.asking import free_port
from tests.conftest import Stack


def doctor(environ: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "cli", "doctor", *arguments]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)


def test_a_running_stack_is_well(stack: Stack) -> None:
    done = doctor(dict(os.environ), "--data-dir", str(stack.data_dir), "--json")
    findings = {one["check"]: one for one in json.loads(done.stdout)}
    assert list(findings) == [check.name for check in CHECKS]
    bad = [
        one
        for one in findings.values()
        if one["verdict"] != "ok" and one["check"] not in ("geography", "disk")
    ]
    assert (bad, done.returncode, done.stderr) == ([], 0, "")


def test_where_nothing_runs_it_says_what_to_start(tmp_path: Path) -> None:
    nowhere = {
        "SILLAGE_CLICKHOUSE_URL": f"http://127.0.0.1:{free_port()}",
        "SILLAGE_KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{free_port()}",
        "SILLAGE_COLLECTOR_PORT": free_port(),
    }
    done = doctor(os.environ | nowhere, "--data-dir", str(tmp_path))
    assert done.returncode == 1
    assert done.stdout.count("Start the stack with `sillage up`") == 2
    assert "Traceback" not in done.stderr


def test_every_check_has_a_name_of_its_own_and_needs_only_earlier_ones() -> None:
    earlier: list[Any] = []
    for check in CHECKS:
        assert set(check.needs) <= set(earlier), check.name
        assert check.name not in earlier
        earlier.append(check.name)
