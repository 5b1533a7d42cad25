"""What people did one after the other, as `sillage usage` tells it: funnels, histories, tails and paths."""

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.cli.terminals import Terminal
from tests.conftest import Stack
from tests.queries.databases import own_database

YESTERDAY = datetime.now(UTC).replace(hour=10, minute=0, second=0, microsecond=0) - timedelta(days=1)
TRACE = "0af7651916cd43dd8448eb211c80319c"
ROWS = [
    # minute, action, country, user, session
    (0, "cart.opened", "FR", "ada", "s1"),
    (5, "order.sent", "FR", "ada", "s1"),
    (9, "order.paid", "FR", "ada", "s1"),
    (20, "cart.opened", "DE", "alan", "s2"),
    (90, "order.sent", "DE", "alan", "s2"),
    (95, "cart.opened", "", "grace", "s3"),
]


@pytest.fixture(scope="module")
def terminal(stack: Stack) -> Iterator[Terminal]:
    names = [
        "received_at", "occurred_at", "tenant", "retention_days", "kind", "name", "country", "user_id",
        "session_id", "trace_id", "properties_json",
    ]  # fmt: skip
    rows: list[list[Any]] = []
    for minute, *values in ROWS:
        at = YESTERDAY + timedelta(minutes=minute)
        rows.append([at, at, "demo", 90, "action", *values, TRACE, '{"n":1}'])
    with own_database(stack) as (database, client):
        client.insert("usage_events", rows, column_names=names)
        yield Terminal(stack, database, client, ("usage",))


def figures(rows: "list[dict[str, Any]]", *names: str) -> "list[tuple[Any, ...]]":
    return [tuple(row[name] for name in names) for row in rows]


FUNNEL = ("funnel", "--tenant", "demo", "--step", "cart.opened", "--step", "action = order.sent")


def test_a_funnel_tells_who_came_how_far(terminal: Terminal) -> None:
    assert figures(terminal.told(*FUNNEL), "step", "count", "of_first") == [(1, 3, 1.0), (2, 2, 2 / 3)]
    assert figures(terminal.told(*FUNNEL, "--within", "1h", "--by", "session"), "count") == [(3,), (1,)]
    assert re.search(r"2 action = order\.sent +│ +2 │ +66\.7 % │ +66\.7 % │ █", terminal.shown(*FUNNEL))


def test_a_funnel_is_broken_down_by_a_field_of_the_first_step(terminal: Terminal) -> None:
    asked = (*FUNNEL, "--breakdown", "country", "--limit", "1")
    assert figures(terminal.told(*asked), "part", "value", "step", "count") == [
        ("all", None, 1, 3), ("all", None, 2, 2),
        ("value", "", 1, 1), ("value", "", 2, 0),
        ("other", None, 1, 2), ("other", None, 2, 2),
    ]  # fmt: skip
    assert re.search(r"\(unknown\) +│ 1 cart\.opened +│ +1 │", terminal.shown(*asked))


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("--step", "action ="), "Invalid value for --step: At column"),
        (("--within", "91d"), "Invalid value for --within: Within 7862400 seconds: expected 0 to"),
        (("--within", "1ms"), "Invalid value for --within: It is counted in whole seconds."),
        (("--step", "b") * 20, "Invalid value for --step: 21 steps: expected 1 to 20."),
        (("--breakdown", "weather"), "Invalid value for --breakdown: 'weather' is none of"),
    ],
)
def test_what_is_wrong_with_a_funnel_is_said(terminal: Terminal, asked: tuple[str, ...], said: str) -> None:
    done = terminal.run("funnel", "--tenant", "demo", "--step", "a", *asked)
    assert (done.exit_code, said in " ".join(done.stderr.split())) == (2, True), done.stderr


def test_a_history_has_the_newest_first_and_the_traces(terminal: Terminal) -> None:
    asked = ("history", "--tenant", "demo", "--user", "ada")
    rows = terminal.told(*asked, "--user", "grace")
    assert figures(rows, "action") == [("cart.opened",), ("order.paid",), ("order.sent",), ("cart.opened",)]
    assert figures(rows[:1], "trace_id", "properties", "cursor") == [(TRACE, {"n": 1}, "")]
    shown = terminal.shown(*asked)
    assert re.search(rf"ada, session s1 *\n.* 10:09:00 +order\.paid n=1 *\n +trace {TRACE}", shown)
    assert '"{""n"": 1}"' in terminal.shown(*asked, "--format", "csv")


def test_a_history_goes_on_from_its_cursor(terminal: Terminal) -> None:
    asked = ("history", "--tenant", "demo", "--session", "s1", "--limit", "2")
    cursor = terminal.told(*asked)[-1]["cursor"]
    assert f"There are older ones: --cursor {cursor}" in terminal.shown(*asked)
    rest = terminal.told(*asked, "--cursor", cursor)
    assert figures(rest, "action", "cursor") == [("cart.opened", "")]


def test_a_history_is_of_somebody_and_from_a_place(terminal: Terminal) -> None:
    for asked, said in (
        ((), "either --user or --session"),
        (("--user", "a", "--cursor", "x"), "cursor is none"),
    ):
        done = terminal.run("history", "--tenant", "demo", *asked)
        assert (done.exit_code, said in done.stderr) == (2, True)


@pytest.mark.parametrize("form", ["table", "json"])
def test_a_tail_prints_until_it_is_interrupted(terminal: Terminal, form: str) -> None:
    asked = terminal.command(
        "tail", "--tenant", "demo", "--since", "3d", "--where", "user = grace", "--format", form
    )
    running = subprocess.Popen(
        asked, env=terminal.surroundings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert running.stdout
    line = running.stdout.readline()
    running.send_signal(signal.SIGINT)
    rest, said = running.communicate(timeout=60)
    assert (running.returncode, rest, said) == (0, "", "")
    if form == "json":
        assert figures([json.loads(line)], "action", "user", "trace_id", "properties") == [
            ("cart.opened", "grace", TRACE, {"n": 1})
        ]
    else:
        assert line == "11:35:00  grace  cart.opened n=1\n"


def test_paths_are_a_tree(terminal: Terminal) -> None:
    asked = ("paths", "--tenant", "demo", "--start", "cart.opened")
    assert figures(terminal.told(*asked), "node", "parent", "depth", "kind", "label", "sessions") == [
        (0, None, 0, "start", "cart.opened", 3),
        (1, 0, 1, "step", "order.sent", 2),
        (2, 1, 2, "step", "order.paid", 1),
        (3, 2, 3, "end", "", 1),
        (4, 1, 2, "end", "", 1),
        (5, 0, 1, "end", "", 1),
    ]
    shown = terminal.shown(*asked)
    assert re.search(
        r"cart\.opened  3 sessions\n├── order\.sent  2  66\.7 %\n│   ├── order\.paid  1  33\.3 %", shown
    )


def test_paths_lead_to_a_start_too(terminal: Terminal) -> None:
    asked = ("paths", "--tenant", "demo", "--start", "action = order.paid", "--before", "--depth", "1")
    assert figures(terminal.told(*asked), "kind", "label") == [
        ("start", "action = order.paid"),
        ("step", "order.sent"),
    ]
    assert "No events of tenant 'demo'" in terminal.shown("paths", "--tenant", "demo", "--start", "nothing")
    done = terminal.run("paths", "--tenant", "demo", "--start", "weather = fine")
    assert (done.exit_code, "Invalid value for --start: 'weather'" in done.stderr) == (2, True)
