"""One request on its way through the collector."""

from dataclasses import dataclass, field

from ingest.reading import RefusedEvent
from ingest.registry import Registry, Tenant
from ingest.rules import Rules
from ingest.wire import Batch


@dataclass(slots=True)
class Delivery:
    """What the request brought, and what the steps have made of it."""

    body: bytes
    tenants: Registry
    rules: Rules
    origin: str
    bearer: str
    client_ip: str
    user_agent: str
    objects: bool
    """The request carries `Sec-GPC: 1`: the person does not want to be tracked."""
    received_at: int
    batch: Batch = field(init=False)
    refused: list[RefusedEvent] = field(init=False)
    tenant: Tenant = field(init=False)
