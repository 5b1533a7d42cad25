"""Simulated visitors before the real collector, which takes everything that they send."""

import time
from random import Random

import pytest

from local.demo.outbox import Outbox
from local.demo.sender import Sender
from local.demo.tenants import TENANTS
from local.demo.visitors import Visitors
from runtime.clickhouse import connect
from runtime.settings import QuerySettings, load
from tests.client import awaited
from tests.conftest import Stack

pytestmark = pytest.mark.timeout(300)  # the first run fetches Kafka


def test_every_tenants_visitors_are_taken_and_stored(stack: Stack) -> None:
    began = time.time_ns() // 1_000_000
    demo_url = f"http://127.0.0.1:{stack.demo_port}"
    sender = Sender(stack.collector_url, lambda one: demo_url if one is TENANTS[0] else one.origin)
    outbox = Outbox(sender)
    visitors = Visitors(outbox, events_a_second=20, now=began, rng=Random(3))
    # Two minutes, run through at once: the collector corrects the visitors' clocks by `sent_at`.
    for now in range(began, began + 120_000, 1_000):
        visitors.go_on(now)
    sender.close()
    assert outbox.refused == set()
    assert outbox.sent > 500
    clickhouse = connect(load(QuerySettings, stack.environ))
    names = [tenant.name for tenant in TENANTS[1:]]
    found = "SELECT uniqExact(tenant) FROM usage WHERE tenant IN {names:Array(String)}"
    assert awaited(lambda: clickhouse.query(found, {"names": names}).result_rows == [(len(names),)])
