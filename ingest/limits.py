"""How much one client may ask of a collector: what a connection may hold, and how often it may come."""

import math
import time
from dataclasses import dataclass

from ingest.addresses import site
from ingest.refusals import Refusal, RefuseRequest
from ingest.registry import Tenant
from runtime.settings import CollectorSettings

HEAD_BYTES = 16_384
"""Request line and headers."""
PIPELINED = 16
"""Requests that wait behind the one that is being answered, before the connection is read no further."""
MOST_PIPELINED = 128
"""As many may have come with one read; the connection is closed behind these."""

_BURST_SECONDS = 2
_REMEMBERED = 1 << 16


@dataclass(frozen=True, slots=True)
class Limits:
    """What bounds the connections of one process; times in seconds."""

    connections: int
    connections_an_address: int
    waiting_requests: int
    body_bytes: int
    head_seconds: float
    body_seconds: float
    idle_seconds: float


def limits(settings: CollectorSettings) -> Limits:
    """As the settings say."""
    return Limits(
        settings.max_connections,
        settings.max_connections_per_address,
        settings.max_waiting_requests,
        settings.max_body_bytes_in_memory,
        settings.head_timeout_ms / 1_000,
        settings.body_timeout_ms / 1_000,
        settings.idle_timeout_ms / 1_000,
    )


class Buckets:
    """Token buckets by name: each fills at its rate, holds a burst, and gives one token a request."""

    def __init__(self) -> None:
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, name: str, rate: float, burst: float) -> float:
        """Take one token: 0, or the seconds until there is one again."""
        now = time.monotonic()
        tokens, then = self._buckets.get(name) or (burst, now)
        tokens += (now - then) * rate
        if tokens < 1:
            return (1 - tokens) / rate
        if len(self._buckets) >= _REMEMBERED:  # who has so many addresses is not held up by their buckets
            self._buckets.clear()
        self._buckets[name] = min(tokens, burst) - 1, now
        return 0.0

    def wait(self, name: str, rate: float) -> float:
        """Take none: the seconds until there is a token, 0 when there is one."""
        tokens, then = self._buckets.get(name) or (1.0, 0.0)
        return max(0.0, (1 - tokens) / rate - (time.monotonic() - then))


class Rates:
    """The rates of addresses and of tenants. A rate of 0 is no limit. Each process counts for itself."""

    def __init__(self, address_rate: float, tenant_rate: float) -> None:
        self._address_rate, self._tenant_rate = address_rate, tenant_rate
        self._addresses, self._tenants = Buckets(), Buckets()
        self._flooded_until = 0.0

    def is_flooded(self) -> bool:
        """Whether a tenant was over its limit a moment ago: whether to look before a body is read."""
        return time.monotonic() < self._flooded_until

    def count_address(self, address: str) -> None:
        """One request from there; raises RefuseRequest."""
        rate = self._address_rate
        if rate and (wait := self._addresses.take(site(address), rate, _burst(rate))):
            raise RefuseRequest(Refusal.ADDRESS_TOO_FAST, math.ceil(wait))

    def count_tenant(self, tenant: Tenant) -> None:
        """One request of the tenant; raises RefuseRequest."""
        rate = self._rate(tenant)
        if rate and (wait := self._tenants.take(tenant.name, rate, tenant.burst or _burst(rate))):
            raise self._flooded(wait)

    def refuse_flood(self, tenant: Tenant) -> None:
        """Raise RefuseRequest where `count_tenant` would, and count nothing."""
        rate = self._rate(tenant)
        if rate and (wait := self._tenants.wait(tenant.name, rate)):
            raise self._flooded(wait)

    def _flooded(self, wait: float) -> RefuseRequest:
        self._flooded_until = time.monotonic() + 1
        return RefuseRequest(Refusal.TENANT_TOO_FAST, math.ceil(wait))

    def _rate(self, tenant: Tenant) -> float:
        return self._tenant_rate if tenant.requests_per_second is None else tenant.requests_per_second


def _burst(rate: float) -> float:
    """What may come at once where nothing else is said; a request at least, or none would ever be taken."""
    return max(1.0, _BURST_SECONDS * rate)
