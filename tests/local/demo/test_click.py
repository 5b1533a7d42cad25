"""A click in the demo's pages, in a real browser, stands in ClickHouse."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from runtime.clickhouse import connect
from runtime.settings import QuerySettings, load
from tests.client import awaited
from tests.conftest import Stack
from tests.local.demo.conftest import billing, serving

pytestmark = pytest.mark.timeout(600)  # the first run may have to fetch Kafka and install Chromium

FOUND = """
    SELECT page, session_id, user_id != '' AS is_identified, properties, trace_id
    FROM usage
    WHERE tenant = 'demo' AND release = '5.0.1' AND name = 'invoice.sent' AND page = '/invoices/1048'
      AND session_id = {session:String}
"""


@contextmanager
def product(stack: Stack) -> Iterator[str]:
    """Both of its services, as the stack runs them."""
    with (
        billing(stack.ports.billing, stack.collector_url),
        serving(stack.demo_port, stack.collector_url, stack.ports.billing) as url,
    ):
        yield url


@pytest.fixture
def demo(stack: Stack, browser: Browser) -> Iterator[Page]:
    """The dashboard in a tab of its own; a message on the console or a blocked file fails the test."""
    complaints: list[str] = []
    with product(stack) as url, browser.new_context() as context:
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(url)
        page.reload()
        yield page
    assert complaints == []


def test_an_invoice_sent_in_the_demo_is_shown_in_its_strip_and_stored(stack: Stack, demo: Page) -> None:
    demo.get_by_role("link", name="Invoices").click()
    demo.get_by_role("link", name="1048").click()
    demo.get_by_role("button", name="Send the invoice").click()
    expect(demo.get_by_role("status")).to_contain_text("on its way to Cabinet Rivoli")
    newest = demo.locator(".strip-sent li").first
    expect(newest).to_contain_text("invoice.sent")
    expect(newest).to_contain_text("in Kafka")
    session = demo.evaluate("sessionStorage.getItem('sillage.session').split(' ')[0]")
    client = connect(load(QuerySettings, stack.environ))
    rows = awaited(lambda: client.query(FOUND, {"session": session}).result_rows)
    shown = demo.get_by_role("region", name="Its trace").get_by_role("code").inner_text()
    properties = {"amount": 2385.0, "currency": "EUR", "by_post": False}
    assert rows == [("/invoices/1048", session, True, properties, shown.removeprefix("sillage traces show "))]


def test_moving_between_pages_and_back_records_a_view_each(stack: Stack, demo: Page) -> None:
    demo.get_by_role("link", name="Time").click()
    demo.get_by_role("button", name="Log time").click()
    demo.get_by_role("link", name="Settings").click()
    demo.go_back()
    expect(demo.get_by_role("heading", name="Time", exact=True)).to_be_visible()
    session = demo.evaluate("sessionStorage.getItem('sillage.session').split(' ')[0]")
    client = connect(load(QuerySettings, stack.environ))
    pages = "SELECT page FROM usage WHERE session_id = {s:String} AND kind = 'view' ORDER BY client_at"
    awaited(lambda: len(client.query(pages, {"s": session}).result_rows) >= 5)
    assert [page for (page,) in client.query(pages, {"s": session}).result_rows] == [
        "/", "/", "/time", "/settings", "/time",
    ]  # fmt: skip
