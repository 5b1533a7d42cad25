"""Export, restriction and rectification, each beside what the tables say."""

import secrets
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client

from jobs.roll_up import roll_up
from privacy.rights import restriction
from privacy.rights.access import AccessLog
from privacy.rights.exposure import exposed, persons
from privacy.rights.rectification import NotRectified, parse, rectify
from privacy.rights.requests import Right, Whose
from privacy.signatures import verify_document
from tests.conftest import Stack
from tests.erasures.exports import exported, exports_are_right
from tests.erasures.town import Town
from tests.privacy.rights.people import ADA, ALAN, NOW, Desk, event, own_client, span

pytestmark = pytest.mark.long

TRACE = uuid.uuid4().hex
EVENTS = [
    event(ADA, "hers", TRACE, days_ago=2, properties='{"plan":"free","seats":3.0,"note":"<b>"}'),
    event(ADA, "hers"), event(ADA, "shared", days_ago=1), event("", "hers", days_ago=2), event("", "shared"),
    event(ALAN, "shared"), event(ALAN, "his", days_ago=1),
]  # fmt: skip
SPANS = [span(ADA, "hers", TRACE, days_ago=2), span("", "", TRACE, days_ago=2), span(ALAN, "his")]


@pytest.fixture(scope="module")
def client(stack: Stack) -> Iterator[Client]:
    with own_client(stack) as client:
        yield client


@pytest.fixture
def desk(client: Client, tmp_path: Path) -> Desk:
    desk = Desk(client, tmp_path / "state")
    desk.store(EVENTS, SPANS)
    return desk


def test_an_export_has_everything_of_a_person_and_nothing_that_may_be_anothers(
    desk: Desk, tmp_path: Path
) -> None:
    found = exported(desk, tmp_path, ADA)
    assert [(one["user_id"], one["session_id"]) for one in found["usage.jsonl"]].count((ADA, "hers")) == 2
    assert {one["session_id"] for one in found["usage.jsonl"] if not one["user_id"]} == {"hers"}
    assert found["usage.jsonl"][0]["properties"] in ({"plan": "free", "seats": 3.0, "note": "<b>"}, {})
    assert {one["trace_id"] for one in found["spans.jsonl"]} == {TRACE}
    counts = {name: told["rows"] for name, told in found["manifest.json"]["files"].items()}
    assert counts == {"usage.jsonl": 4, "spans.jsonl": 2}
    assert verify_document(found["manifest.json"], found["signing_key.pub.pem"])
    assert "note = &lt;b&gt;" in found["index.html"] and "<b>" not in found["index.html"]


def test_a_restricted_person_is_exported_too_and_a_tenant_whole(desk: Desk, tmp_path: Path) -> None:
    restriction.restrict(desk.client, desk.request(ADA, right=Right.RESTRICTION))
    assert len(exported(desk, tmp_path, ADA)["usage.jsonl"]) == 4
    assert len(exported(desk, tmp_path)["usage.jsonl"]) == len(EVENTS)


def test_exports_are_what_an_independent_count_says(client: Client, tmp_path: Path) -> None:
    """Of the ten people of one town; `python -m tests.erasures` does it with a hundred."""
    desk, town = Desk(client, tmp_path / "state"), Town.at_random(secrets.token_hex(4))
    assert exports_are_right(desk, [town], tmp_path) == 10


@pytest.mark.parametrize("is_rolled_up", [False, True])
def test_who_is_restricted_is_shown_to_nobody_until_it_ends(desk: Desk, is_rolled_up: bool) -> None:
    before = desk.said()
    if is_rolled_up:
        list(roll_up(desk.client))
    request = desk.request(ADA, right=Right.RESTRICTION)
    assert restriction.restrict(desk.client, request) == 7
    desk.store([row for row in EVENTS if row[6] == ALAN], [SPANS[-1]], tenant=desk.twin)
    hidden = desk.said()
    assert hidden == desk.said(desk.twin)
    list(roll_up(desk.client))
    assert desk.said() == hidden
    assert restriction.unrestrict(desk.client, request.whose, [request]) == 7
    assert desk.said() == before
    list(roll_up(desk.client))
    assert desk.said() == before


def test_what_is_linked_to_a_restricted_person_later_is_hidden_too(desk: Desk) -> None:
    request = desk.request(ADA, right=Right.RESTRICTION)
    restriction.restrict(desk.client, request)
    desk.store([event("", "new"), event(ADA, "new")])
    assert desk.count("usage", "session_id = 'new'") == 1
    restriction.extend(desk.client, [request])
    assert desk.count("usage", "session_id = 'new'") == 0


def test_what_may_be_wrong_is_corrected_in_every_event_and_in_what_was_rolled_up(desk: Desk) -> None:
    list(roll_up(desk.client))
    corrections = dict(map(parse, ["country=DE", 'property.plan="pro"', "property.seats=4"]))
    assert rectify(desk.client, Whose(desk.tenant, (ADA,)), corrections) == 3
    sql = "SELECT country, toString(properties) FROM usage WHERE tenant = {t:String} AND user_id = {u:String}"
    rows = desk.client.query(sql, {"t": desk.tenant, "u": ADA}).result_rows
    assert sorted(map(tuple, rows)) == [
        ("DE", "{'plan':'pro','seats':4,'note':'<b>'}"),
        ("DE", "{}"),
        ("DE", "{}"),
    ]
    assert desk.count("usage", f"user_id = '{ALAN}' AND country = 'FR'") == 2
    germans = "SELECT sum(events) FROM usage_sessions WHERE tenant = {t:String} AND country = 'DE'"
    assert desk.client.query(germans, {"t": desk.tenant}).result_rows == [(3,)]


@pytest.mark.parametrize("text", ["name=x", "occurred_at=2026-01-01", "page=/", "property.=1", "country"])
def test_history_is_not_corrected(text: str) -> None:
    with pytest.raises(NotRectified, match="is not corrected: what happened, when and where"):
        parse(text)


def test_exposure_names_what_rested_then_and_who_read(desk: Desk) -> None:
    since = NOW - timedelta(days=1, hours=1)
    (usage,) = [one for one in exposed(desk.client, since, NOW, desk.tenant) if one.store == "usage_events"]
    assert (usage.rows, usage.users) == (len(EVENTS), 2)
    assert list(persons(desk.client, since, NOW, desk.tenant)) == sorted(
        [(desk.tenant, ADA), (desk.tenant, ALAN)]
    )
    before = NOW - timedelta(days=1, minutes=30)
    assert {one.rows for one in exposed(desk.client, before, before, desk.tenant)} == {2}
    log = AccessLog(desk.state)
    log.record("grace", "usage history", desk.tenant, [ADA], limit=3, cursor=None)
    (read,) = log.between(datetime.now(UTC) - timedelta(minutes=1), datetime.now(UTC) + timedelta(minutes=1))
    assert (read["by"], read["subjects"], read["question"]) == ("grace", [ADA], {"limit": 3})
