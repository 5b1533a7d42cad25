"""What a browser, its network and its person may do: nothing that a page captured is lost or doubled.

The oracle: the ids that the pages captured, by their own account, are the rows in ClickHouse, one each.
"""

import pytest

from tests.browser.scene import Scene
from tests.browser.servers import Answer

# The first run may have to fetch Kafka and install Chromium.
pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

CAPTIVE_PORTAL: Answer = (200, {}, "<html>Please log in</html>")
HALF: Answer = (202, {}, '{"accepted": 5, "refu')
OTHER_JSON: Answer = (200, {}, '{"ok": true}')
A_DAY_MS = 86_400_000


def test_several_tabs_deliver_what_each_captured_and_one_what_a_closed_one_left(scene: Scene) -> None:
    tabs = [scene.open(f"/invoices/{number}") for number in range(3)]
    for tab in tabs:
        scene.ledger.track(tab, 20)
        scene.flush(tab)
    scene.break_down()
    for tab in tabs:
        scene.ledger.track(tab, 20)
        scene.flush(tab)
    tabs[0].close(run_before_unload=True)
    scene.repair()
    for tab in tabs[1:]:
        scene.come_back(tab)
    scene.ledger.settle()


def test_offline_and_back(scene: Scene) -> None:
    page = scene.open()
    scene.context.set_offline(True)
    scene.ledger.track(page)
    scene.flush(page)
    scene.context.set_offline(False)
    scene.ledger.settle()


def test_a_page_that_is_loaded_again_amid_a_flush(scene: Scene) -> None:
    page = scene.open()
    scene.flush(page)
    scene.gate.open.clear()
    scene.ledger.track(page, 300)  # several batches: one is under way, the others wait
    page.evaluate("void sillage.flush()")
    scene.gate.wait_for("row")
    page.reload()
    scene.ledger.note(page)
    scene.gate.open.set()
    scene.flush(page)
    scene.ledger.settle()


def test_a_page_that_is_closed_amid_a_flush(scene: Scene) -> None:
    page = scene.open()
    scene.flush(page)
    scene.gate.open.clear()
    scene.ledger.track(page, 300)
    page.evaluate("void sillage.flush()")
    scene.gate.wait_for("row")
    with page.expect_event("close"):
        page.close(run_before_unload=True)
    scene.gate.open.set()
    scene.deliver_what_is_left()


def test_a_collector_that_is_down_for_longer_than_the_page_lives(scene: Scene) -> None:
    scene.break_down()
    page = scene.open()
    scene.ledger.track(page)
    scene.flush(page)
    page.goto(scene.site + "/invoices/43")
    scene.ledger.track(page)
    scene.flush(page)
    page.close(run_before_unload=True)
    scene.repair()
    scene.deliver_what_is_left()


def test_a_collector_that_comes_back_while_the_page_waits(scene: Scene) -> None:
    page = scene.open()
    scene.break_down()
    for _ in range(3):
        scene.ledger.track(page)
        scene.come_back(page)
        scene.flush(page)
    scene.repair()
    scene.come_back(page)
    scene.ledger.settle()


@pytest.mark.parametrize("nonsense", [CAPTIVE_PORTAL, HALF, OTHER_JSON, (500, {}, "<h1>")])
def test_a_collector_that_answers_garbage(scene: Scene, nonsense: Answer) -> None:
    page = scene.open()
    scene.flush(page)
    scene.gate.answers = [nonsense]
    scene.ledger.track(page)
    scene.flush(page)
    assert scene.gate.answers == []
    scene.come_back(page)
    scene.ledger.settle()


def test_garbage_for_an_answer_after_the_batch_was_taken(scene: Scene) -> None:
    page = scene.open()
    scene.flush(page)
    scene.gate.garbles = 2
    scene.ledger.track(page)
    scene.flush(page)
    scene.come_back(page)
    scene.flush(page)
    scene.come_back(page)
    scene.flush(page)
    batches = [request.batch["batch_id"] for request in scene.gate.requests]
    assert len(batches) - len(set(batches)) == 2  # it came three times
    scene.ledger.settle()


def test_a_429_is_obeyed_by_this_page_and_the_next(scene: Scene) -> None:
    page = scene.open()
    scene.flush(page)
    scene.gate.answers = [(429, {"Retry-After": "2"}, "{}")]
    scene.ledger.track(page)
    scene.flush(page)
    asked = len(scene.gate.requests)
    scene.come_back(page)
    scene.flush(page)
    scene.open("/next", page)
    scene.flush(page)
    assert len(scene.gate.requests) == asked  # none while it was asked to wait
    scene.ledger.settle()
    attempts = [batch["sent_at"] for batch in scene.gate.batches()]
    assert attempts[asked] - attempts[asked - 1] >= 2_000


