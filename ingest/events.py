"""`POST /v1/events`: from a request to an answer, once the batch is safe."""

import re

from ingest import usage
from ingest.addresses import TrustedProxies
from ingest.answers import Answer, NotTaken, all_accepted, partly_refused, refused
from ingest.bodies import unpack
from ingest.connection import Respond
from ingest.cors import readable
from ingest.delivery import Delivery
from ingest.limits import Rates
from ingest.outlet import Outlet
from ingest.refusals import Refusal, RefuseRequest
from ingest.registry import Tenant
from ingest.request import Headers, Request
from ingest.rules import Rules
from ingest.tenants import TenantFiles

_BODY_TYPES = (b"application/json", b"text/plain")
_KEY = re.compile(rb'"key"\s*:\s*"([\w-]{1,200})"')


class EventsIntake:
    """Takes usage batches from pages and back ends."""

    def __init__(
        self, tenants: TenantFiles, outlet: Outlet, proxies: TrustedProxies, rules: Rules, rates: Rates
    ) -> None:
        self._tenants, self._outlet = tenants, outlet
        self._proxies, self._rules, self._rates = proxies, rules, rates

    def take(self, request: Request, respond: Respond) -> None:
        """Answer once the batch is safe; raises RefuseRequest where nothing of it can be taken."""
        if not request.headers.get(b"content-type", b"").lower().startswith(_BODY_TYPES):
            raise RefuseRequest(Refusal.UNSUPPORTED_MEDIA_TYPE)
        delivery = self._delivery(request)
        usage.take(delivery)
        self._rates.count_tenant(delivery.tenant)
        receipt, cors = usage.receipt(delivery), readable(request.headers, self._tenants.current)
        if not receipt.accepted and not receipt.lost:
            receipt.count()
            respond(_events_answer(receipt), cors)
            return

        def stored(refusal: Refusal | None) -> None:
            # Nothing of the delivery is held here: what waits for Kafka is small.
            if refusal:
                respond(refused(RefuseRequest(refusal)), cors)
                return
            receipt.count()
            respond(_events_answer(receipt), cors)

        self._outlet.put(usage.record(delivery), stored)

    def _delivery(self, request: Request) -> Delivery:
        """What the request brings, unless its address or its tenant is too fast."""
        headers = request.headers
        address = self._proxies.client(request.peer, headers.get(self._proxies.header, b""))
        self._rates.count_address(address)
        delivery = Delivery(
            body=_body(request),
            tenants=self._tenants.current,
            rules=self._rules,
            origin=headers.get(b"origin", b"").decode("latin-1"),
            bearer=_bearer(headers),
            client_ip=address,
            user_agent=headers.get(b"user-agent", b"").decode("latin-1"),
            objects=b"1" in headers.get(b"sec-gpc", b""),
            received_at=request.received_at,
        )
        if self._rates.is_flooded() and (tenant := _tenant_at_a_glance(delivery)):
            self._rates.refuse_flood(tenant)
        return delivery


def _body(request: Request) -> bytes:
    if request.body is None:
        raise RefuseRequest(Refusal.BODY_TOO_LARGE)
    encoding = request.headers.get(b"content-encoding")
    return unpack(request.body, encoding) if encoding else request.body


def _bearer(headers: Headers) -> str:
    if b"authorization" not in headers:
        return ""
    scheme, _, key = headers[b"authorization"].decode("latin-1").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def _tenant_at_a_glance(delivery: Delivery) -> Tenant | None:
    """Whose key the body seems to hold: enough to refuse a flood without reading it."""
    if delivery.bearer:
        return delivery.tenants.by_secret_key(delivery.bearer)
    found = _KEY.search(delivery.body)
    return delivery.tenants.by_write_key(found[1].decode()) if found else None


def _events_answer(receipt: usage.Receipt) -> Answer:
    if not receipt.refused:
        return all_accepted(receipt.accepted)
    return partly_refused(
        receipt.accepted,
        [NotTaken(event.index, event.id, event.reason, event.reason.message) for event in receipt.refused],
    )
