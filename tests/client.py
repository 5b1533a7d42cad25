"""A client of the collector, and an eye on what became of its events."""

import json
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable
from email.message import Message
from typing import Any

from clickhouse_connect.driver.client import Client
from confluent_kafka import Consumer, TopicPartition

from schemas.dead_letter import from_record
from schemas.topics import DEAD
from tests.conftest import Stack

CHROME = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
)
DEADLINE_SECONDS = 60
"""Only what never comes waits so long; the other worker's tests and the machine may be busy."""


def event(**changes: Any) -> dict[str, Any]:
    now = time.time_ns() // 1_000_000
    return {"id": str(uuid.uuid4()), "kind": "action", "name": "invoice.sent", "at": now} | changes


def post(stack: Stack, events: list[Any], **headers: str) -> tuple[int, dict[str, Any], Message]:
    """Send one batch; give status, decoded answer, headers."""
    batch = {
        "key": "pk_demo",
        "batch_id": str(uuid.uuid4()),
        "sent_at": time.time_ns() // 1_000_000,
        "events": events,
    }
    return send(
        stack,
        "POST",
        json.dumps(batch).encode(),
        **{"Content-Type": "text/plain", "User-Agent": CHROME} | headers,
    )


def send(
    stack: Stack, method: str, body: bytes | None = None, path: str = "/v1/events", **headers: str
) -> tuple[int, dict[str, Any], Message]:
    request = urllib.request.Request(stack.collector_url + path, body, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, json.loads(answer.read() or b"{}"), answer.headers
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read()), error.headers


def awaited(found: Callable[[], Any], seconds: float = DEADLINE_SECONDS) -> Any:
    """The first truthy answer; fails after the deadline."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := found():
            return answer
        time.sleep(0.05)
    raise AssertionError(f"nothing after {seconds:.0f} s")


def stored(clickhouse: Client, column: str, ids: list[str], seconds: float = DEADLINE_SECONDS) -> list[Any]:
    """The column's value for each of these events, once all are there, in their order."""
    rows = awaited(lambda: len(found := stored_now(clickhouse, column, ids)) >= len(ids) and found, seconds)
    return [rows[one] for one in ids]


def stored_now(clickhouse: Client, column: str, ids: list[str]) -> dict[str, Any]:
    sql = f"SELECT toString(event_id), {column} FROM usage WHERE event_id IN {{ids:Array(UUID)}}"
    return {row[0]: row[1] for row in clickhouse.query(sql, {"ids": ids}).result_rows}


def dead_letters(stack: Stack, marker: bytes, count: int) -> list[Any]:
    """The dead letters of records that carried the marker, once there are so many."""
    consumer = Consumer({"bootstrap.servers": stack.kafka_bootstrap_servers, "group.id": marker.hex()})
    consumer.assign([TopicPartition(DEAD.name, 0, 0)])
    letters: list[Any] = []

    def read_on() -> list[Any] | None:
        message = consumer.poll(0.1)
        if message is not None and not message.error():  # a message of no bytes is falsy
            headers: Any = message.headers() or []
            if ("marker", marker) in headers:
                letters.append(from_record(message.key() or b"", message.value() or b"", headers))
        return letters if len(letters) >= count else None

    try:
        awaited(read_on)
    finally:
        consumer.close()
    return letters


class Visitor(threading.Thread):
    """Posts events until the collector is gone; keeps the ids of those it acknowledged."""

    def __init__(self, stack: Stack) -> None:
        super().__init__()
        self.acknowledged: list[str] = []
        self.enough = threading.Event()
        self._stack = stack

    def run(self) -> None:
        try:
            while True:
                sent: list[dict[str, Any]] = [event(name="recovery") for _ in range(10)]
                status, _, _ = post(self._stack, sent)
                if status == 202:
                    self.acknowledged += [one["id"] for one in sent]
                if len(self.acknowledged) >= 500:
                    self.enough.set()
        except OSError:
            return
