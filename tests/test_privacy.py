"""docs/reference/privacy.md is true: on the real stack, and in its lists."""

import re
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client

from ingest import minimise, usage
from runtime.clickhouse import connect
from runtime.settings import DENIED_PROPERTIES, QuerySettings, load
from tests.client import event, post, stored
from tests.conftest import Stack

REFERENCE = (Path(__file__).parents[1] / "docs" / "reference" / "privacy.md").read_text()
COLUMNS = "tuple(name, page, referrer, session_id, length(user_id), trace_id, property_texts)"
SENT = {
    "name": "mail to ada@example.eu",
    "page": "https://ada:pw@app.example.eu/u/ada%40example.eu?q=ada&utm_source=x#ada",
    "referrer": "https://search.example/find?q=ada",
    "session": "s-1",
    "user": "ada",
    "trace_id": "a" * 32,
    "properties": {"email": "ada@example.eu", "note": "from ada@example.eu", "plan": "pro"},
}


@pytest.fixture(scope="module")
def clickhouse(stack: Stack) -> Client:
    return connect(load(QuerySettings, stack.environ))


def test_what_is_posted_is_stored_without_what_need_not_be_known(stack: Stack, clickhouse: Client) -> None:
    sent = event(**SENT)
    assert post(stack, [sent])[:2] == (202, {"accepted": 1, "refused": []})
    page, referrer = "https://app.example.eu/u/[email]?utm_source=x", "https://search.example/find"
    properties = {"note": "from [email]", "plan": "pro"}
    assert stored(clickhouse, COLUMNS, [sent["id"]]) == [
        ("mail to [email]", page, referrer, "s-1", 32, "a" * 32, properties)
    ]


def test_a_person_who_objects_is_counted_and_not_known(stack: Stack, clickhouse: Client) -> None:
    sent = event(session="s-1", user="ada", trace_id="a" * 32)
    assert post(stack, [sent], **{"Sec-GPC": "1"})[:2] == (202, {"accepted": 1, "refused": []})
    columns = "tuple(name, session_id, user_id, trace_id, city, region)"
    assert stored(clickhouse, columns, [sent["id"]]) == [("invoice.sent", "", "", "", "", "")]


def test_the_reference_has_every_step_in_its_order_and_no_other() -> None:
    table = REFERENCE.partition("| step |")[2].partition("\n\n")[0]
    named = re.findall(r"^\| `(\w+)`", table, re.MULTILINE)
    assert named == [step.__name__ for step in usage.STEPS if step.__module__ == minimise.__name__]


def test_the_reference_has_the_list_of_denied_properties() -> None:
    listed = REFERENCE.partition("<!-- denied -->")[2].partition("<!-- /denied -->")[0]
    assert tuple(re.findall(r"`([^`]+)`", listed)) == DENIED_PROPERTIES


def test_the_reference_has_every_name_that_is_counted() -> None:
    for what in minimise.Minimised:
        assert f"`{what}`" in REFERENCE
