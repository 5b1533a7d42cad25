"""`POST /v1/traces`: from an OTLP request to an answer, once its spans are safe."""

from ingest import spans
from ingest.answers import Answer
from ingest.connection import Respond
from ingest.cors import readable
from ingest.delivery import SpansDelivery
from ingest.intake import Intake, bearer, body_of, objects
from ingest.otlp.answers import refused, spans_answer
from ingest.otlp.encodings import encoding_of
from ingest.refusals import Refusal, RefuseRequest
from ingest.registry import Registry, Tenant
from ingest.request import Headers, Request

KEY_HEADER = b"x-sillage-key"


class TracesIntake(Intake):
    """Takes traces from back ends, by OTLP over HTTP."""

    def take(self, request: Request, respond: Respond) -> None:
        """Answer once the spans are safe; raises RefuseRequest where nothing of them can be taken."""
        headers, tenants = request.headers, self._tenants.current
        encoding = encoding_of(headers)
        if encoding is None:
            raise RefuseRequest(Refusal.UNSUPPORTED_TRACES_TYPE)
        self._count_address(request)
        tenant = _tenant(headers, tenants)
        self._rates.count_tenant(tenant)  # who it is, is known before the body is read
        delivery = SpansDelivery(
            body=body_of(request),
            tenant=tenant,
            rules=self._rules,
            encoding=encoding,
            objects=objects(headers),
            received_at=request.received_at,
        )
        spans.take(delivery)
        receipt, cors = spans.receipt(delivery), readable(headers, tenants)

        def answer(refusal: Refusal | None) -> Answer:
            if refusal:
                return refused(RefuseRequest(refusal), encoding)
            receipt.count()
            return spans_answer(encoding, receipt.refused)

        if receipt.accepted:
            self._put(spans.record(delivery), answer, respond, cors)
        else:
            respond(answer(None), cors)


def _tenant(headers: Headers, tenants: Registry) -> Tenant:
    """Whose secret key it is; a public key opens nothing here, since it stands in pages."""
    key = bearer(headers) or headers.get(KEY_HEADER, b"").decode("latin-1").strip()
    if not key:
        raise RefuseRequest(Refusal.SECRET_KEY_MISSING)
    if tenant := tenants.by_secret_key(key):
        return tenant
    is_public = tenants.by_write_key(key) is not None
    raise RefuseRequest(Refusal.KEY_PUBLIC if is_public else Refusal.KEY_UNKNOWN)
