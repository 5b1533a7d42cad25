"""The SDK sends the requests of the transport's vectors, and does what their answers ask for."""

import json

import pytest
from playwright.sync_api import Page

from tests.browser.servers import Collector
from tests.vectors import TRANSPORT, Vector, form, having

pytestmark = pytest.mark.timeout(300)  # the first browser test may have to install Chromium


@pytest.fixture
def loaded(page: Page, site: str) -> Page:
    page.goto(f"{site}/invoices/42")
    page.evaluate("sillage.flush()")
    return page


@pytest.mark.parametrize("vector", having("calls"), ids=lambda vector: vector["name"])
def test_the_calls_of_a_vector_send_its_request(vector: Vector, loaded: Page, collector: Collector) -> None:
    loaded.evaluate(f"{vector['calls']}, sillage.flush()")
    assert form(collector.batches()[-1]) == form(vector["request"])


@pytest.mark.parametrize("vector", TRANSPORT, ids=lambda vector: vector["name"])
def test_an_answer_is_followed_by_what_its_vector_says(
    vector: Vector, loaded: Page, collector: Collector
) -> None:
    answer = vector["answer"]
    headers = {"Retry-After": str(answer["retry_after"])} if "retry_after" in answer else {}
    collector.answers = [(answer["status"], headers, json.dumps(answer["body"]))]
    loaded.evaluate("sillage.track('answered'), sillage.flush()")
    loaded.evaluate("dispatchEvent(new Event('online')), sillage.flush()")
    loaded.evaluate("sillage.track('next'), sillage.flush()")
    names = [[event["name"] for event in batch["events"]] for batch in collector.batches()[1:]]
    lost = collector.batches()[-1]["lost"]
    assert {
        "done": (names, lost) == ([["answered"], ["next"]], {}),
        "lost": (names, lost) == ([["answered"], ["next"]], {"refused": 1}),
        "again": (names, lost) == ([["answered"], ["answered"], ["next"]], {}),
        "wait": (names, lost) == ([["answered"]], {}),
    }[vector["then"]], (names, lost)
    if vector["then"] == "again":
        assert collector.batches()[1]["batch_id"] == collector.batches()[2]["batch_id"]
