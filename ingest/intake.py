"""What every intake does alike: who sends, how fast, the body unpacked, and an answer once Kafka has it."""

from collections.abc import Callable

from ingest.addresses import TrustedProxies
from ingest.answers import Answer
from ingest.bodies import unpack
from ingest.connection import Respond
from ingest.limits import Rates
from ingest.outlet import Outlet
from ingest.record import Record
from ingest.refusals import Refusal, RefuseRequest
from ingest.request import Headers, Request
from ingest.rules import Rules
from ingest.tenants import TenantFiles


class Intake:
    """The base of an intake: what it is made of."""

    def __init__(
        self, tenants: TenantFiles, outlet: Outlet, proxies: TrustedProxies, rules: Rules, rates: Rates
    ) -> None:
        self._tenants, self._outlet = tenants, outlet
        self._proxies, self._rules, self._rates = proxies, rules, rates

    def _count_address(self, request: Request) -> str:
        """The client's address; raises RefuseRequest where it is too fast."""
        header = request.headers.get(self._proxies.header, b"")
        address = self._proxies.client(request.peer, header)
        self._rates.count_address(address)
        return address

    def _put(
        self, record: Record, answer: Callable[[Refusal | None], Answer], respond: Respond, lines: bytes
    ) -> None:
        """Answer once the record is safe, or is not; `answer` holds little, since it waits for Kafka."""

        def stored(refusal: Refusal | None) -> None:
            respond(answer(refusal), lines)

        self._outlet.put(record, stored)


def body_of(request: Request) -> bytes:
    """The body without its Content-Encoding; raises RefuseRequest."""
    if request.body is None:
        raise RefuseRequest(Refusal.BODY_TOO_LARGE)
    encoding = request.headers.get(b"content-encoding")
    return unpack(request.body, encoding) if encoding else request.body


def bearer(headers: Headers) -> str:
    """The key of `Authorization: Bearer`; empty where there is none."""
    if b"authorization" not in headers:
        return ""
    scheme, _, key = headers[b"authorization"].decode("latin-1").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def objects(headers: Headers) -> bool:
    """Whether the person objects, by `Sec-GPC`."""
    return b"1" in headers.get(b"sec-gpc", b"")
