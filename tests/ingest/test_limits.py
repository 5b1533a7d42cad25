"""Rates: who sends too fast is told for how long to wait, and nobody else is."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest import limits
from ingest.limits import Buckets, Rates
from ingest.refusals import Refusal, RefuseRequest
from ingest.registry import Tenant


class Clock:
    """The limits' clock, moved by the test."""

    now = 1_000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    clock = Clock()
    monkeypatch.setattr(limits, "time", clock)
    yield clock


def tenant(name: str = "demo", **limits: Any) -> Tenant:
    return Tenant(name, frozenset(), 90, b"", **limits)


def refusal_of(counted: Any, *arguments: Any) -> RefuseRequest:
    with pytest.raises(RefuseRequest) as caught:
        counted(*arguments)
    return caught.value


@given(st.lists(st.floats(0, 3), max_size=60), st.integers(1, 20), st.integers(1, 20))
def test_a_bucket_gives_its_burst_and_its_rate_and_no_more(
    pauses: list[float], rate: int, burst: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        clock = Clock()
        patch.setattr(limits, "time", clock)
        buckets, given = Buckets(), 0
        for pause in pauses:
            clock.now += pause
            given += buckets.take("a", rate, burst) == 0
        assert given <= burst + rate * sum(pauses) + 1e-6
        assert given >= min(len(pauses), burst)


def test_a_wait_that_is_told_is_long_enough_and_no_longer(clock: Clock) -> None:
    buckets = Buckets()
    assert buckets.take("a", 0.5, 1) == 0
    wait = buckets.take("a", 0.5, 1)
    assert wait == buckets.wait("a", 0.5) == 2
    clock.now += wait - 0.01
    assert buckets.take("a", 0.5, 1) > 0
    clock.now += 0.02
    assert buckets.take("a", 0.5, 1) == 0


@pytest.mark.usefixtures("clock")
def test_an_address_that_floods_is_refused_and_its_neighbours_are_not() -> None:
    rates = Rates(address_rate=5, tenant_rate=0)
    for _ in range(10):
        rates.count_address("198.51.100.1")
    refused = refusal_of(rates.count_address, "198.51.100.1")
    assert (refused.refusal, refused.retry_after) == (Refusal.ADDRESS_TOO_FAST, 1)
    rates.count_address("198.51.100.2")


@pytest.mark.usefixtures("clock")
def test_the_addresses_of_one_ipv6_subscriber_count_together() -> None:
    rates = Rates(address_rate=1, tenant_rate=0)
    for host in ("1", "2"):
        rates.count_address(f"2001:db8:0:1::{host}")
    assert refusal_of(rates.count_address, "2001:db8:0:1::3").refusal is Refusal.ADDRESS_TOO_FAST
    rates.count_address("2001:db8:0:2::1")


def test_a_tenant_that_floods_is_refused_before_its_bodies_are_read_and_the_others_are_not(
    clock: Clock,
) -> None:
    rates, flooding, other = Rates(0, tenant_rate=1), tenant("flooding"), tenant("other")
    rates.count_tenant(flooding)
    rates.count_tenant(flooding)
    assert refusal_of(rates.count_tenant, flooding).refusal is Refusal.TENANT_TOO_FAST
    assert rates.is_flooded()
    assert refusal_of(rates.refuse_flood, flooding).retry_after == 1
    rates.refuse_flood(other)
    rates.count_tenant(other)
    clock.now += 2
    assert not rates.is_flooded()
    rates.refuse_flood(flooding)


@pytest.mark.usefixtures("clock")
def test_a_tenant_may_have_limits_of_its_own() -> None:
    rates, own = Rates(0, tenant_rate=1_000), tenant(requests_per_second=0.1, burst=3)
    for _ in range(3):
        rates.count_tenant(own)
    assert refusal_of(rates.count_tenant, own).retry_after == 10


@pytest.mark.usefixtures("clock")
def test_a_rate_of_zero_is_no_limit() -> None:
    rates = Rates(0, 0)
    for _ in range(10_000):
        rates.count_address("198.51.100.1")
        rates.count_tenant(tenant())
    assert not rates.is_flooded()


@pytest.mark.usefixtures("clock")
def test_ipv4_clients_of_a_socket_for_both_families_are_told_apart() -> None:
    rates = Rates(address_rate=1, tenant_rate=0)
    for host in range(4):
        rates.count_address(f"::ffff:192.0.2.{host}")


def test_a_limit_of_less_than_a_request_a_second_lets_one_through_each_time(clock: Clock) -> None:
    rates, slow = Rates(0, 0), tenant(requests_per_second=0.2)
    for _ in range(3):
        rates.count_tenant(slow)
        assert refusal_of(rates.count_tenant, slow).retry_after == 5
        clock.now += 5
