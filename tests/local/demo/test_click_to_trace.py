"""A click in the demo's pages, in a real browser: one trace from the usage event to the database."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from tests.browser.servers import Collector, serve_collector
from tests.conftest import free_port_base
from tests.local.demo.conftest import billing, serving
from tests.local.demo.otlp import Receiver, receiving

pytestmark = pytest.mark.timeout(300)  # the first browser test may have to install Chromium


@dataclass
class Atelier:
    """An invoice in the browser; where its events go and where its services' spans go."""

    page: Page
    collector: Collector
    receiver: Receiver

    def click(self, button: str) -> Request:
        """Press a button; gives the request that it made to the back end."""
        with self.page.expect_request(re.compile("/api/")) as request:
            self.page.get_by_role("button", name=button).click()
        return request.value


@pytest.fixture
def atelier(browser: Browser) -> Iterator[Atelier]:
    base = free_port_base()
    with (
        receiving() as receiver,
        serve_collector() as collector,
        billing(base + 1, receiver.url),
        serving(base, collector.url, base + 1, receiver.url) as url,
        browser.new_context(permissions=["clipboard-read", "clipboard-write"]) as context,
    ):
        page = context.new_page()
        page.goto(f"{url}/invoices/1048")
        yield Atelier(page, collector, receiver)


def test_sending_an_invoice_is_an_event_a_request_and_spans_of_one_trace(atelier: Atelier) -> None:
    request = atelier.click("Send the invoice")
    (event,) = atelier.collector.wait_for("invoice.sent")
    assert request.headers["traceparent"].split("-")[1] == event["trace_id"]
    spans = atelier.receiver.trace(event["trace_id"], 6)
    first = spans[0]
    assert first.span.parent_span_id.hex() == request.headers["traceparent"].split("-")[2]
    assert (first.attributes["user.id"], first.attributes["session.id"]) == ("u-17", event["session"])
    assert {one.service for one in spans} == {"atelier-web", "atelier-billing"}
    assert {one.attributes["db.system.name"] for one in spans if "db.system.name" in one.attributes} == {
        "sqlite"
    }
    shown = atelier.page.get_by_role("region", name="Its trace")
    expect(shown).to_contain_text(f"sillage traces show {event['trace_id']}")


def test_what_fails_is_told_kindly_with_the_command_that_leads_to_the_failing_span(atelier: Atelier) -> None:
    request = atelier.click("Enter it in the books")
    answer = request.response()
    assert answer is not None and answer.status == 500
    (event,) = atelier.collector.wait_for("booking.requested")
    command = f"sillage traces show {event['trace_id']}"
    expect(atelier.page.get_by_role("status")).to_have_text(
        "The books cannot be reached right now. We are on it."
    )
    expect(atelier.page.get_by_role("region", name="Its trace")).to_contain_text(command)
    atelier.page.get_by_role("button", name="Copy").click()
    expect(atelier.page.get_by_role("button", name="Copied")).to_be_visible()
    assert atelier.page.evaluate("navigator.clipboard.readText()") == command
    spans = atelier.receiver.trace(event["trace_id"], 5)
    exceptions = [happened.name for one in spans for happened in one.span.events]
    assert exceptions == ["exception"]


def test_each_click_has_its_own_trace(atelier: Atelier) -> None:
    buttons = ("Send the invoice", "Send a reminder", "Enter it in the books", "Send the invoice")
    asked = [atelier.click(button).headers["traceparent"].split("-")[1] for button in buttons]
    assert len(set(asked)) == len(buttons)
    atelier.collector.wait_for("invoice.sent", 2)
    actions = [event["trace_id"] for event in atelier.collector.events() if event["kind"] == "action"]
    assert actions == asked
