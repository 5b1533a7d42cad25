"""`sillage status` as a user runs it."""

import json
import os
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

from runtime.clickhouse import connect
from runtime.settings import QuerySettings, load
from tests.cli.checks.asking import free_port
from tests.client import CHROME, awaited, event, post, send, stored
from tests.conftest import Stack
from tests.queries.databases import insert_event, own_database


def status(stack: Stack, *arguments: str, **changes: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "cli", "status", "--data-dir", str(stack.data_dir), *arguments]
    environ = os.environ | changes
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False)


def as_json(stack: Stack, **changes: str) -> tuple[int, dict[str, Any]]:
    done = status(stack, "--json", **changes)
    return done.returncode, json.loads(done.stdout)


def named(rows: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(row for row in rows if row["name"] == name)


def test_a_running_stack_is_shown_from_the_collector_to_the_tables(stack: Stack) -> None:
    sent = [event(), event()]
    post(stack, sent)
    stored(connect(load(QuerySettings, stack.environ)), "name", [one["id"] for one in sent])
    code, found = as_json(stack)
    assert (code, found["ok"], found["problems"]) == (0, True, [])
    assert [part["name"] for part in found["parts"]] == ["collector", "metrics", "kafka", "clickhouse"]
    assert not any(part["fault"] for part in found["parts"])
    usage, spans = (named(found["topics"], f"sillage.{name}") for name in ("usage", "spans"))
    assert usage["records"] >= 1
    assert usage["records_per_second"] > 0
    assert spans["lag"] == 0
    events = named(found["tables"], "usage_events")
    assert events["rows"] >= 2
    assert events["rows_per_second"] > 0
    assert events["overdue_days"] == 0


def test_the_lag_ends_when_everything_is_stored(stack: Stack) -> None:
    post(stack, [event()])
    assert awaited(lambda: named(as_json(stack)[1]["topics"], "sillage.usage")["lag"] == 0)


def test_refusals_and_losses_are_shown_by_reason(stack: Stack) -> None:
    post(stack, [event(), event(name="n" * 201)])
    batch = {"key": "pk_demo", "batch_id": str(uuid.uuid4()), "lost": {"queue_full": 3}, "events": [event()]}
    send(stack, "POST", json.dumps(batch).encode(), **{"Content-Type": "text/plain", "User-Agent": CHROME})
    send(stack, "POST", b"not json", **{"Content-Type": "text/plain"})
    counts = as_json(stack)[1]["counts"]
    assert counts["events_refused"]["name_too_long"] >= 1
    assert counts["lost_by_clients"]["queue_full"] >= 3
    assert counts["requests_refused"]["not_json"] >= 1
    assert counts["spooled"] == 0
    shown = status(stack).stdout
    assert "Events lost by clients: queue_full" in shown
    assert "Records in the spool: 0" in shown


def test_the_screen_is_for_people(stack: Stack) -> None:
    post(stack, [event()])
    shown = awaited(lambda: (done := status(stack)).returncode == 0 and done.stdout)
    for expected in (
        stack.collector_url,
        "sillage.usage",
        "usage_events",
        "oldest day",
        "Dead letters kept:",
    ):
        assert expected in shown


def test_where_nothing_runs_one_sentence_says_so(stack: Stack, tmp_path: Path) -> None:
    nowhere = {
        "SILLAGE_CLICKHOUSE_URL": f"http://127.0.0.1:{free_port()}",
        "SILLAGE_KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{free_port()}",
        "SILLAGE_COLLECTOR_PORT": free_port(),
    }
    done = status(stack, "--data-dir", str(tmp_path), **nowhere)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: Nothing runs: ")
    assert "`sillage up`" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_part_that_does_not_answer_is_a_problem_and_the_others_are_shown(stack: Stack) -> None:
    code, found = as_json(stack, SILLAGE_CLICKHOUSE_URL=f"http://127.0.0.1:{free_port()}")
    assert (code, found["ok"], found["tables"]) == (1, False, [])
    assert ["clickhouse does not answer" in problem for problem in found["problems"]] == [True]
    assert named(found["topics"], "sillage.usage")


def test_a_missing_view_and_an_overdue_day_are_problems(stack: Stack) -> None:
    with own_database(stack) as (name, client):
        client.command("DROP VIEW usage_by_day")
        client.command("SYSTEM STOP TTL MERGES")
        try:
            insert_event(client, days_ago=90, retention_days=90)
            code, found = as_json(stack, SILLAGE_CLICKHOUSE_DATABASE=name)
        finally:
            client.command("SYSTEM START TTL MERGES")
        view, day = found["problems"]
        assert (code, named(found["tables"], "usage_events")["overdue_days"]) == (1, 1)
        assert view == "Table or view usage_by_day does not exist. Run `sillage migrate`."
        assert day.startswith("Days of usage_events that are stored though their retention has passed: 1.")
        client.command(day.split("`")[1])
        found = as_json(stack, SILLAGE_CLICKHOUSE_DATABASE=name)[1]
        assert named(found["tables"], "usage_events")["overdue_days"] == 0
