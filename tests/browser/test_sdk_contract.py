"""What the SDK records and how it looks on the wire, seen by a collector of another origin."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.servers import Collector

pytestmark = pytest.mark.timeout(300)  # the first browser test may have to install Chromium

UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def open_page(page: Page, address: str) -> None:
    page.goto(address)
    page.wait_for_function("() => window.sillage")


def test_a_script_tag_alone_reports_the_page_view(page: Page, site: str, collector: Collector) -> None:
    open_page(page, f"{site}/invoices/42?token=secret#total")
    (batch,) = collector.wait_for_batches(1)
    (view,) = batch["events"]
    assert (view["kind"], view["name"], view["page"]) == ("view", "page.viewed", "/invoices/42")
    assert UUID7.fullmatch(view["id"]) and UUID7.fullmatch(batch["batch_id"])
    assert batch["key"] == "pk_demo" and batch["lost"] == {}
    assert batch["sent_at"] >= view["at"]
    assert batch["context"] == {
        "sdk": "js/0.1.0",
        "release": "2026.11.2",
        "language": "fr-FR",
        "screen": "1440x900",
        "timezone": "Europe/Paris",
        "automated": True,
    }


def test_a_delivery_is_a_simple_request_without_preflight_or_cookie(
    context: BrowserContext, page: Page, site: str, collector: Collector
) -> None:
    context.add_cookies([{"name": "login", "value": "secret", "url": collector.url}])
    open_page(page, f"{site}/?token=secret")
    collector.wait_for("page.viewed")
    assert [request.method for request in collector.requests] == ["POST"]
    headers = collector.requests[0].headers
    assert headers["content-type"] == "text/plain"
    assert headers["origin"] == site
    assert headers["referer"] == f"{site}/"
    assert "cookie" not in headers


def test_each_new_path_is_a_view_and_a_new_query_is_none(page: Page, site: str, collector: Collector) -> None:
    open_page(page, f"{site}/invoices/42")
    page.click("#next")
    page.evaluate("history.pushState(null, '', '?sort=date')")
    page.evaluate("history.replaceState(null, '', '/invoices/44')")
    page.go_back()
    views = collector.wait_for("page.viewed", 4)
    paths = [view["page"] for view in views]
    assert paths == ["/invoices/42", "/invoices/43", "/invoices/44", "/invoices/43"]
    assert [view["referrer"] for view in views] == ["", *(site + path for path in paths[:-1])]


def test_a_page_back_from_the_back_forward_cache_is_a_view(
    page: Page, site: str, collector: Collector
) -> None:
    open_page(page, f"{site}/invoices/42")
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    views = collector.wait_for("page.viewed", 2)
    assert [view["page"] for view in views] == ["/invoices/42"] * 2


def test_an_action_carries_its_properties_and_whoever_is_identified(
    page: Page, site: str, collector: Collector
) -> None:
    open_page(page, site)
    page.click("#send")
    page.evaluate("sillage.identify('u-17'), sillage.track('invoice.paid'), sillage.identify(null)")
    page.evaluate("sillage.track('invoice.closed')")
    collector.wait_for("invoice.closed")
    actions = {event["name"]: event for event in collector.events() if event["kind"] == "action"}
    assert actions["invoice.sent"]["properties"] == {"plan": "pro", "seats": 12, "trial": False}
    users = {name: event.get("user") for name, event in actions.items()}
    assert users == {"invoice.sent": None, "invoice.paid": "u-17", "invoice.closed": None}


def test_texts_are_cut_between_characters_and_hold_no_lone_surrogate(
    page: Page, site: str, collector: Collector
) -> None:
    open_page(page, site)
    page.evaluate("sillage.track('x' + '😀'.repeat(300), { long: '😀'.repeat(2000), half: 'a\\ud83d' })")
    collector.wait_until(lambda: any(event["kind"] == "action" for event in collector.events()))
    (action,) = (event for event in collector.events() if event["kind"] == "action")
    assert action["name"] == "x" + "😀" * 199
    assert action["properties"] == {"long": "😀" * 1024, "half": "a\ufffd"}


def test_values_that_the_store_cannot_hold_are_left_out(page: Page, site: str, collector: Collector) -> None:
    open_page(page, site)
    page.evaluate("""() => {
        const unknown = { nan: NaN, infinite: 1 / 0, none: null, list: [1], call() {}, big: 1n };
        sillage.track("kept", { ...unknown, zero: 0, no: false });
        sillage.track("many", Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`p${i}`, i])));
    }""")
    assert collector.wait_for("kept")[0]["properties"] == {"zero": 0, "no": False}
    assert len(collector.wait_for("many")[0]["properties"]) == 50


def test_garbage_arguments_throw_nothing_into_the_page(page: Page, site: str, collector: Collector) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    open_page(page, site)
    page.evaluate("""async () => {
        const hostile = { get key() { throw new Error("getter") }, toString() { throw new Error("text") } };
        const garbage = [undefined, null, 7, 7n, NaN, "", Symbol("s"), [], {}, hostile, () => {}, window];
        for (const value of garbage) {
            sillage.init(value), sillage.identify(value), sillage.track(value, value), sillage.page(value);
            await sillage.flush(value);
        }
        sillage.track("with.hostile.properties", hostile);
        sillage.identify(null);
        sillage.track("afterwards");
    }""")
    collector.wait_for("afterwards")
    assert errors == []
    assert sum(batch["lost"].get("invalid", 0) for batch in collector.batches()) == 13


def test_a_session_lasts_across_page_loads_and_ends_after_half_an_hour_idle(
    page: Page, site: str, collector: Collector
) -> None:
    page.clock.install()
    open_page(page, f"{site}/one")
    open_page(page, f"{site}/two")
    page.clock.fast_forward("29:00")
    page.evaluate("sillage.track('soon.after')")
    page.clock.fast_forward("31:00")
    page.evaluate("sillage.track('much.later'), sillage.flush()")
    collector.wait_for("much.later")
    sessions = {event["name"]: event["session"] for event in collector.events()}
    assert len({event["session"] for event in collector.events()}) == 2
    assert sessions["page.viewed"] == sessions["soon.after"] != sessions["much.later"]


def test_a_sandboxed_frame_without_storage_still_has_a_session(
    page: Page, site: str, collector: Collector
) -> None:
    page.goto(f"{site}/blank")
    frame = f'<iframe sandbox="allow-scripts" src="{site}/framed"></iframe>'
    page.evaluate("html => { document.body.innerHTML = html }", frame)
    (view,) = collector.wait_for("page.viewed")
    assert view["page"] == "/framed" and UUID7.fullmatch(view["session"])


def test_the_module_sends_what_was_tracked_before_init(page: Page, site: str, collector: Collector) -> None:
    page.goto(f"{site}/blank")
    page.evaluate(
        """async (endpoint) => {
            const sillage = await import("/sillage.mjs");
            sillage.track("early");
            sillage.init({ key: "pk_demo", endpoint, pageViews: false });
        }""",
        collector.url + "/",
    )
    collector.wait_for("early")
    assert [event["name"] for event in collector.events()] == ["early"]
