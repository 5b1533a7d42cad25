"""`POST /v1/traces`: from an OTLP request to an answer, once its spans are safe."""

import asyncio
import logging

from ingest import span_records
from ingest.addresses import TrustedProxies
from ingest.answers import Answer
from ingest.connection import Respond
from ingest.cors import readable
from ingest.delivery import SpansDelivery
from ingest.intake import Intake, bearer, body_of, body_within, objects
from ingest.large_bodies import LargeBodies
from ingest.limits import Rates
from ingest.otlp.answers import refused, spans_answer
from ingest.otlp.encodings import Encoding, encoding_of
from ingest.outlet import Outlet
from ingest.record import MOST_VALUE_BYTES
from ingest.refusals import Refusal, RefuseRequest
from ingest.registry import Registry, Tenant
from ingest.request import Headers, Request
from ingest.rules import Rules
from ingest.tenants import TenantFiles
from ingest.wire import MAX_BODY_BYTES

log = logging.getLogger(__name__)

KEY_HEADER = b"x-sillage-key"


class TracesIntake(Intake):
    """Takes traces from back ends, by OTLP over HTTP."""

    def __init__(
        self,
        tenants: TenantFiles,
        outlet: Outlet,
        proxies: TrustedProxies,
        rules: Rules,
        rates: Rates,
        large_bodies: LargeBodies,
    ) -> None:
        super().__init__(tenants, outlet, proxies, rules, rates)
        self._large_bodies = large_bodies

    def take(self, request: Request, respond: Respond) -> None:
        """Answer once the spans are safe; raises RefuseRequest where nothing of them can be taken."""
        headers, tenants = request.headers, self._tenants.current
        encoding = encoding_of(headers)
        if encoding is None:
            raise RefuseRequest(Refusal.UNSUPPORTED_TRACES_TYPE)
        self._count_address(request)
        tenant = _tenant(headers, tenants)
        self._rates.count_tenant(tenant)  # who it is, is known before the body is read
        cors = readable(headers, tenants)
        body = body_within(request, MOST_VALUE_BYTES)
        if body is None:
            self._take_large(request, tenant, encoding, respond, cors)
        else:
            made = span_records.of_small(self._delivery(request, body, tenant, encoding))
            self._store(made, encoding, respond, cors)

    def _delivery(self, request: Request, body: bytes, tenant: Tenant, encoding: Encoding) -> SpansDelivery:
        return SpansDelivery(
            body=body,
            tenant=tenant,
            rules=self._rules,
            encoding=encoding,
            objects=objects(request.headers),
            received_at=request.received_at,
        )

    def _store(self, made: span_records.Made, encoding: Encoding, respond: Respond, cors: bytes) -> None:
        records, receipt = made

        def answer(refusal: Refusal | None) -> Answer:
            if refusal:
                return refused(RefuseRequest(refusal), encoding)
            receipt.count()
            return spans_answer(encoding, receipt.refused)

        if records:
            self._put(records, answer, respond, cors)
        else:
            respond(answer(None), cors)

    def _take_large(
        self, request: Request, tenant: Tenant, encoding: Encoding, respond: Respond, cors: bytes
    ) -> None:
        """The same beside the event loop; what is refused there is answered as the collector does."""

        def made() -> span_records.Made:
            body = body_of(request, self._large_bodies.most_bytes)
            return span_records.of_large(self._delivery(request, body, tenant, encoding))

        def done(future: "asyncio.Future[span_records.Made]") -> None:
            try:
                self._store(future.result(), encoding, respond, cors)
            except RefuseRequest as error:
                respond(refused(error, encoding), cors)
            except Exception:
                log.exception("A large request of /v1/traces could not be answered")
                respond(refused(RefuseRequest(Refusal.FAILED), encoding), cors)

        self._large_bodies.take(request, made, done)

    def most_body_bytes(self, headers: Headers) -> int:
        """How large a body may be that comes with these: a large one takes a key, or it is not kept."""
        key = _key(headers)
        has_key = bool(key) and self._tenants.current.by_secret_key(key) is not None
        return self._large_bodies.most_bytes if has_key else MAX_BODY_BYTES


def _tenant(headers: Headers, tenants: Registry) -> Tenant:
    """Whose secret key it is; a public key opens nothing here, since it stands in pages."""
    key = _key(headers)
    if not key:
        raise RefuseRequest(Refusal.SECRET_KEY_MISSING)
    if tenant := tenants.by_secret_key(key):
        return tenant
    is_public = tenants.by_write_key(key) is not None
    raise RefuseRequest(Refusal.KEY_PUBLIC if is_public else Refusal.KEY_UNKNOWN)


def _key(headers: Headers) -> str:
    return bearer(headers) or headers.get(KEY_HEADER, b"").decode("latin-1").strip()
