"""What simulated visitors send, and what they do while the collector is away."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from random import Random
from threading import Thread
from typing import Any

from local.demo.crowd import Crowd
from local.demo.outbox import Outbox
from local.demo.parcels import Parcel, parcels
from local.demo.sender import Sender
from local.demo.tenants import TENANTS, DemoTenant
from local.demo.visits import visit

NOW = 1_795_000_000_000
TENANT = TENANTS[0]


class Answering:
    """A collector that gives the answers it is told to, then 202, and keeps what it was sent."""

    def __init__(self) -> None:
        self.answers: list[int] = []
        self.batches: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.url = ""


@contextmanager
def answering() -> Iterator[Answering]:
    collector = Answering()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            collector.batches.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            collector.headers.append(dict(self.headers))
            self.send_response(collector.answers.pop(0) if collector.answers else 202)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep the test's output to the test."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        collector.url = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield collector
        server.shutdown()
        thread.join()


def packed(count: int = 1, tenant: DemoTenant = TENANT) -> list[Parcel]:
    rng = Random(1)
    crowd = Crowd(tenant, seed=1)
    visits = [visit(crowd.anyone(rng), NOW, 0, rng) for _ in range(count)]
    return [parcel for one in visits for parcel in parcels(tenant, one, rng)]


def later(waiting: list[Parcel]) -> int:
    return max(parcel.due for parcel in waiting) + 1


def test_batches_are_sent_in_order_of_time_from_the_visitors_place_and_software() -> None:
    waiting = packed()
    with answering() as collector:
        outbox = Outbox(Sender(collector.url, lambda tenant: tenant.origin))
        outbox.put(reversed(waiting))
        outbox.send_due(later(waiting))
    assert [batch["batch_id"] for batch in collector.batches] == [one.batch["batch_id"] for one in waiting]
    visitor = waiting[0].visitor
    sent = collector.headers[0]
    assert (sent["X-Forwarded-For"], sent["User-Agent"]) == (visitor.address, visitor.agent.user_agent)
    assert sent["Origin"] == "https://demo.atelier.example"
    assert outbox.sent == sum(parcel.events for parcel in waiting)


def test_nothing_is_sent_before_its_time() -> None:
    waiting = packed()
    with answering() as collector:
        outbox = Outbox(Sender(collector.url, lambda tenant: tenant.origin))
        outbox.put(waiting)
        outbox.send_due(NOW)
        assert outbox.next_due() == waiting[0].due
    assert collector.batches == []


def test_a_batch_that_is_put_off_comes_again_under_its_ids() -> None:
    waiting = packed()
    now = later(waiting)
    with answering() as collector:
        collector.answers = [503]
        outbox = Outbox(Sender(collector.url, lambda tenant: tenant.origin))
        outbox.put(waiting)
        outbox.send_due(now)
        assert (len(collector.batches), outbox.next_due() > now) == (1, True)
        outbox.send_due(outbox.next_due())
    first, second = collector.batches[:2]
    assert first["batch_id"] == second["batch_id"]
    assert first["events"] == second["events"]
    assert second["sent_at"] > first["sent_at"]
    assert outbox.sent == sum(parcel.events for parcel in waiting)


def test_while_the_collector_is_away_no_more_than_a_thousand_events_wait_and_the_rest_is_reported() -> None:
    waiting = packed(150)
    outbox = Outbox(Sender("http://127.0.0.1:1", lambda tenant: tenant.origin))
    outbox.put(waiting)
    outbox.send_due(later(waiting))
    with answering() as collector:
        outbox._sender = Sender(collector.url, lambda tenant: tenant.origin)
        outbox.send_due(outbox.next_due())
    everything = sum(parcel.events for parcel in waiting)
    assert 900 < outbox.sent <= 1_000
    assert collector.batches[0]["lost"] == {"queue_full": everything - outbox.sent}


def test_a_tenant_that_the_collector_does_not_know_is_not_tried_again() -> None:
    waiting = packed(3)
    with answering() as collector:
        collector.answers = [401]
        outbox = Outbox(Sender(collector.url, lambda tenant: tenant.origin))
        outbox.put(waiting)
        outbox.send_due(later(waiting))
    assert (len(collector.batches), outbox.refused, outbox.sent) == (1, {"demo"}, 0)
