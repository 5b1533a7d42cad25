"""What a page's main thread spends, as Chromium traces it: each task's CPU time, whatever else runs."""

import json
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, Page

LONG_MS = 50
_CATEGORIES = ["disabled-by-default-devtools.timeline", "blink.user_timing"]


@dataclass
class Spent:
    """Milliseconds of CPU, the most first."""

    tasks: list[float] = field(default_factory=list)
    calls: list[float] = field(default_factory=list)
    """Of the tasks that the page marked by `performance.mark("call")`."""
    scripts: list[float] = field(default_factory=list)
    """Of scripts that ran as they were loaded."""

    @property
    def long_tasks(self) -> int:
        """How many tasks took longer than a person may notice."""
        return sum(task > LONG_MS for task in self.tasks)


@contextmanager
def traced(browser: Browser, page: Page) -> Iterator[Spent]:
    """Trace what the page does meanwhile."""
    spent = Spent()
    browser.start_tracing(page=page, categories=_CATEGORIES)
    page.evaluate("performance.mark('here')")
    yield spent
    events: list[dict[str, Any]] = json.loads(browser.stop_tracing())["traceEvents"]
    read(events, spent)


def read(events: list[dict[str, Any]], spent: Spent) -> None:
    """Add up what a trace has of the thread that left the mark "here".

    A task that the end of the trace cuts off has no CPU time, and is left out.
    """
    (mark,) = (event for event in events if event["name"] == "here")
    ours = [event for event in events if (event["pid"], event["tid"]) == (mark["pid"], mark["tid"])]
    tasks = [event for event in ours if event["name"] == "RunTask" and "tdur" in event]
    calls = [event["ts"] for event in ours if event["name"] == "call"]
    spent.tasks = _milliseconds(tasks)
    spent.calls = _milliseconds([task for task in tasks if _holds_one_of(task, calls)])
    spent.scripts = _milliseconds([event for event in ours if event["name"] == "EvaluateScript"])


def _milliseconds(events: list[dict[str, Any]]) -> list[float]:
    return sorted((event["tdur"] / 1_000 for event in events), reverse=True)


def _holds_one_of(task: dict[str, Any], moments: list[int]) -> bool:
    """Whether the task was running at one of these moments, which are in order."""
    first = bisect_left(moments, task["ts"])
    return first < len(moments) and moments[first] <= task["ts"] + task["dur"]
