"""Chromium for the tests of the browser SDK: Debian's where it can be had, else Playwright's own."""

from collections.abc import Iterator

import clickhouse_connect
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, ViewportSize, sync_playwright

from tests.browser.chromium import FLAGS, chromium_path
from tests.browser.ledger import Ledger
from tests.browser.scene import Scene
from tests.browser.servers import Collector, serve_collector, serve_page
from tests.conftest import Stack


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    """What starts browsers.

    Not for the session: while Playwright runs, so does its event loop, and no other test could have one.
    """
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """One Chromium for a module's tests; each test opens its own context in it."""
    browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
    yield browser
    browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser profile of the test's own: no storage or cookie of another test."""
    screen: ViewportSize = {"width": 1440, "height": 900}
    context = browser.new_context(locale="fr-FR", timezone_id="Europe/Paris", screen=screen)
    yield context
    context.close()


@pytest.fixture
def collector() -> Iterator[Collector]:
    """A collector that records what the SDK sends."""
    with serve_collector() as collector:
        yield collector


@pytest.fixture
def site(collector: Collector) -> Iterator[str]:
    """Address of a site, of another origin than the collector, whose pages load the SDK from it."""
    with serve_page(collector.url) as url:
        yield url


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """An empty tab."""
    return context.new_page()


@pytest.fixture(scope="module")
def site_and_gate(stack: Stack) -> Iterator[tuple[str, Collector]]:
    """A site on the demonstration's port, an origin of the tenant `demo`; the collector behind a gate."""
    with serve_collector(stack.collector_url) as gate, serve_page(gate.url, stack.demo_port) as site:
        yield site, gate


@pytest.fixture
def ledger(stack: Stack) -> Iterator[Ledger]:
    """What the test's pages capture, and ClickHouse."""
    clickhouse = clickhouse_connect.get_client(dsn=stack.clickhouse_url, password=stack.clickhouse_password)
    yield Ledger(clickhouse)
    clickhouse.close()


@pytest.fixture
def open_gate(site_and_gate: tuple[str, Collector]) -> Iterator[Collector]:
    """The gate as each test finds it and leaves it."""
    _, gate = site_and_gate
    gate.answers, gate.requests = [], []
    gate.open.set()
    yield gate
    gate.open.set()


@pytest.fixture
def scene(
    browser: Browser, site_and_gate: tuple[str, Collector], open_gate: Collector, ledger: Ledger
) -> Iterator[Scene]:
    """A browser profile of the test's own."""
    with browser.new_context() as context:
        yield Scene(context, site_and_gate[0], open_gate, ledger)
        open_gate.open.set()
