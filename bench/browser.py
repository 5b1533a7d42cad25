"""The browser SDK's main-thread time: start-up, calls, delivery; alone: `python -m bench.browser`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from bench.load import quantile
from bench.main_thread import Spent, traced
from bench.result import LATEST, Result, publish
from tests.browser.chromium import FLAGS, chromium_path
from tests.browser.servers import SDK, Collector, serve_collector, serve_files

STARTS = 20
CALLS = 2_000
BURST = 10_000
LEFT = 200
_CODE = Path(__file__).with_name("browser.js").read_text()
_PAGE = f"<!doctype html><title>Bench</title><body><script>{_CODE}</script>".encode()


def measure() -> Iterator[Result]:
    """All figures, in Chromium, with a collector that answers at once and does nothing else."""
    with _chromium() as (browser, site, collector):
        starts = [_start(browser, site, collector) for _ in range(STARTS)]
        scripts = sorted(start.scripts[0] for start in starts)
        yield Result("17 SDK: start-up, first view included, p50", "ms CPU", quantile(scripts, 0.5))
        yield Result(f"17 SDK: slowest of {STARTS} start-ups", "ms CPU", scripts[-1], 10)
        with browser.new_context() as context:
            page = _page(context, site, collector)
            calls = _traced_calls(browser, page)
            assert len(calls.calls) == CALLS
            name = "17 SDK: the whole task of a call of track"
            yield Result(f"{name}, p50", "ms CPU", calls.calls[CALLS // 2])
            yield Result(f"{name}, p99", "ms CPU", calls.calls[CALLS // 100], 1)
            yield Result("17 SDK: the longest of all tasks meanwhile", "ms CPU", calls.tasks[0])
            yield Result("17 SDK: all tasks, a call, delivery included", "ms CPU", sum(calls.tasks) / CALLS)
            yield Result("17 SDK: a call of 10,000 in one loop", "ms", page.evaluate("burst", BURST) / BURST)
        left = _inherit(browser, site, collector)
        long = [spent.long_tasks for spent in (*starts, calls, left)]
        yield Result(
            f"17 SDK: tasks over 50 ms in all of this and {LEFT} left batches", "tasks", sum(long), 0
        )


@contextmanager
def _chromium() -> Iterator[tuple[Browser, str, Collector]]:
    with (
        serve_collector() as collector,
        serve_files(lambda _path: ("text/html", _PAGE)) as site,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        yield browser, site, collector
        browser.close()


def _start(browser: Browser, site: str, collector: Collector) -> Spent:
    """Compile, run and start the script, in a profile of its own, and deliver the first view."""
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(site)
        with traced(browser, page) as spent:
            _begin(page, collector)
            page.evaluate("sillage.flush()")
    return spent


def _traced_calls(browser: Browser, page: Page) -> Spent:
    """One call a task, as an application makes them."""
    page.evaluate("calls(200)")  # the engine compiles what is called often
    with traced(browser, page) as spent:
        page.evaluate("calls", CALLS)
    return spent


def _inherit(browser: Browser, site: str, collector: Collector) -> Spent:
    """A page finds hundreds of batches that another has left on the device, and delivers them."""
    with browser.new_context() as context:
        page = _page(context, site, collector)
        collector.answers = [(503, {})] * LEFT
        page.evaluate("leave", LEFT)
        page.goto("about:blank")
        collector.answers = []
        heir = context.new_page()
        heir.goto(site)
        with traced(browser, heir) as spent:
            _begin(heir, collector)
            heir.evaluate("sillage.flush()")
        return spent


def _page(context: BrowserContext, site: str, collector: Collector) -> Page:
    page = context.new_page()
    page.goto(site)
    _begin(page, collector)
    page.evaluate("sillage.flush()")
    return page


def _begin(page: Page, collector: Collector) -> None:
    page.evaluate("given => start(...given)", [(SDK / "sillage.min.js").read_text(), collector.url])


if __name__ == "__main__":
    sys.exit(not publish(list(measure()), LATEST.with_name("latest-browser.json")))
