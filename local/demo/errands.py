"""What simulated visitors ask of Atelier's back end, as their pages would: under the event's trace."""

import contextlib
import http.client
import re
import secrets
from typing import Any
from urllib.parse import urlsplit

from local.demo.parcels import ERRANDS, Parcel

_ANSWER_SECONDS = 2.0
_NUMBER = re.compile(r"/invoices/(\d+)")


class Errands:
    """Runs the errands of the parcels that were sent."""

    def __init__(self, demo_url: str) -> None:
        self._address = urlsplit(demo_url).netloc

    def run(self, parcel: Parcel) -> None:
        """Make the requests of one parcel's events; never raises."""
        for event in parcel.batch["events"]:
            if "trace_id" in event:
                with contextlib.suppress(OSError, http.client.HTTPException):
                    self._ask(parcel, event)

    def _ask(self, parcel: Parcel, event: dict[str, Any]) -> None:
        number = _NUMBER.match(event["page"])
        if not number:
            return
        path = f"/api/invoices/{number[1]}/{ERRANDS[event['name']]}"
        query = "?by=post" if event["properties"].get("by_post") else ""
        headers = {
            "traceparent": f"00-{event['trace_id']}-{secrets.token_hex(8)}-01",
            "baggage": f"user.id={event['user']},session.id={event['session']}",
            "User-Agent": parcel.visitor.agent.user_agent,
            "X-Forwarded-For": parcel.visitor.address,
        }
        with contextlib.closing(http.client.HTTPConnection(self._address, timeout=_ANSWER_SECONDS)) as page:
            page.request("POST", path + query, headers=headers)
            page.getresponse().read()
