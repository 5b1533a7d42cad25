"""The demo's services, called as its pages call them: which spans the unmodified exporter sends."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from local.demo.errands import Errands
from local.demo.parcels import Parcel
from local.demo.tenants import TENANTS
from tests.conftest import free_port_base
from tests.local.demo.conftest import billing, serving
from tests.local.demo.otlp import Received, Receiver, receiving
from tests.local.demo.test_outbox import packed

TRACE = "0190a1b2c3d4e5f60718293a4b5c6d7e"
PAGES_SPAN = "00f067aa0ba902b7"
SERVER, CLIENT, INTERNAL = 2, 3, 1


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def atelier(receiver: Receiver) -> Iterator[str]:
    """Both services; gives the address of the front one."""
    base = free_port_base()
    with billing(base + 1, receiver.url), serving(base, receiver.url, base + 1) as url:
        yield url


def post(url: str, trace: str, headers: dict[str, str] | None = None) -> tuple[int, dict[str, Any]]:
    marked = {"traceparent": f"00-{trace}-{PAGES_SPAN}-01", **(headers or {})}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, b"", marked), timeout=10) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read())


def tree(spans: list[Received]) -> dict[str, Any]:
    """Spans by what they are below, from the page's own."""
    below: dict[bytes, list[Received]] = {}
    for one in spans:
        below.setdefault(one.span.parent_span_id, []).append(one)

    def under(parent: bytes) -> dict[str, Any]:
        return {f"{one.service}: {one.span.name}": under(one.span.span_id) for one in below.get(parent, [])}

    return under(bytes.fromhex(PAGES_SPAN))


def named(spans: list[Received], name: str, kind: int) -> Received:
    (found,) = (one for one in spans if one.span.name == name and one.span.kind == kind)
    return found


def test_sending_an_invoice_is_a_trace_across_two_services_and_a_database(
    atelier: str, receiver: Receiver
) -> None:
    status, body = post(f"{atelier}/api/invoices/1048/deliveries", TRACE)
    assert (status, body) == (200, {"done": True, "trace_id": TRACE})
    assert tree(receiver.trace(TRACE, 6)) == {
        "atelier-web: POST /api/invoices/{number}/deliveries": {
            "atelier-web: POST /invoices/{number}/deliveries": {
                "atelier-billing: POST /invoices/{number}/deliveries": {
                    "atelier-billing: SELECT invoices": {},
                    "atelier-billing: render invoice": {},
                    "atelier-billing: INSERT deliveries": {},
                }
            }
        }
    }


def test_spans_are_described_by_the_semantic_conventions(atelier: str, receiver: Receiver) -> None:
    trace = TRACE.replace("0190", "0191")
    who = {"baggage": "user.id=u-17,session.id=s-1", "X-Forwarded-For": "82.64.7.9", "User-Agent": "Firefox"}
    post(f"{atelier}/api/invoices/1048/reminders", trace, who)
    spans = receiver.trace(trace, 5)
    host, port = atelier.removeprefix("http://").split(":")
    served = named(spans, "POST /api/invoices/{number}/reminders", SERVER)
    assert served.attributes == {
        "http.request.method": "POST",
        "http.route": "/api/invoices/{number}/reminders",
        "http.response.status_code": 200,
        "url.scheme": "http",
        "url.path": "/api/invoices/1048/reminders",
        "server.address": host,
        "server.port": int(port),
        "client.address": "82.64.7.9",
        "network.protocol.version": "1.1",
        "user_agent.original": "Firefox",
        "user.id": "u-17",
        "session.id": "s-1",
    }
    asked = named(spans, "POST /invoices/{number}/reminders", CLIENT)
    assert asked.attributes == {
        "http.request.method": "POST",
        "http.response.status_code": 200,
        "url.full": f"http://{host}:{int(port) + 1}/invoices/1048/reminders",
        "url.template": "/invoices/{number}/reminders",
        "server.address": host,
        "server.port": int(port) + 1,
    }
    assert named(spans, "POST /invoices/{number}/reminders", SERVER).attributes["user.id"] == "u-17"
    assert named(spans, "UPDATE deliveries", CLIENT).attributes == {
        "db.system.name": "sqlite",
        "db.namespace": "billing",
        "db.collection.name": "deliveries",
        "db.operation.name": "UPDATE",
        "db.query.text": "UPDATE deliveries SET reminders = reminders + 1 WHERE number = ?",
    }


