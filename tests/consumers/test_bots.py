"""Bots: flagged with the reasons that docs/reference/bots.md lists, never dropped."""

import json
import re
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from consumers.enrichment.agents import read_agent
from consumers.enrichment.bots import BotReason
from runtime.clickhouse import connect
from runtime.settings import QuerySettings, load
from tests.client import CHROME, event, send, stored
from tests.conftest import Stack

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "bots.md"
CHROMIUM = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)"
HAND_LIMIT = 50
JS_SDK = "js/0.1.0"

REASONS = {
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)": ("user_agent",),
    f"{CHROMIUM} HeadlessChrome/140.0.0.0 Safari/537.36": ("headless",),
    "Mozilla/5.0 (Unknown; Linux x86_64) AppleWebKit/538.1 (KHTML, like Gecko) PhantomJS/2.1.1 Safari/538.1":
        ("headless",),
    f"{CHROMIUM} Chrome/140.0.0.0 Safari/537.36 Chrome-Lighthouse": ("headless",),
    "Mozilla/5.0 (compatible; Googlebot/2.1; HeadlessChrome)": ("user_agent", "headless"),
    "curl/8.5.0": ("http_client",),
    "python-requests/2.32.3": ("http_client",),
    "Python-urllib/3.11": ("http_client",),
    "Python/3.11 aiohttp/3.9.5": ("http_client",),
    "Go-http-client/1.1": ("http_client",),
    "okhttp/4.12.0": ("http_client",),
    "Java/17.0.2": ("http_client",),
    "node": ("http_client",),
    "": ("no_user_agent",),
    " ": ("no_user_agent",),
    CHROME: (),
    "Invoices/3.2 (Linux; Android 14) okhttp/4.12.0": (),
    "Curlew/1.0 Mozilla/5.0": (),
    "sillage-python/0.1.0": (),
}  # fmt: skip


@pytest.mark.parametrize(("user_agent", "reasons"), REASONS.items())
def test_a_user_agent_gives_its_reasons(user_agent: str, reasons: tuple[str, ...]) -> None:
    assert read_agent(user_agent).bot_reasons == reasons


def test_the_device_of_an_http_library_is_unknown() -> None:
    assert {read_agent(text).device for text in ("Java/17.0.2", "libwww-perl/6.7", "curl/8.5.0")} == {
        "unknown"
    }


def test_every_reason_stands_in_the_reference_and_no_other() -> None:
    assert re.findall(r"^\| `(\w+)` \|", REFERENCE.read_text(), re.MULTILINE) == [
        BotReason.USER_AGENT,
        BotReason.HEADLESS,
        BotReason.DECLARED,
        BotReason.HTTP_CLIENT,
        BotReason.NO_USER_AGENT,
        BotReason.IMPOSSIBLE_RATE,
    ]
    assert len(BotReason) == 6


@pytest.fixture(scope="module")
def clickhouse(stack: Stack) -> Iterator[Client]:
    client = connect(load(QuerySettings, stack.environ))
    yield client
    client.close()


def events(count: int, every_ms: int, **changes: Any) -> list[dict[str, Any]]:
    """Events of one session, the last of them now."""
    now, session = time.time_ns() // 1_000_000, uuid.uuid4().hex
    return [event(**{"at": now - n * every_ms, "session": session} | changes) for n in range(count)]


def deliver(stack: Stack, sent: list[dict[str, Any]], context: dict[str, Any], **headers: str) -> None:
    batch = {"batch_id": str(uuid.uuid4()), "context": context, "events": sent}
    key = {} if "Authorization" in headers else {"key": "pk_demo"}
    body = json.dumps(batch | key).encode()
    status, answer, _ = send(stack, "POST", body, **{"Content-Type": "text/plain"} | headers)
    assert (status, answer["accepted"]) == (202, len(sent))


def reasons_of(clickhouse: Client, sent: list[dict[str, Any]]) -> tuple[str, ...]:
    """The reasons that every one of these events has, once all are stored."""
    found = {(tuple(r), b) for r, b in stored(clickhouse, "(bot_reasons, is_bot)", [e["id"] for e in sent])}
    ((reasons, is_bot),) = found
    assert is_bot == bool(reasons)
    return reasons


@pytest.mark.parametrize(
    ("context", "user_agent", "reasons"),
    [
        ({"sdk": JS_SDK}, CHROME, ()),
        ({"sdk": JS_SDK, "automated": True}, CHROME, ("declared",)),
        ({"sdk": JS_SDK, "automated": True}, f"{CHROMIUM} HeadlessChrome/140", ("headless", "declared")),
        ({"sdk": JS_SDK}, "python-requests/2.32.3", ("http_client",)),
        ({"sdk": JS_SDK}, "", ("no_user_agent",)),
        ({}, "curl/8.5.0", ()),
        ({}, "Googlebot/2.1 (+http://www.google.com/bot.html)", ("user_agent",)),
    ],
)
def test_a_delivery_is_stored_with_its_reasons(
    stack: Stack, clickhouse: Client, context: dict[str, Any], user_agent: str, reasons: tuple[str, ...]
) -> None:
    sent = events(2, every_ms=500)
    deliver(stack, sent, context, **{"User-Agent": user_agent})
    assert reasons_of(clickhouse, sent) == reasons


def test_a_back_end_that_speaks_for_people_is_no_bot(stack: Stack, clickhouse: Client) -> None:
    sent = [one for _ in range(60) for one in events(1, every_ms=0)]
    authorization = f"Bearer {stack.secret_key}"
    deliver(stack, sent, {}, **{"User-Agent": "Go-http-client/2.0", "Authorization": authorization})
    assert reasons_of(clickhouse, sent) == ()


@pytest.mark.parametrize(
    ("sent", "reasons"),
    [
        (lambda: events(HAND_LIMIT + 1, every_ms=19), ("impossible_rate",)),
        (lambda: events(HAND_LIMIT + 1, every_ms=20), ()),
        (lambda: events(HAND_LIMIT, every_ms=0), ()),
        (lambda: events(HAND_LIMIT + 1, every_ms=0), ("impossible_rate",)),
        (lambda: events(200, every_ms=1, kind="vital"), ()),
        (lambda: events(200, every_ms=1, session=""), ()),
        (lambda: events(40, every_ms=1) + events(40, every_ms=1), ()),
        (lambda: events(500, every_ms=21), ()),
        (
            lambda: [one | {"at": one["at"] - 86_400_000} for one in events(51, every_ms=15, session="one")]
            + events(100, every_ms=100, session="one"),
            ("impossible_rate",),
        ),
    ],
    ids=[
        "51 within 950 ms", "51 within 1,000 ms", "50 at once", "51 at once", "vitals", "no session",
        "two sessions", "500 in ten seconds", "a fast stretch of an earlier day",
    ],
)  # fmt: skip
def test_a_session_faster_than_a_hand_is_flagged(
    stack: Stack, clickhouse: Client, sent: Any, reasons: tuple[str, ...]
) -> None:
    made = sent()
    deliver(stack, made, {"sdk": JS_SDK}, **{"User-Agent": CHROME})
    assert reasons_of(clickhouse, made) == reasons
