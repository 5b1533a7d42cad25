"""`sillage usage` on how tenants stand and what they use, on events of a database of its own."""

import csv
import json
import re
from collections.abc import Iterator

import pytest

from tests.cli.terminals import Terminal
from tests.cli.test_usage import ROWS, figures, store
from tests.conftest import Stack
from tests.queries.databases import own_database


@pytest.fixture(scope="module")
def terminal(stack: Stack) -> Iterator[Terminal]:
    with own_database(stack) as (database, client):
        store(client, "demo")
        store(client, "quiet", [(10, *ROWS[0][1:])])
        store(client, "shop", [*ROWS[1:3], (8, *ROWS[1][1:])])
        yield Terminal(stack, database, client, ("usage",))


def test_adoption_is_a_share_of_the_active_users(terminal: Terminal) -> None:
    rows = terminal.told("adoption", "--tenant", "demo")
    assert figures(rows, "action", "events", "users", "active", "share") == [
        ("invoice.sent", 3, 1, 2, 0.5), ("invoice.paid", 1, 1, 2, 0.5),
    ]  # fmt: skip
    of_all = terminal.told("adoption", "--all-tenants", "--action", "invoice.sent")
    assert figures(of_all, "tenant", "share") == [("demo", 0.5), ("quiet", 1.0), ("shop", 0.5)]
    shown = terminal.shown("adoption", "--tenant", "demo")
    assert re.search(r"invoice\.sent +│ action │ +3 │ +1 │ +50\.0 % │", shown)


def test_tenants_at_risk_come_first(terminal: Terminal) -> None:
    rows = terminal.told("tenants")
    assert figures(rows, "tenant", "events", "users", "users_before", "risk") == [
        ("quiet", 1, 1, 0, "silent"), ("demo", 4, 2, 0, ""), ("shop", 3, 2, 0, ""),
    ]  # fmt: skip
    shown = terminal.shown("tenants")
    assert re.search(r"quiet +│ +1 │ +0 │ +1 │ +0 │ [\d-]{10} │ silent", shown)
    assert "silent: no event in the last 7 days" in shown


def test_a_tenants_page_has_its_trend_and_its_features(terminal: Terminal) -> None:
    (page,) = terminal.told("tenants", "--tenant", "demo")
    assert figures(page["trend"], "events", "users")[-4:] == [(1, 0), (0, 0), (2, 2), (1, 1)]
    assert page["features"] == terminal.told("adoption", "--tenant", "demo")
    shown = terminal.shown("tenants", "--tenant", "demo")
    assert re.search(r"│ [\d-]{10} \* │ +1 │ +0 │ +1 │ +0 │ ", shown)
    assert re.search(r"invoice\.sent +│ action │ +3 │", shown)
    assert "No events of tenant 'nobody'" in terminal.shown("tenants", "--tenant", "nobody")


def test_in_a_cell_of_csv_what_has_parts_is_json(terminal: Terminal) -> None:
    (page,) = csv.DictReader(terminal.shown("tenants", "--tenant", "demo", "--format", "csv").splitlines())
    assert json.loads(page["features"]) == terminal.told("adoption", "--tenant", "demo")


def test_each_day_stands_beside_the_same_of_the_week_before(terminal: Terminal) -> None:
    rows = terminal.told("compare", "--tenant", "shop", "--days", "2")
    assert figures(rows, "piece", "events", "events_before", "events_change", "users", "partial") == [
        ("day", 2, 1, 1.0, 2, ""), ("day", 0, 0, None, 0, "running"), ("whole", 2, 1, 1.0, 2, "running"),
    ]  # fmt: skip
    shown = terminal.shown("compare", "--tenant", "shop", "--days", "2")
    assert re.search(r"whole \* +│ +2 │ \+100 % │ +2 │ \+100 % │", shown)


def test_properties_are_told_with_types_and_values(terminal: Terminal) -> None:
    (plan,) = terminal.told("properties", "--tenant", "demo")
    assert (plan["name"], plan["events"], plan["types"], plan["distinct"]) == ("plan", 2, {"text": 2}, 2)
    assert figures(plan["values"], "value", "type", "events") == [("free", "text", 1), ("pro", "text", 1)]
    shown = terminal.shown("properties", "--tenant", "demo")
    assert re.search(r"plan +│ +2 │ text +│ +2 │ free, pro", shown)


def test_the_values_of_one_property_are_a_question_of_their_own(terminal: Terminal) -> None:
    asked = ("properties", "--tenant", "demo", "--property")
    rows = terminal.told(*asked, "plan")
    assert figures(rows, "value", "type", "events", "users", "sessions") == [
        ("free", "text", 1, 1, 1), ("pro", "text", 1, 1, 1),
    ]  # fmt: skip
    assert re.search(r"free +│ text │ +1 │ +1 │ +1 │ █{16}", terminal.shown(*asked, "plan"))
    assert "has the property 'shape'" in terminal.shown(*asked, "shape")
