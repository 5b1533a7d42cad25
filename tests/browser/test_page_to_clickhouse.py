"""The main job: what a user does in a real browser is in ClickHouse, enriched, under the ids of the page."""

import time
from collections.abc import Iterator
from typing import Any

import clickhouse_connect
import pytest
from clickhouse_connect.driver.client import Client
from playwright.sync_api import Browser

from tests.browser.oracle import REMEMBER_SENT, sent_from
from tests.browser.servers import serve_page
from tests.conftest import Stack

pytestmark = pytest.mark.timeout(600)  # the first run may have to fetch Kafka and install Chromium

DEADLINE_S = 30
USAGE = """
    SELECT toString(event_id) AS id, kind, name, page, browser, os, session_id, user_id, properties
    FROM sillage.usage
    WHERE tenant = 'demo' AND event_id IN {ids: Array(UUID)}
    ORDER BY client_at, kind DESC
"""


@pytest.fixture
def clickhouse(stack: Stack) -> Iterator[Client]:
    """The client that every process of Sillage uses."""
    client = clickhouse_connect.get_client(dsn=stack.clickhouse_url, password=stack.clickhouse_password)
    yield client
    client.close()


@pytest.fixture
def demo_site(stack: Stack) -> Iterator[str]:
    """The test page on the demonstration's port, whose origin the tenant `demo` allows."""
    with serve_page(stack.collector_url, stack.demo_port) as url:
        yield url


def rows_of(clickhouse: Client, ids: list[str]) -> list[dict[str, Any]]:
    """Wait until ClickHouse holds as many rows of these events as there are events."""
    deadline = time.monotonic() + DEADLINE_S
    while True:
        rows = list(clickhouse.query(USAGE, parameters={"ids": ids}).named_results())
        if len(rows) >= len(ids):
            return rows
        assert time.monotonic() < deadline, f"of {ids} only {rows} arrived"
        time.sleep(0.1)


def test_a_view_and_a_click_before_the_tab_closes_reach_clickhouse(
    browser: Browser, demo_site: str, clickhouse: Client
) -> None:
    # Chromium without a window calls itself HeadlessChrome; the user's does not.
    with browser.new_page() as bare:
        user_agent = bare.evaluate("navigator.userAgent").replace("Headless", "")
    with browser.new_context(user_agent=user_agent) as context:
        context.add_init_script(REMEMBER_SENT)
        page = context.new_page()
        page.goto(f"{demo_site}/invoices/42")
        page.evaluate("sillage.identify('u-17')")
        page.click("#send")
        with page.expect_event("close"):
            page.close(run_before_unload=True)
        sent = sent_from(context.new_page(), demo_site)

    view, action = rows = rows_of(clickhouse, sent)
    assert sorted(row["id"] for row in rows) == sorted(sent)
    assert (view["kind"], view["name"]) == ("view", "page.viewed")
    assert (action["kind"], action["name"]) == ("action", "invoice.sent")
    assert {(row["page"], row["browser"], row["os"]) for row in rows} == {("/invoices/42", "Chrome", "Linux")}
    assert view["session_id"] == action["session_id"] != ""
    assert action["user_id"] not in ("", "u-17")
    assert action["properties"] == {"plan": "pro", "seats": 12.0, "trial": False}
