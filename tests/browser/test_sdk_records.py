"""What the SDK records by itself besides views, and what it leaves alone when the person objects."""

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.servers import Collector

pytestmark = pytest.mark.timeout(300)  # the first browser test may have to install Chromium

OBJECTION = "Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', { get: () => true })"
STORED = """async () => {
    const open = indexedDB.open("sillage");
    const database = await new Promise((resolve) => { open.onsuccess = () => resolve(open.result) });
    if (![...database.objectStoreNames].includes("batches")) return [];
    const all = database.transaction("batches").objectStore("batches").getAll();
    const batches = await new Promise((resolve) => { all.onsuccess = () => resolve(all.result) });
    database.close();
    return batches.flatMap(({ events }) => events.map((json) => JSON.parse(json).name));
}"""
STORAGE = "() => [Object.keys(localStorage), Object.keys(sessionStorage)]"


def of_kind(collector: Collector, kind: str) -> list[dict[str, Any]]:
    return [event for event in collector.events() if event["kind"] == kind]


def test_an_error_that_nothing_catches_is_recorded_once_without_queries(
    page: Page, site: str, collector: Collector
) -> None:
    page.goto(f"{site}/invoices/42?token=secret")
    page.evaluate("""() => {
        const fail = () => { throw new RangeError("too many seats") };
        for (let i = 0; i < 3; i++) setTimeout(fail);
        setTimeout(() => Promise.reject(new TypeError("no plan")));
        setTimeout(() => Promise.reject("a text"));
        setTimeout(() => { throw null });
        setTimeout(() => sillage.error(new SyntaxError("caught"), { step: 3 }));
        setTimeout(() => sillage.track("last"), 50);
    }""")
    collector.wait_for("last")
    errors = {event["name"]: event["properties"] for event in of_kind(collector, "error")}
    assert len(of_kind(collector, "error")) == 5
    assert errors["RangeError"]["message"] == "too many seats"
    assert "RangeError" in errors["RangeError"]["stack"]
    assert errors["TypeError"] | {"message": "no plan", "rejected": True} == errors["TypeError"]
    assert errors["SyntaxError"]["step"] == 3
    assert "secret" not in str(collector.events())


def test_hostile_errors_and_a_flood_of_them_do_no_harm(page: Page, site: str, collector: Collector) -> None:
    page.goto(site)
    page.evaluate("""() => {
        const hostile = { get message() { throw new Error("getter") } };
        sillage.error(hostile), sillage.error(undefined), sillage.error(Symbol("s")), sillage.error({});
        for (let i = 0; i < 100; i++) sillage.error(new Error(`number ${i}`));
        sillage.track("last");
    }""")
    collector.wait_for("last")
    assert len(of_kind(collector, "error")) == 20


def test_a_click_on_a_marked_element_or_in_it_is_an_action(
    page: Page, site: str, collector: Collector
) -> None:
    page.goto(f"{site}/invoices/42")
    page.evaluate("""() => {
        const button = document.createElement("button");
        button.innerHTML = "<b>Send</b>";
        button.dataset.sillageAction = "invoice.sent";
        Object.assign(button.dataset, { sillagePlan: "pro", sillageSeatCount: "12" });
        button.onclick = (event) => event.stopImmediatePropagation();
        document.body.append(button);
    }""")
    page.click("b")
    (sent,) = collector.wait_for("invoice.sent")
    assert (sent["kind"], sent["properties"]) == ("action", {"plan": "pro", "seat_count": "12"})


def test_a_route_in_the_fragment_is_a_page_and_an_anchor_is_none(
    page: Page, site: str, collector: Collector
) -> None:
    page.goto(f"{site}/app#/invoices?token=secret")
    page.evaluate("location.hash = '#/invoices/42'")
    page.wait_for_function("location.hash === '#/invoices/42'")
    page.evaluate("location.hash = '#total'")
    page.evaluate("sillage.page('/invoices/:id')")
    views = collector.wait_for("page.viewed", 4)
    assert [view["page"] for view in views] == [
        "/app#/invoices",
        "/app#/invoices/42",
        "/app",
        "/invoices/:id",
    ]
    assert "secret" not in str(collector.events())


def test_after_opting_out_nothing_is_captured_kept_or_sent_in_any_tab(
    context: BrowserContext, page: Page, site: str, collector: Collector
) -> None:
    collector.answers = [(503, {"Retry-After": "60"})]
    other = context.new_page()
    for tab in (page, other):
        tab.goto(site)
    page.evaluate("sillage.track('before'), sillage.flush()")
    asked = len(collector.requests)
    other.evaluate("sillage.track('waits')")
    page.evaluate("sillage.optOut(), sillage.flush()")
    # Tabs are processes: what one writes to localStorage the other reads a moment later.
    other.wait_for_function("localStorage.getItem('sillage.consent') === 'out'")
    assert [tab.evaluate("sillage.track('after')") for tab in (page, other)] == ["", ""]
    other.evaluate("dispatchEvent(new Event('pagehide'))")
    page.reload()
    assert page.evaluate("sillage.track('after a reload')") == ""
    page.evaluate("sillage.flush()")
    assert page.evaluate(STORED) == []
    assert len(collector.requests) == asked
    page.evaluate("localStorage.removeItem('sillage.wait'), sillage.optIn()")
    page.reload()
    page.evaluate("sillage.track('agreed again'), sillage.flush()")
    collector.wait_for("agreed again")
    assert {event["name"] for event in collector.events()[1:]} <= {"before", "page.viewed", "agreed again"}


