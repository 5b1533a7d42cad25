"""What every intake does alike: who sends, how fast, the body unpacked, and an answer once Kafka has it."""

from collections.abc import Callable, Sequence

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
        self,
        records: Sequence[Record],
        answer: Callable[[Refusal | None], Answer],
        respond: Respond,
        lines: bytes,
    ) -> None:
        """Answer once the records are safe, or are not; `answer` holds little, since it waits for Kafka."""

        def stored(refusal: Refusal | None) -> None:
            respond(answer(refusal), lines)

        if len(records) == 1:
            self._outlet.put(records[0], stored)
        else:
            self._outlet.put_all(records, stored)


def body_of(request: Request, most_bytes: int) -> bytes:
    """The body without its Content-Encoding; raises RefuseRequest."""
    body = body_within(request, most_bytes)
    if body is None:
        raise RefuseRequest(Refusal.BODY_TOO_LARGE)
    return body


def body_within(request: Request, most_bytes: int) -> bytes | None:
    """The same, but None where it is larger."""
    if request.body is None:
        raise RefuseRequest(Refusal.BODY_TOO_LARGE)
    if encoding := request.headers.get(b"content-encoding"):
        return unpack(request.body, encoding, most_bytes)
    return request.body if len(request.body) <= most_bytes else None


def bearer(headers: Headers) -> str:
    """The key of `Authorization: Bearer`; empty where there is none."""
    if b"authorization" not in headers:
        return ""
    scheme, _, key = headers[b"authorization"].decode("latin-1").partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def objects(headers: Headers) -> bool:
    """Whether the person objects, by `Sec-GPC`."""
    return b"1" in headers.get(b"sec-gpc", b"")
