"""Which event and which request say that they belong to one trace."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.product import Product, serve_product
from tests.browser.servers import Collector

pytestmark = pytest.mark.timeout(300)  # the first browser test may have to install Chromium

TRACEPARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01")

TRACK_THEN_FETCH = """() => {
    document.getElementById("send").onclick = async () => {
        sillage.track("invoice.sent");
        await fetch("/api/send", { method: "POST" });
        await fetch("/api/status");
    };
}"""
FETCH_THEN_TRACK = """() => {
    document.getElementById("send").onclick = async () => {
        await fetch("/api/send", { method: "POST" });
        await fetch("/api/status");
        sillage.track("invoice.sent");
    };
}"""
BY_XHR = """() => {
    const ask = (method, path) => new Promise((resolve) => {
        const xhr = new XMLHttpRequest();
        xhr.open(method, path);
        xhr.onload = resolve;
        xhr.send();
    });
    document.getElementById("send").onclick = async () => {
        sillage.track("invoice.sent");
        await ask("POST", "/api/send");
        await ask("GET", new URL("/api/status", location.href));
    };
}"""


@pytest.fixture
def product(collector: Collector) -> Iterator[Product]:
    with serve_product(collector.url) as product:
        yield product


def settle(page: Page) -> None:
    """Return once the page's requests and the SDK's deliveries are through."""
    page.wait_for_load_state("networkidle")
    page.evaluate("sillage.flush()")


@pytest.mark.parametrize("deed", [TRACK_THEN_FETCH, FETCH_THEN_TRACK, BY_XHR])
def test_a_click_gives_an_event_and_requests_of_one_trace(
    deed: str, page: Page, product: Product, collector: Collector
) -> None:
    page.goto(product.url)
    page.evaluate(deed)
    page.click("#send")
    (sent,) = collector.wait_for("invoice.sent")
    settle(page)
    first, second = product.only("/api/send"), product.only("/api/status")
    assert TRACEPARENT.fullmatch(first.headers["traceparent"])
    assert sent["trace_id"] == first.trace_id == second.trace_id
    assert first.headers["traceparent"] != second.headers["traceparent"]  # each has its own parent id


def test_each_click_is_a_trace_of_its_own(page: Page, product: Product, collector: Collector) -> None:
    page.goto(product.url)
    page.evaluate(TRACK_THEN_FETCH)
    for count in (1, 2, 3):
        page.click("#send")
        collector.wait_for("invoice.sent", count)
    settle(page)
    traces = [event["trace_id"] for event in collector.wait_for("invoice.sent")]
    assert len(set(traces)) == 3
    assert {request.trace_id for request in product.asked} == set(traces)


def test_an_action_without_a_click_opens_a_trace_too(
    page: Page, product: Product, collector: Collector
) -> None:
    page.goto(product.url)
    page.evaluate("""async () => {
        for (const name of ["one", "two"]) {
            sillage.track(name);
            await fetch(`/api/${name}`);
        }
    }""")
    collector.wait_for("two")
    for name in ("one", "two"):
        assert collector.wait_for(name)[0]["trace_id"] == product.only(f"/api/{name}").trace_id
    assert product.only("/api/one").trace_id != product.only("/api/two").trace_id


def test_a_view_has_the_trace_of_what_its_page_asks_for(
    page: Page, product: Product, collector: Collector
) -> None:
    page.goto(product.url)
    page.evaluate("fetch('/api/list')")
    (view,) = collector.wait_for("page.viewed")
    settle(page)
    assert view["trace_id"] == product.only("/api/list").trace_id


def test_a_view_that_a_click_led_to_belongs_to_the_click(
    page: Page, product: Product, collector: Collector
) -> None:
    page.goto(product.url)
    page.evaluate("""() => {
        document.getElementById("send").onclick = () => {
            sillage.track("invoice.created");
            history.pushState(null, "", "/invoices/44");
            fetch("/api/invoice");
        };
    }""")
    page.click("#send")
    (created,) = collector.wait_for("invoice.created")
    first, led_to = collector.wait_for("page.viewed", 2)
    settle(page)
    assert created["trace_id"] == led_to["trace_id"] == product.only("/api/invoice").trace_id
    assert first["trace_id"] != led_to["trace_id"]


def test_what_is_asked_for_much_later_is_another_trace(
    page: Page, product: Product, collector: Collector
) -> None:
    page.clock.install()
    page.goto(product.url)
    page.clock.pause_at(datetime.now() + timedelta(minutes=2))  # it stands still between the steps
    page.evaluate("sillage.track('invoice.sent')")
    page.clock.fast_forward(4_900)
    page.evaluate("fetch('/api/soon')")
    page.clock.fast_forward(200)
    page.evaluate("fetch('/api/later')")
    page.clock.resume()
    (sent,) = collector.wait_for("invoice.sent")
    settle(page)
    assert sent["trace_id"] == product.only("/api/soon").trace_id != product.only("/api/later").trace_id


def test_a_session_is_sampled_as_a_whole_and_without_it_no_event_names_a_trace(
    browser: Browser, collector: Collector
) -> None:
    with serve_product(collector.url, 'data-trace-sample-rate="0.5"') as product:
        for _ in range(6):
            with browser.new_context() as context:
                page = context.new_page()
                for path in ("/one", "/two"):
                    page.goto(product.url + path)
                    page.evaluate("fetch('/api/' + sillage.session())")
                    page.evaluate("sillage.flush()")
    events = collector.events()
    assert len(events) == len(product.asked) == 12
    for event in events:
        sampled = int(event["session"][-8:], 16) / 2**32 < 0.5
        assert ("trace_id" in event) is sampled
        asked = [one for one in product.asked if one.path == f"/api/{event['session']}"]
        assert [one.headers["traceparent"][-2:] for one in asked] == ["01" if sampled else "00"] * 2


OBJECTION = "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true })"


def switched_off(_page: Page) -> str:
    return 'data-traces="off"'


def objected_to(page: Page) -> str:
    page.add_init_script(OBJECTION)
    return ""


@pytest.mark.parametrize("unwanted", [switched_off, objected_to])
def test_where_it_is_unwanted_nothing_names_a_trace(
    unwanted: Callable[[Page], str], page: Page, collector: Collector
) -> None:
    with serve_product(collector.url, unwanted(page)) as product:
        page.goto(product.url)
        page.evaluate(TRACK_THEN_FETCH)
        page.click("#send")
        (sent,) = collector.wait_for("invoice.sent")
        settle(page)
    assert "trace_id" not in sent
    assert [request.headers.get("traceparent") for request in product.asked] == [None, None]


def test_other_origins_are_left_alone_unless_they_are_named(page: Page, collector: Collector) -> None:
    with serve_product(collector.url) as api, serve_product(collector.url) as stranger:
        attributes = f'data-traced-origins="https://api.example {api.url}/"'
        with serve_product(collector.url, attributes) as product:
            page.goto(product.url)
            page.evaluate("urls => Promise.all(urls.map((url) => fetch(url)))", [
                f"{origin}/api/list" for origin in (product.url, api.url, stranger.url)
            ])  # fmt: skip
    assert TRACEPARENT.fullmatch(product.only("/api/list").headers["traceparent"])
    assert [request.method for request in api.asked] == ["OPTIONS", "GET"]
    assert api.asked[1].trace_id == product.asked[0].trace_id
    assert "traceparent" not in stranger.only("/api/list").headers


def test_the_collector_is_never_told_even_where_its_origin_is_named(page: Page, collector: Collector) -> None:
    with serve_product(collector.url, f'data-traced-origins="{collector.url}"') as product:
        page.goto(product.url)
        page.evaluate("sillage.track('invoice.sent')")
        collector.wait_for("invoice.sent")
    assert {request.method for request in collector.requests} == {"POST"}
    assert not any("traceparent" in request.headers for request in collector.requests)
