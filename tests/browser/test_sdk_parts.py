"""The parts that are loaded apart from the core: Web Vitals, and the overlay for developers."""

import json
import re

import pytest
from playwright.sync_api import Page

from tests.browser.servers import SDK, Answer, Collector

pytestmark = pytest.mark.timeout(300)  # the first browser test may have to install Chromium

TAKEN: Answer = (202, {}, '{"accepted": 1, "refused": []}')
OVERLAY = "() => document.querySelector('sillage-debug').shadowRoot"
SHOWN = f"() => ({OVERLAY})().querySelector('details').innerText"
ROWS = f"""() => [...({OVERLAY})().querySelectorAll("tr")].map(
    (row) => [...row.children].slice(1).map((cell) => cell.textContent))"""


def open_overlay(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_function("() => document.querySelector('sillage-debug')")


def test_web_vitals_are_recorded_once_the_page_is_hidden(page: Page, site: str, collector: Collector) -> None:
    with page.expect_response(re.compile("/sdk/sillage-vitals-")):
        page.goto(f"{site}/strict/invoices")
    page.wait_for_function("() => performance.getEntriesByType('paint').length")
    page.click("#next")
    page.goto(f"{site}/blank")
    for name in ("FCP", "LCP", "CLS"):  # each in the batch that was open as it was known
        collector.wait_for(name)
    vitals = {event["name"]: event["properties"] for event in collector.events() if event["kind"] == "vital"}
    assert all(vital["rating"] == "good" and vital["value"] >= 0 for vital in vitals.values())


def test_the_slowest_interaction_is_recorded(page: Page, site: str, collector: Collector) -> None:
    with page.expect_response(re.compile("/sdk/sillage-vitals-")):
        page.goto(f"{site}/strict/invoices")
    page.evaluate("""() => {
        const busy = () => { for (const end = performance.now() + 300; performance.now() < end; ); };
        addEventListener("click", busy);
        window.measured = new Promise((resolve) => {
            const told = (list) => list.getEntries().some(({ interactionId }) => interactionId) && resolve();
            new PerformanceObserver(told).observe({ type: "event", durationThreshold: 16 });
        });
    }""")
    page.click("body")
    page.evaluate("measured")
    for _ in range(2):  # what is measured is read when the page is idle
        page.evaluate("new Promise(requestIdleCallback)")
    page.goto(f"{site}/blank")
    (slowest,) = collector.wait_for("INP")
    assert slowest["properties"]["value"] >= 300 and slowest["properties"]["rating"] != "good"


def test_the_overlay_says_what_became_of_each_event_and_why(
    page: Page, site: str, collector: Collector
) -> None:
    open_overlay(page, f"{site}/strict?sillage_debug")
    page.evaluate("sillage.flush()")
    refused = {
        "accepted": 1,
        "refused": [{"index": 1, "id": "ID", "reason": "name_too_long", "message": "…"}],
    }
    collector.answers = [(503, {}, "<h1>busy</h1>")]
    page.evaluate("sillage.track('put.off'), sillage.flush()")
    assert ["action", "put.off", "/strict", "put off", "503: <h1>busy</h1>"] in page.evaluate(ROWS)
    error = {"code": "origin_forbidden", "message": "Not this origin.", "remedy": "Add it."}
    collector.answers = [TAKEN, (403, {}, json.dumps({"error": error}))]
    page.evaluate("dispatchEvent(new Event('online')), sillage.flush()")
    page.evaluate("sillage.track('forbidden'), sillage.flush()")
    why = "403 origin_forbidden: Not this origin. Add it."
    assert ["action", "forbidden", "/strict", "refused", why] in page.evaluate(ROWS)
    event = page.evaluate("sillage.track('too.long')")
    collector.answers = [(202, {}, json.dumps(refused).replace("ID", event))]
    page.evaluate("sillage.track('taken'), sillage.flush()")
    rows = page.evaluate(ROWS)
    assert ["action", "too.long", "/strict", "refused", "name_too_long"] in rows
    assert ["action", "taken", "/strict", "taken", ""] in rows
    assert "2 refused · 1 lost" in page.evaluate(SHOWN)


def test_without_being_asked_for_the_overlay_is_not_loaded(
    page: Page, site: str, collector: Collector
) -> None:
    loaded: list[str] = []
    page.on("request", lambda request: loaded.append(request.url))
    page.goto(site)
    page.evaluate("sillage.flush()")
    assert [url for url in loaded if "/sdk/" in url] == []
    assert collector.batches()


def test_the_core_knows_the_hashes_of_its_parts() -> None:
    about = json.loads((SDK / "served" / "sillage.json").read_text())
    core = (SDK / "served" / about["file"]).read_text()
    assert set(about["parts"]) == {"vitals", "debug"}
    for part in about["parts"].values():
        assert part["integrity"] in core
        assert (SDK / "served" / part["file"]).exists()
