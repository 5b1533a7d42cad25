"""The same for what only a whole browser of the test's own can show: a crash, and pages that come back."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import BrowserContext, Error, Playwright

from tests.browser.chromium import FLAGS, chromium_path
from tests.browser.ledger import Ledger
from tests.browser.scene import Scene
from tests.browser.servers import Collector

# The first run may have to fetch Kafka and install Chromium.
pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

NOTE_RETURN = "window.addEventListener('pageshow', (event) => { window.persisted = event.persisted })"
WHY_NOT = "performance.getEntriesByType('navigation')[0].notRestoredReasons"


@pytest.fixture
def start(
    playwright: Playwright,
    tmp_path: Path,
    site_and_gate: tuple[str, Collector],
    open_gate: Collector,
    ledger: Ledger,
) -> Iterator[Callable[[], Scene]]:
    """Start Chromium, each time with the same profile."""
    started: list[BrowserContext] = []

    def start() -> Scene:
        context = playwright.chromium.launch_persistent_context(
            tmp_path,
            executable_path=chromium_path(),
            args=FLAGS,
            ignore_default_args=["--disable-back-forward-cache"],
        )
        started.append(context)
        return Scene(context, site_and_gate[0], open_gate, ledger)

    yield start
    open_gate.open.set()
    for context in started:
        with contextlib.suppress(Error):  # it was killed
            context.close()


def kill(profile: Path) -> None:
    """End every process of the browser that has this profile, at once."""
    ours = [
        process
        for process in psutil.process_iter(["cmdline"])
        if f"--user-data-dir={profile}" in (process.info["cmdline"] or [])
    ]
    assert ours
    for process in ours:
        for one in [process, *process.children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
    psutil.wait_procs(ours)


def test_a_browser_that_is_killed_and_started_again(start: Callable[[], Scene], tmp_path: Path) -> None:
    before = start()
    before.break_down()
    page = before.open()
    before.ledger.track(page, 300)
    before.flush(page)  # in vain, and what waits is kept
    kill(tmp_path)
    after = start()
    after.repair()
    after.deliver_what_is_left()


def test_a_browser_that_is_killed_amid_a_flush(start: Callable[[], Scene], tmp_path: Path) -> None:
    before = start()
    page = before.open()
    before.flush(page)
    before.gate.open.clear()
    before.ledger.track(page, 300)
    page.evaluate("void sillage.flush()")
    before.gate.wait_for("row")
    kill(tmp_path)
    before.gate.open.set()
    start().deliver_what_is_left()


def test_a_page_that_comes_back_from_the_back_forward_cache(start: Callable[[], Scene]) -> None:
    scene = start()
    page = scene.open("/invoices/42")
    page.evaluate(NOTE_RETURN)
    scene.ledger.track(page)
    scene.flush(page)  # a page that waits for an answer is not kept
    page.goto(scene.site + "/invoices/43")
    scene.ledger.track(page)
    page.go_back(wait_until="commit")
    assert page.evaluate("window.persisted"), page.evaluate(WHY_NOT)
    scene.ledger.track(page)
    scene.flush(page)
    scene.ledger.settle()


def test_a_page_in_the_back_forward_cache_whose_collector_was_down(start: Callable[[], Scene]) -> None:
    scene = start()
    scene.break_down()
    page = scene.open("/invoices/42")
    page.evaluate(NOTE_RETURN)
    scene.ledger.track(page)
    scene.flush(page)
    page.goto(scene.site + "/invoices/43")
    scene.ledger.track(page)
    scene.repair()
    scene.come_back(page)
    scene.flush(page)
    page.go_back(wait_until="commit")
    assert page.evaluate("window.persisted"), page.evaluate(WHY_NOT)
    scene.ledger.track(page)
    scene.flush(page)
    scene.ledger.settle()