def test_where_consent_is_required_nothing_happens_before_it(
    page: Page, site: str, collector: Collector
) -> None:
    page.goto(f"{site}/blank")
    page.evaluate(
        """async (endpoint) => {
            window.sillage = await import("/sillage.mjs");
            sillage.init({ key: "pk_demo", endpoint, consent: "required" });
        }""",
        collector.url,
    )
    assert page.evaluate("sillage.track('too early')") == ""
    assert page.evaluate(STORAGE) == [[], []]
    page.evaluate("sillage.optIn(), sillage.track('agreed'), sillage.flush()")
    collector.wait_for("agreed")
    assert [event["name"] for event in collector.events()] == ["agreed"]


def test_who_objects_by_global_privacy_control_is_counted_and_not_recognised(
    page: Page, site: str, collector: Collector
) -> None:
    page.add_init_script(OBJECTION)
    page.goto(site)
    page.evaluate("sillage.identify('u-17'), sillage.track('invoice.sent'), sillage.flush()")
    (sent,) = collector.wait_for("invoice.sent")
    assert not {"user", "session", "trace_id"} & sent.keys()
    assert page.evaluate("sillage.session()") == ""
    assert page.evaluate(STORAGE) == [[], []]
    assert page.evaluate("async () => (await indexedDB.databases()).length") == 0


def test_a_page_may_want_nothing_kept_on_the_device(page: Page, site: str, collector: Collector) -> None:
    page.goto(f"{site}/blank")
    page.evaluate(
        """async (endpoint) => {
            window.sillage = await import("/sillage.mjs");
            sillage.init({ key: "pk_demo", endpoint, storage: false });
            sillage.track("one"), sillage.track("two");
            await sillage.flush();
        }""",
        collector.url,
    )
    (one,), (two,) = collector.wait_for("one"), collector.wait_for("two")
    assert one["session"] == two["session"] != ""
    assert page.evaluate(STORAGE) == [[], []]
    assert page.evaluate("async () => (await indexedDB.databases()).length") == 0


def test_what_is_older_than_a_day_is_given_up_and_reported(
    page: Page, site: str, collector: Collector
) -> None:
    collector.answers = [(503, {})] * 3
    page.goto(site)
    page.evaluate("sillage.track('kept'), sillage.flush()")
    assert page.evaluate(STORED) == ["page.viewed", "kept"]
    page.evaluate("dispatchEvent(new Event('online'))")
    page.evaluate("sillage.flush()")
    page.goto(f"{site}/blank")
    collector.answers = []
    tomorrow = page.evaluate("Date.now()") + 24 * 3_600_000
    page.add_init_script("const now = Date.now; Date.now = () => now() + 24 * 3_600_000 + 1_000")
    page.goto(site)
    page.evaluate("sillage.flush()")
    page.evaluate("sillage.track('later'), sillage.flush()")
    collector.wait_for("later")
    # What the page sent as it was left may come late.
    later = [batch for batch in collector.batches() if batch["sent_at"] > tomorrow]
    assert "kept" not in [event["name"] for batch in later for event in batch["events"]]
    assert [batch["lost"] for batch in later] == [{}, {"expired": 2}]
    assert page.evaluate(STORED) == []


def test_without_web_locks_a_page_that_is_silent_for_three_minutes_is_taken_to_be_gone(
    page: Page, site: str, collector: Collector
) -> None:
    page.add_init_script("Object.defineProperty(Navigator.prototype, 'locks', { get: () => undefined })")
    collector.answers = [(503, {})] * 2
    page.goto(site)
    page.evaluate("sillage.track('left'), sillage.flush()")
    page.goto(f"{site}/blank")
    collector.wait_until(lambda: not collector.answers)
    page.goto(site)
    page.evaluate("sillage.flush()")
    assert "left" in page.evaluate(STORED)
    page.add_init_script("const now = Date.now; Date.now = () => now() + 181_000")
    page.goto(site)
    page.evaluate("sillage.flush()")
    left = [batch["batch_id"] for batch in collector.batches() if "left" in str(batch["events"])]
    assert len(left) == 3 and len(set(left)) == 1
    assert page.evaluate(STORED) == []


def test_a_batch_for_another_key_is_left_to_pages_that_have_it(
    page: Page, site: str, collector: Collector
) -> None:
    collector.answers = [(503, {})] * 2
    page.goto(site)
    page.evaluate("sillage.track('left'), sillage.flush()")
    page.goto(f"{site}/blank")
    collector.wait_until(lambda: not collector.answers)
    page.evaluate(
        """async (endpoint) => {
            const sillage = await import("/sillage.mjs");
            sillage.init({ key: "pk_other", endpoint });
            await sillage.flush();
        }""",
        collector.url,
    )
    assert collector.batches()[-1]["key"] == "pk_other"
    assert page.evaluate(STORED) == ["page.viewed", "left"]
