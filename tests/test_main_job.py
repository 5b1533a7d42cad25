"""The main job on the real stack: what is posted to the collector stands in ClickHouse, enriched."""

import http.client
import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid

import pytest
from clickhouse_connect.driver.client import Client
from confluent_kafka import Producer

from runtime.clickhouse import connect
from runtime.settings import QuerySettings, load
from schemas import usage
from schemas.dead_letter import Reason
from schemas.framing import SingleObject
from schemas.topics import USAGE
from tests.client import dead_letters, event, post, send, stored, stored_now
from tests.conftest import Stack


@pytest.fixture(scope="module")
def clickhouse(stack: Stack) -> Client:
    return connect(load(QuerySettings, stack.environ))


def test_an_event_is_stored_enriched_and_with_its_coordinates(stack: Stack, clickhouse: Client) -> None:
    sent = event(
        page="/invoices/42",
        user="ada",
        session="s-1",
        properties={"plan": "pro", "seats": 12, "trial": False},
    )
    status, answer, _ = post(stack, [sent])
    assert (status, answer) == (202, {"accepted": 1, "refused": []})
    columns = (
        "tuple(tenant, kind, name, page, browser, os, device, is_bot, session_id, properties, retention_days,"
        " length(user_id), topic_id != toUUID('00000000-0000-0000-0000-000000000000'))"
    )
    (row,) = stored(clickhouse, columns, [sent["id"]])
    assert row == (
        "demo", "action", "invoice.sent", "/invoices/42", "Chrome", "Linux", "desktop", False, "s-1",
        {"plan": "pro", "seats": 12.0, "trial": False}, 90, 32, True,
    )  # fmt: skip


def test_the_clients_clock_is_corrected_and_the_uncorrected_time_is_kept(
    stack: Stack, clickhouse: Client
) -> None:
    now, ahead = time.time_ns() // 1_000_000, 3_600_000
    sent = event(at=now - 5_000 + ahead)
    body = {"key": "pk_demo", "batch_id": str(uuid.uuid4()), "sent_at": now + ahead, "events": [sent]}
    status, _, _ = send(stack, "POST", json.dumps(body).encode(), **{"Content-Type": "application/json"})
    assert status == 202
    columns = "tuple(toUnixTimestamp64Milli(client_at), date_diff('ms', occurred_at, received_at))"
    ((client_at, age),) = stored(clickhouse, columns, [sent["id"]])
    assert (client_at, age) == (sent["at"], 5_000)


def test_good_events_are_stored_though_their_neighbours_are_refused(stack: Stack, clickhouse: Client) -> None:
    good = [event(), event()]
    bad = event(name="n" * 201)
    status, answer, _ = post(stack, [good[0], bad, good[1]])
    assert (status, answer["accepted"]) == (202, 2)
    assert [(r["index"], r["id"], r["reason"]) for r in answer["refused"]] == [
        (1, bad["id"], "name_too_long")
    ]
    stored(clickhouse, "name", [one["id"] for one in good])
    assert stored_now(clickhouse, "name", [bad["id"]]) == {}


def test_a_back_ends_secret_key_works_as_a_bearer_token(stack: Stack, clickhouse: Client) -> None:
    sent = event()
    body = {"batch_id": str(uuid.uuid4()), "events": [sent]}
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {stack.secret_key}"}
    assert send(stack, "POST", json.dumps(body).encode(), **headers)[0] == 202
    assert stored(clickhouse, "tenant", [sent["id"]]) == ["demo"]


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status", "code"),
    [
        ("POST", "/v1/events", {"Content-Type": "application/json"}, b"not json", 400, "not_json"),
        (
            "POST",
            "/v1/events",
            {"Content-Type": "application/xml"},
            b"<events/>",
            415,
            "unsupported_media_type",
        ),
        ("POST", "/v1/events", {"Content-Type": "text/plain"}, b" " * 1_000_001, 413, "body_too_large"),
        ("GET", "/v1/events", {}, None, 405, "method_not_allowed"),
        ("GET", "/v2/events", {}, None, 404, "not_found"),
        (
            "POST",
            "/v1/events",
            {"Content-Type": "text/plain", "Origin": "https://elsewhere.example"},
            json.dumps({"key": "pk_demo", "batch_id": str(uuid.uuid4()), "events": [event()]}).encode(),
            403,
            "origin_forbidden",
        ),
        (
            "POST",
            "/v1/events",
            {"Content-Type": "text/plain"},
            json.dumps({"key": "pk_gone", "batch_id": str(uuid.uuid4()), "events": [event()]}).encode(),
            401,
            "key_unknown",
        ),
    ],
)
def test_a_refused_request_is_told_why_and_what_to_do(
    stack: Stack, method: str, path: str, headers: dict[str, str], body: bytes | None, status: int, code: str
) -> None:
    found, answer, _ = send(stack, method, body, path, **headers)
    assert (found, answer["error"]["code"]) == (status, code)
    assert answer["error"]["remedy"]