NO_STORAGE = """
    const denied = () => { throw new DOMException("denied", "SecurityError") };
    for (const name of ["indexedDB", "localStorage", "sessionStorage"])
        Object.defineProperty(window, name, { get: denied });
"""


def test_a_private_window_without_storage(scene: Scene) -> None:
    scene.context.add_init_script(NO_STORAGE)
    page = scene.open()
    scene.gate.answers = [(503, {}, "{}")]
    scene.ledger.track(page)
    scene.flush(page)
    scene.ledger.track(page)
    scene.come_back(page)
    scene.ledger.settle()
    assert "stored" not in page.evaluate("steps")


def test_a_full_disk(scene: Scene) -> None:
    page = scene.context.new_page()
    page.goto(scene.site + "/blank")
    devtools = scene.context.new_cdp_session(page)
    devtools.send("Storage.overrideQuotaForOrigin", {"origin": scene.site, "quotaSize": 1})
    scene.break_down()
    scene.open(page=page)
    scene.ledger.track(page, 500)
    scene.flush(page)
    assert "stored" not in page.evaluate("steps")
    scene.repair()
    scene.come_back(page)
    scene.ledger.settle()


@pytest.mark.parametrize("skew", [A_DAY_MS, -A_DAY_MS])
def test_a_clock_that_is_a_day_wrong(scene: Scene, skew: int) -> None:
    scene.context.add_init_script(f"const now = Date.now; Date.now = () => now() + {skew}")
    page = scene.open()
    scene.break_down()
    scene.ledger.track(page)
    scene.flush(page)
    scene.repair()
    page.close(run_before_unload=True)
    scene.deliver_what_is_left()
    sql = """
        SELECT min(abs(dateDiff('hour', client_at, received_at))),
               max(abs(dateDiff('minute', occurred_at, received_at)))
        FROM sillage.usage WHERE event_id IN {ids:Array(UUID)}
    """
    ids = {"ids": sorted(scene.ledger.captured)}
    ((wrong_hours, corrected_minutes),) = scene.ledger.clickhouse.query(sql, ids).result_rows
    assert wrong_hours >= 23 and corrected_minutes < 10


OVERRIDES = {
    "one that throws": "window.fetch = () => { throw new Error('mine') }",
    "one that never answers": "window.fetch = async () => undefined",
    "one that adds headers": """
        const given = window.fetch;
        window.fetch = (url, options = {}) =>
            given(url, { ...options, headers: { ...options.headers, 'X-Mine': '1' } });
    """,
}


@pytest.mark.parametrize("override", OVERRIDES.values(), ids=OVERRIDES.keys())
def test_a_page_that_has_put_its_own_fetch_in_place_before(scene: Scene, override: str) -> None:
    scene.context.add_init_script(override)
    page = scene.open()
    scene.flush(page)
    scene.come_back(page)
    scene.ledger.track(page)
    scene.ledger.settle()


def test_a_page_that_overrides_fetch_later(scene: Scene) -> None:
    page = scene.open()
    page.evaluate("() => { window.fetch = () => Promise.reject(new Error('mine')) }")
    scene.ledger.track(page)
    scene.ledger.settle()


def test_ten_thousand_events_in_a_burst(scene: Scene) -> None:
    page = scene.open()
    scene.ledger.track(page, 10_000)
    assert len(scene.ledger.captured) == 10_001
    scene.ledger.settle()


def test_ten_thousand_events_in_a_burst_as_the_page_is_left(scene: Scene) -> None:
    page = scene.open()
    scene.ledger.track(page, 10_000)
    scene.open("/next", page)
    scene.flush(page)
    scene.ledger.settle()


def test_a_page_with_a_strict_policy_that_checks_the_sdk(scene: Scene) -> None:
    complaints: list[str] = []
    page = scene.context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    scene.open("/strict/invoices", page)
    scene.ledger.track(page)
    page.wait_for_function(
        "steps.filter((step) => step === 'captured').length > 6"
    )  # vitals: the part is loaded
    scene.flush(page)
    scene.ledger.note(page)
    scene.ledger.settle()
    assert complaints == []
