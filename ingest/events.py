"""`POST /v1/events`: from a request to an answer, once the batch is safe."""

import re

from ingest import usage
from ingest.answers import Answer, NotTaken, all_accepted, partly_refused, refused
from ingest.connection import Respond
from ingest.cors import readable
from ingest.delivery import UsageDelivery
from ingest.intake import Intake, bearer, body_of, objects
from ingest.refusals import Refusal, RefuseRequest
from ingest.registry import Tenant
from ingest.request import Request
from ingest.wire import MAX_BODY_BYTES

_BODY_TYPES = (b"application/json", b"text/plain")
_KEY = re.compile(rb'"key"\s*:\s*"([\w-]{1,200})"')


class EventsIntake(Intake):
    """Takes usage batches from pages and back ends."""

    def take(self, request: Request, respond: Respond) -> None:
        """Answer once the batch is safe; raises RefuseRequest where nothing of it can be taken."""
        if not request.headers.get(b"content-type", b"").lower().startswith(_BODY_TYPES):
            raise RefuseRequest(Refusal.UNSUPPORTED_MEDIA_TYPE)
        delivery = self._delivery(request)
        usage.take(delivery)
        self._rates.count_tenant(delivery.tenant)
        receipt, cors = usage.receipt(delivery), readable(request.headers, self._tenants.current)

        def answer(refusal: Refusal | None) -> Answer:
            if refusal:
                return refused(RefuseRequest(refusal))
            receipt.count()
            return _events_answer(receipt)

        if receipt.accepted or receipt.lost:
            self._put([usage.record(delivery)], answer, respond, cors)
        else:
            respond(answer(None), cors)

    def _delivery(self, request: Request) -> UsageDelivery:
        """What the request brings, unless its address or its tenant is too fast."""
        headers = request.headers
        address = self._count_address(request)
        delivery = UsageDelivery(
            body=body_of(request, MAX_BODY_BYTES),
            tenants=self._tenants.current,
            rules=self._rules,
            origin=headers.get(b"origin", b"").decode("latin-1"),
            bearer=bearer(headers),
            client_ip=address,
            user_agent=headers.get(b"user-agent", b"").decode("latin-1"),
            objects=objects(headers),
            received_at=request.received_at,
        )
        if self._rates.is_flooded() and (tenant := _tenant_at_a_glance(delivery)):
            self._rates.refuse_flood(tenant)
        return delivery


def _tenant_at_a_glance(delivery: UsageDelivery) -> Tenant | None:
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
