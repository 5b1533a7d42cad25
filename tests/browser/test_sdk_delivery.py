"""When the SDK sends, what it tries again, and what it says it lost."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.browser.ledger import REMEMBER_CAPTURED
from tests.browser.servers import Collector

pytestmark = pytest.mark.timeout(300)  # the first browser test may have to install Chromium


@pytest.fixture
def loaded(page: Page, site: str, collector: Collector) -> Page:
    """A page whose view has been delivered."""
    page.goto(f"{site}/invoices/42")  # returns when its scripts have run
    page.evaluate("sillage.flush()")  # resolves when the answer is in
    assert [event["name"] for event in collector.events()] == ["page.viewed"]
    return page


def test_a_batch_keeps_its_ids_through_a_retry_and_waits_as_long_as_it_is_told(
    loaded: Page, collector: Collector
) -> None:
    collector.answers = [(503, {"Retry-After": "2"})]
    loaded.evaluate("sillage.track('invoice.sent')")
    _, first, second = collector.wait_for_batches(3)
    assert second["batch_id"] == first["batch_id"]
    assert second["events"] == first["events"]
    # Its own first back-off would be a second at most.
    assert second["sent_at"] - first["sent_at"] >= 2_000


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_a_failure_that_may_pass_is_tried_again(status: int, loaded: Page, collector: Collector) -> None:
    collector.answers = [(status, {})]
    loaded.evaluate("sillage.track('invoice.sent')")
    first, second = collector.wait_for("invoice.sent", 2)
    assert first == second


def test_a_network_error_is_tried_again(loaded: Page, collector: Collector) -> None:
    loaded.context.set_offline(True)
    loaded.evaluate("sillage.track('invoice.sent'), sillage.flush()")
    assert len(collector.batches()) == 1
    loaded.context.set_offline(False)
    collector.wait_for("invoice.sent")


@pytest.mark.parametrize("status", [400, 403, 413])
def test_a_refused_batch_is_reported_as_lost_and_not_tried_again(
    status: int, loaded: Page, collector: Collector
) -> None:
    collector.answers = [(status, {})]
    loaded.evaluate("sillage.track('refused.one'), sillage.track('refused.two'), sillage.flush()")
    loaded.evaluate("sillage.track('next'), sillage.flush()")
    collector.wait_for("next")
    assert collector.batches()[-1]["lost"] == {"refused": 2}
    assert [event["name"] for event in collector.events()] == [
        "page.viewed",
        "refused.one",
        "refused.two",
        "next",
    ]


def follow_a_link(page: Page) -> None:
    with page.expect_navigation():
        page.evaluate("sillage.track('last'), document.getElementById('leave').click()")


def close_the_tab(page: Page) -> None:
    page.evaluate("sillage.track('last')")
    with page.expect_event("close"):
        page.close(run_before_unload=True)


def hide_the_tab(page: Page) -> None:
    page.evaluate("""() => {
        // No timer, set or to come, may send it instead.
        for (let timer = setTimeout(() => {}); timer > 0; timer--) clearTimeout(timer);
        window.setTimeout = () => 0;
        Object.defineProperty(document, "visibilityState", { value: "hidden" });
        sillage.track("last");
        document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
    }""")


@pytest.mark.parametrize("leave", [follow_a_link, close_the_tab, hide_the_tab])
def test_what_waits_is_sent_when_the_user_leaves(
    leave: Callable[[Page], None], loaded: Page, collector: Collector
) -> None:
    leave(loaded)
    assert collector.wait_for("last")[0]["page"] == "/invoices/42"


def test_a_batch_in_back_off_gets_a_last_attempt_at_leaving(loaded: Page, collector: Collector) -> None:
    collector.answers = [(503, {})]
    loaded.evaluate("sillage.track('last'), sillage.flush()")
    loaded.goto("about:blank")
    first, second = collector.wait_for("last", 2)
    assert first == second


def test_what_is_sent_at_leaving_stays_within_the_keepalive_quota_and_the_next_page_sends_the_rest(
    page: Page, site: str, collector: Collector
) -> None:
    """Beyond 64 KiB under way the browser fails requests: who does not count loses a batch by it."""
    page.add_init_script(REMEMBER_CAPTURED)
    page.goto(f"{site}/invoices/42")
    collector.wait_for("page.viewed")
    collector.open.clear()
    page.evaluate("for (let i = 0; i < 150; i++) sillage.track('row', { note: 'x'.repeat(800) })")
    captured = set(page.evaluate("captured"))
    collector.wait_for("row")
    page.goto(f"{site}/blank")
    assert 40 < len({event["id"] for event in collector.events()}) < len(captured)
    collector.open.set()
    page.goto(site)
    page.evaluate("sillage.flush()")
    captured |= set(page.evaluate("captured"))
    batches_of: dict[str, set[str]] = {}
    for batch in collector.batches():
        for event in batch["events"]:
            batches_of.setdefault(event["id"], set()).add(batch["batch_id"])
    assert batches_of.keys() == captured
    assert all(len(batches) == 1 for batches in batches_of.values())


def test_an_event_too_large_for_the_quota_is_delivered_while_the_page_stays(
    loaded: Page, collector: Collector
) -> None:
    loaded.evaluate(
        "sillage.track('huge', Object.fromEntries([...Array(50).keys()].map((i) => [i, '€'.repeat(1000)])))"
    )
    collector.wait_for("huge")
    assert collector.requests[-1].size > 64 * 1024


def test_events_beyond_a_full_queue_are_counted(loaded: Page, collector: Collector) -> None:
    collector.answers = [(503, {"Retry-After": "1"})]
    loaded.evaluate("for (let i = 0; i < 20_050; i++) sillage.track('row', { i })")

    def sent() -> set[str]:
        return {event["id"] for event in collector.events() if event["name"] == "row"}

    def lost() -> int:
        reports = {batch["batch_id"]: batch["lost"].get("queue_full", 0) for batch in collector.batches()}
        return sum(reports.values())

    collector.wait_until(lambda: len(sent()) + lost() >= 20_050)
    assert (len(sent()), lost()) == (20_000, 50)


def test_what_is_captured_while_a_request_is_under_way_plans_no_other(
    loaded: Page, collector: Collector
) -> None:
    """Whichever ends plans the next: a timer for each call would be work for the page, and do nothing."""
    collector.open.clear()
    loaded.evaluate("sillage.track('under way'), void sillage.flush()")
    collector.wait_for("under way")
    delays = loaded.evaluate("""async () => {
        const delays = [], { setTimeout } = window;
        window.setTimeout = (task, delay) => { delays.push(delay); return setTimeout(task, delay) };
        for (let i = 0; i < 40; i++) {
            sillage.track('meanwhile', { text: 'x'.repeat(1000) });
            await new Promise((resolve) => setTimeout(resolve));
        }
        window.setTimeout = setTimeout;
        return delays;
    }""")
    assert set(delays) <= {None, 100}  # to keep them on the device
    collector.open.set()
    assert len(collector.wait_for("meanwhile", 40)) == 40
