"""Logs, metrics and own spans carry no personal data, at any level: it is planted in all kinds of traffic."""

import json
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Producer

from schemas import spans, usage
from tests.client import awaited, event
from tests.conftest import Stack
from tests.consumers.spans import request, span
from tests.consumers.test_usage_sink import FRAMING, batch, encoded
from tests.local.demo.otlp import Receiver, receiving
from tests.secret_places import told
from tests.upgrade.fleet import Fleet, own_fleet

PLANTED = {
    "user": "ada-7731@personal.example",
    "e-mail": "grace-7731@personal.example",
    "address": "203.0.113.177",
    "agent": "PersonalBrowser/7731",
    "page": "personal-page-7731",
    "property": "personal-value-7731",
    "name": "personal-name-7731",
    "session": "personal-session-7731",
    "wrong key": "sk_wrong7731personal",
}


@pytest.fixture
def fleet(stack: Stack, tmp_path: Path) -> Iterator[Fleet]:
    with own_fleet(stack, tmp_path) as made:
        made.environ |= {"SILLAGE_LOG_LEVEL": "debug", "SILLAGE_TRUSTED_PROXIES": "127.0.0.0/8"}
        yield made


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


def deliver(url: str, body: bytes, kind: str = "application/json", key: str = "") -> str:
    """Post as a planted person does; gives the answer, whatever it is."""
    headers = {
        "Content-Type": kind,
        "User-Agent": PLANTED["agent"],
        "X-Forwarded-For": PLANTED["address"],
        "Referer": f"https://x/{PLANTED['page']}",
        "Cookie": PLANTED["session"],
    } | ({"Authorization": f"Bearer {key}"} if key else {})
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=10) as answer:
            return f"{answer.headers}{answer.read()!r}"
    except urllib.error.HTTPError as error:
        with error:
            return f"{error.headers}{error.read()!r}"


def personal_event(**changes: object) -> dict[str, object]:
    return event(
        name=PLANTED["name"],
        user=PLANTED["user"],
        session=PLANTED["session"],
        page=f"/{PLANTED['page']}?q={PLANTED['property']}",
        properties={"plan": PLANTED["property"], "note": PLANTED["e-mail"], "email": PLANTED["e-mail"]},
        **changes,
    )


def personal_batch(*events: object, key: str = "pk_demo") -> bytes:
    return json.dumps({"key": key, "batch_id": str(uuid.uuid4()), "events": events}).encode()


def send_all_kinds(fleet: Fleet, url: str) -> list[str]:
    """What is taken, what is refused in part and whole, and what is no request; gives the answers."""
    traces = request(span(PLANTED["name"], {"user.email": PLANTED["e-mail"], "note": PLANTED["property"]}))
    body, proto = traces.SerializeToString(), "application/x-protobuf"
    too_long = personal_event(referrer=PLANTED["page"] * 500)
    good = personal_batch(personal_event())
    return [
        deliver(f"{url}/v1/events", good),
        deliver(f"{url}/v1/events", personal_batch(personal_event(), too_long, {"kind": PLANTED["user"]})),
        deliver(f"{url}/v1/events", personal_batch({PLANTED["user"]: 1})),
        deliver(f"{url}/v1/events", good[:-20]),
        deliver(f"{url}/v1/events", personal_batch(personal_event(), key=PLANTED["wrong key"])),
        deliver(f"{url}/v1/events", good, key=PLANTED["wrong key"]),
        deliver(f"{url}/v1/events", good, PLANTED["agent"]),
        deliver(f"{url}/v1/traces", body, proto, fleet.stack.secret_key),
        deliver(f"{url}/v1/traces", body, proto, PLANTED["wrong key"]),
        deliver(f"{url}/v1/traces", body[:-5], proto, fleet.stack.secret_key),
        deliver(f"{url}/{PLANTED['page']}?user={PLANTED['user']}", good),
    ]


def poison(fleet: Fleet) -> int:
    """Records in Kafka that nobody can store, with the planted data in them; gives how many."""
    whole = encoded(batch(user_id=PLANTED["user"], user_agent=PLANTED["agent"], sdk=PLANTED["property"]))
    stamp = usage.pack_received_at(time.time_ns() // 1_000_000)
    values = [
        FRAMING.frame(whole[:-40]),
        FRAMING.frame(whole + PLANTED["property"].encode()),
        FRAMING.frame(whole.replace(PLANTED["property"].encode(), b"\xff" + PLANTED["property"].encode())),
        PLANTED["user"].encode() + whole,
    ]
    producer = Producer({"bootstrap.servers": fleet.environ["SILLAGE_KAFKA_BOOTSTRAP_SERVERS"]})
    carried = [("tenant", b"demo"), ("received_at", stamp)]
    for value in values:
        producer.produce(f"{fleet.prefix}.usage", value, headers=[*carried])
    traces = request(span(PLANTED["name"])).SerializeToString() + PLANTED["user"].encode()
    own = spans.headers("demo", time.time_ns() // 1_000_000, 30)
    producer.produce(f"{fleet.prefix}.spans", traces, key=bytes(16), headers=own)
    assert producer.flush(10) == 0
    return len(values) + 1


@pytest.mark.long
@pytest.mark.timeout(300)
def test_nothing_personal_is_logged_counted_or_traced_whatever_is_sent(
    fleet: Fleet, receiver: Receiver
) -> None:
    fleet.environ["SILLAGE_TRACING_ENDPOINT"] = receiver.url
    fleet.start_collector(fleet.old)
    fleet.start_consumers(fleet.old)
    (_, url), *_ = fleet.collectors.values()
    answers = send_all_kinds(fleet, url)
    poisoned = poison(fleet)
    awaited(lambda: len(fleet.dead()) >= poisoned and len(fleet.stored_events()) >= 2)
    processes = [*fleet.consumers, fleet.collectors[fleet.old][0]]
    pages = {f"metrics beside {one.log.name}": one.metrics() for one in processes}
    fleet.stop()  # the last spans leave
    logs = {one.log.name: one.said() for one in processes}
    usage_topic, spans_topic = f"{fleet.prefix}.usage", f"{fleet.prefix}.spans"
    assert set(receiver.by_name()) == {
        "POST /v1/events", "POST /v1/traces", f"process {usage_topic}", f"process {spans_topic}", "claim",
        "verify", "poll and enrich", "INSERT usage_batches", "INSERT span_batches", "commit",
    }  # fmt: skip
    assert [told(body.decode("latin-1"), PLANTED.values()) for body in receiver.bodies if body] == [
        [] for _ in receiver.bodies
    ]
    assert all("sillage_" in text for text in pages.values())
    assert any("Dead letter" in text for text in logs.values())
    sought = [*PLANTED.values(), fleet.stack.clickhouse_password, fleet.stack.secret_key]
    found = {name: told(text, sought) for name, text in (pages | logs).items()}
    assert {name: what for name, what in found.items() if what} == {}
    assert [told(answer, PLANTED.values()) for answer in answers] == [[] for _ in answers]


def test_personal_data_in_a_log_would_be_found() -> None:
    line = f"2026-11-28 WARNING consumer: Dead letter: Cannot parse '{PLANTED['e-mail']}'"
    assert told(line, PLANTED.values()) == [PLANTED["e-mail"]]
