"""How the simulated visitors reach the collector: as browsers do behind a proxy on this machine."""

import http.client
from collections.abc import Callable
from enum import Enum
from urllib.parse import urlsplit

from local.demo.parcels import Parcel
from local.demo.tenants import DemoTenant

_ANSWER_SECONDS = 10.0


class Verdict(Enum):
    """What became of an attempt."""

    TAKEN = "the collector has it"
    PUT_OFF = "try again later"
    REFUSED = "no attempt will do better"


class Sender:
    """One connection to the collector, opened again when it is lost."""

    def __init__(self, collector_url: str, origin: Callable[[DemoTenant], str]) -> None:
        """`origin` says where a tenant's pages are. Close it after use."""
        self._connection = http.client.HTTPConnection(urlsplit(collector_url).netloc, timeout=_ANSWER_SECONDS)
        self._origin = origin

    def post(self, parcel: Parcel, body: str) -> Verdict:
        """Make one attempt; never raises."""
        headers = {
            "Content-Type": "text/plain",
            "Origin": self._origin(parcel.tenant),
            "User-Agent": parcel.visitor.agent.user_agent,
            "X-Forwarded-For": parcel.visitor.address,
        }
        try:
            self._connection.request("POST", "/v1/events", body.encode(), headers)
            answer = self._connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            return Verdict.PUT_OFF
        if answer.status < 300:
            return Verdict.TAKEN
        return Verdict.PUT_OFF if answer.status == 429 or answer.status >= 500 else Verdict.REFUSED

    def close(self) -> None:
        """End the connection."""
        self._connection.close()