def test_booking_fails_and_the_exception_is_on_the_span_of_the_request(
    atelier: str, receiver: Receiver
) -> None:
    trace = TRACE.replace("0190", "0192")
    status, body = post(f"{atelier}/api/invoices/1048/bookings", trace)
    assert (status, body) == (500, {"done": False, "trace_id": trace})
    spans = receiver.trace(trace, 5)
    failed = {
        (one.service, one.span.name, one.attributes["error.type"])
        for one in spans
        if one.span.status.code == 2
    }
    assert failed == {
        ("atelier-web", "POST /api/invoices/{number}/bookings", "500"),
        ("atelier-web", "POST /invoices/{number}/bookings", "500"),
        ("atelier-billing", "POST /invoices/{number}/bookings", "sqlite3.OperationalError"),
        ("atelier-billing", "INSERT bookings", "sqlite3.OperationalError"),
    }
    (event,) = (event for one in spans for event in one.span.events)
    served = named(spans, "POST /invoices/{number}/bookings", SERVER)
    assert list(served.span.events) == [event]
    exception = {one.key: one.value.string_value for one in event.attributes}
    assert exception["exception.type"] == "sqlite3.OperationalError"
    assert exception["exception.message"] == "table bookings has no column named vat_code"
    assert "in bookings\n" in exception["exception.stacktrace"]


def test_an_invoice_that_does_not_exist_is_the_clients_fault(atelier: str, receiver: Receiver) -> None:
    trace = TRACE.replace("0190", "0193")
    assert post(f"{atelier}/api/invoices/9/deliveries", trace)[0] == 404
    spans = receiver.trace(trace, 4)
    assert {one.span.name for one in spans if one.span.status.code == 2} == {
        "POST /invoices/{number}/deliveries"
    }
    assert named(spans, "POST /invoices/{number}/deliveries", SERVER).span.status.code == 0


def test_spans_are_sent_as_protobuf_under_the_secret_key(atelier: str, receiver: Receiver) -> None:
    post(f"{atelier}/api/invoices/1048/reminders", TRACE.replace("0190", "0194"))
    receiver.trace(TRACE.replace("0190", "0194"), 5)
    sent = receiver.headers[-1]
    assert (sent["authorization"], sent["content-type"]) == ("Bearer sk_demo", "application/x-protobuf")


def test_visitors_ask_the_back_end_under_their_events_trace(atelier: str, receiver: Receiver) -> None:
    parcel = next(one for one in packed(30) if any("trace_id" in event for event in one.batch["events"]))
    (event,) = (event for event in parcel.batch["events"] if "trace_id" in event)
    Errands(atelier).run(parcel)
    spans = receiver.trace(event["trace_id"], 5)
    front = next(one for one in spans if one.service == "atelier-web" and one.span.kind == SERVER)
    assert front.attributes["client.address"] == parcel.visitor.address
    assert (front.attributes["user.id"], front.attributes["session.id"]) == (event["user"], event["session"])


def test_only_the_first_tenants_visitors_have_a_back_end_and_errands_never_raise() -> None:
    parcels: list[Parcel] = [*packed(30), *packed(30, TENANTS[1])]
    assert {one.tenant for one in parcels if any("trace_id" in event for event in one.batch["events"])} == {
        TENANTS[0]
    }
    for parcel in parcels:
        Errands("http://127.0.0.1:1").run(parcel)


def test_the_last_spans_leave_before_a_service_ends_and_lost_ones_are_told_once(
    capfd: pytest.CaptureFixture[str],
) -> None:
    base = free_port_base()
    trace = TRACE.replace("0190", "0195")
    with receiving() as receiver:
        receiver.status = 404
        with serving(base, receiver.url, base + 1) as url:
            post(f"{url}/api/invoices/1048/reminders", TRACE)
            receiver.wait_until(lambda: len(receiver.headers) == 1)
            assert post(f"{url}/api/invoices/1048/reminders", trace)[0] == 503
        assert len(receiver.trace(trace, 2)) == 2
    said = capfd.readouterr().err.strip().splitlines()
    assert [line.partition(": ")[2] for line in said] == [
        "The spans of this process are not taken; they are lost meanwhile"
    ]
