"""The browser SDK's main-thread time: start-up, calls, delivery; alone: `python -m bench.browser`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from bench.load import quantile
from bench.result import LATEST, Result, publish
from tests.browser.chromium import FLAGS, chromium_path
from tests.browser.servers import SDK, Collector, serve_collector, serving

STARTS = 30
CALLS = 3_000
BURST = 10_000
LEFT = 300
_MEASURE = Path(__file__).with_name("browser.js").read_text()
_ISOLATED = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}
"""Only a page that is isolated has a clock of 5 µs; others have one of 100."""


def measure() -> Iterator[Result]:
    """All figures, in Chromium, with a collector that answers at once and does nothing else."""
    with serve_collector() as collector, _serve_page() as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        starts = sorted(_start(browser, site, collector) for _ in range(STARTS))
        yield Result("SDK: start-up, first view included, p50", "ms", quantile(starts, 0.5))
        yield Result("SDK: the same, slowest of 30", "ms", starts[-1], 10)
        with browser.new_context() as context:
            page = _page(context, site, collector)
            yield from _calls(page)
            yield from _burst(page)
            yield Result("SDK: tasks over 50 ms in all of this but the burst", "tasks", _long_tasks(page), 0)
        with browser.new_context() as context:
            yield from _inheritance(context, site, collector)
        browser.close()


def _start(browser: Browser, site: str, collector: Collector) -> float:
    """Milliseconds to compile, run and start the script; each in a profile of its own."""
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(site)
        return float(_started(page, collector)["start"])


def _calls(page: Page) -> Iterator[Result]:
    """One call a task, as an application makes them."""
    times = page.evaluate("count => calls(count)", CALLS)
    for what in ("call", "settled"):
        said = "SDK: a call of track" if what == "call" else "SDK: the same, with what it sets off at once"
        sorted_times = sorted(times[what])
        yield Result(f"{said}, p50", "ms", quantile(sorted_times, 0.5))
        yield Result(f"{said}, p99", "ms", quantile(sorted_times, 0.99), 1)
    yield Result("SDK: all its script time a call, delivery included", "ms", times["script"] / CALLS)


def _burst(page: Page) -> Iterator[Result]:
    spent = page.evaluate("count => burst(count)", BURST)
    yield Result(f"SDK: {BURST:,} calls in one loop, a call", "ms", spent / BURST)


def _long_tasks(page: Page) -> int:
    return int(page.evaluate("longTasks"))


def _inheritance(context: BrowserContext, site: str, collector: Collector) -> Iterator[Result]:
    """A page finds hundreds of batches that others have left on the device, and delivers them."""
    collector.open.clear()
    page = _page(context, site, collector)
    page.evaluate("count => leave(count)", LEFT)
    page.close()
    collector.open.set()
    heir = _page(context, site, collector)
    heir.evaluate("sillage.flush()")
    yield Result(
        f"SDK: tasks over 50 ms while {LEFT} left batches are delivered", "tasks", _long_tasks(heir), 0
    )


def _page(context: BrowserContext, site: str, collector: Collector) -> Page:
    page = context.new_page()
    page.goto(site)
    _started(page, collector)
    return page


def _started(page: Page, collector: Collector) -> dict[str, Any]:
    code = (SDK / "sillage.min.js").read_text()
    started: dict[str, Any] = page.evaluate("given => start(...given)", [code, collector.url])
    return started


@contextmanager
def _serve_page() -> Iterator[str]:
    """An isolated page with nothing on it but what measures."""
    page = f"<!doctype html><title>Bench</title><body><script>{_MEASURE}</script>".encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            for name, value in {
                "Content-Type": "text/html",
                "Content-Length": str(len(page)),
                **_ISOLATED,
            }.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with serving(Handler) as url:
        yield url


if __name__ == "__main__":
    sys.exit(not publish(list(measure()), LATEST.with_name("latest-browser.json")))