def test_a_body_of_unknown_length_is_refused_as_soon_as_it_is_too_large(stack: Stack) -> None:
    host = stack.collector_url.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=10)
    chunks = (b" " * 10_000 for _ in range(101))
    connection.request("POST", "/v1/events", chunks, {"Content-Type": "text/plain"}, encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()


def test_pages_of_an_allowed_origin_may_read_the_answer_and_others_not(stack: Stack) -> None:
    allowed = stack.collector_url
    _, _, headers = post(stack, [event()], Origin=allowed)
    assert headers["Access-Control-Allow-Origin"] == allowed
    status, _, headers = send(stack, "GET", path="/healthz", Origin="https://elsewhere.example")
    assert (status, headers["Access-Control-Allow-Origin"]) == (200, None)
    preflight = {"Origin": allowed, "Access-Control-Request-Method": "POST"}
    status, _, headers = send(stack, "OPTIONS", None, "/v1/events", **preflight)
    assert (status, headers["Access-Control-Allow-Methods"]) == (204, "POST")


def test_a_page_of_a_foreign_origin_may_read_that_it_is_refused_so_that_it_stops_trying(stack: Stack) -> None:
    status, answer, headers = post(stack, [event()], Origin="https://elsewhere.example")
    assert (status, answer["error"]["code"]) == (403, "origin_forbidden")
    assert headers["Access-Control-Allow-Origin"] == "*"


def test_the_collector_serves_the_sdk_its_health_and_all_metrics(stack: Stack) -> None:
    with urllib.request.urlopen(stack.collector_url + "/sillage.js") as answer:
        assert answer.headers["Content-Type"].startswith("text/javascript")
        assert b"/v1/events" in answer.read()
    assert send(stack, "GET", path="/healthz")[:2] == (200, {"status": "ok"})
    assert send(stack, "GET", path="/readyz")[:2] == (200, {"status": "ready"})
    post(stack, [event()])
    with urllib.request.urlopen(stack.metrics_url) as answer:
        metrics = answer.read().decode()
    assert 'sillage_events_accepted_total{tenant="demo"}' in metrics
    assert "sillage_records_stored_total" in metrics


CORRUPT = {
    Reason.UNFRAMED: (b"{}", None),
    Reason.TRUNCATED: (SingleObject(usage.fingerprint(usage.BATCH)).frame(b"\x80"), None),
    Reason.ENGINE_REFUSED: (SingleObject(usage.fingerprint(usage.BATCH)).frame(b"\0\0" + b"\xff" * 40), None),
    Reason.HEADER_MISSING: (b"", []),
    Reason.STAMP_IMPLAUSIBLE: (b"", [("tenant", b"demo"), ("received_at", usage.pack_received_at(2**42))]),
}


def test_a_corrupt_record_becomes_a_dead_letter_and_its_neighbours_arestored_now(
    stack: Stack, clickhouse: Client
) -> None:
    before, after = event(), event()
    post(stack, [before])
    now = time.time_ns() // 1_000_000
    producer = Producer({"bootstrap.servers": stack.kafka_bootstrap_servers})
    marker = uuid.uuid4().bytes
    for value, headers in CORRUPT.values():
        good = [("tenant", b"demo"), ("received_at", usage.pack_received_at(now))]
        carried = (good if headers is None else headers) + [("marker", marker)]
        producer.produce(USAGE.name, value, key=marker, headers=carried)  # type: ignore[arg-type]
    assert producer.flush(10) == 0
    post(stack, [after])
    stored(clickhouse, "name", [before["id"], after["id"]])

    letters = dead_letters(stack, marker, len(CORRUPT))
    assert {letter.reason: letter.value for letter in letters} == {
        r: value for r, (value, _) in CORRUPT.items()
    }
    assert {letter.topic for letter in letters} == {USAGE.name}


def sillage(stack: Stack, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cli", *arguments]
    environ = stack.environ | {"COLUMNS": "200"}  # wide enough that no name is folded
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=30, check=False)


def test_sillage_usage_answers_by_any_dimension(stack: Stack, clickhouse: Client) -> None:
    name = f"report.{uuid.uuid4().hex}"
    sent = [event(name=name, user=user, session=f"s-{user}") for user in ("ada", "alan", "ada")]
    post(stack, sent)
    stored(clickhouse, "name", [one["id"] for one in sent])
    done = sillage(stack, "usage", "--tenant", "demo", "--by", "action,browser,system", "--format", "json")
    rows = [row for row in json.loads(done.stdout) if row["action"] == name]
    assert rows == [
        {"action": name, "browser": "Chrome", "system": "Linux", "events": 3, "users": 2, "sessions": 2}
    ]
    by_day = sillage(stack, "usage", "--tenant", "demo", "--interval", "day", "--format", "csv")
    assert by_day.stdout.splitlines()[0] == "start,end,partial,events,users,sessions"
    assert name in sillage(stack, "usage", "--tenant", "demo").stdout.replace("\n", "")


def test_sillage_usage_says_what_it_does_not_know(stack: Stack) -> None:
    unknown = sillage(stack, "usage", "--tenant", "demo", "--by", "weather")
    assert unknown.returncode == 2
    assert "'weather' is none of: tenant, action, kind" in unknown.stderr.replace("\n", " ")
    assert "No events of tenant 'nobody'" in sillage(stack, "usage", "--tenant", "nobody").stdout


def test_migrating_again_changes_nothing(stack: Stack) -> None:
    done = sillage(stack, "migrate")
    assert (done.returncode, done.stdout.startswith("0 of ")) == (0, True), done.stderr
