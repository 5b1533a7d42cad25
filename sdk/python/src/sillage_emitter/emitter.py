"""What an application calls. Nothing raises into it; only flush and close wait for the network."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from types import TracebackType

from sillage_emitter import losses
from sillage_emitter.complaints import Complaints
from sillage_emitter.event import InvalidEvent, encode_event
from sillage_emitter.outbox import CLOSED
from sillage_emitter.properties import MAX_NAME
from sillage_emitter.sender import Sender
from sillage_emitter.settings import Settings
from sillage_emitter.texts import clip, in_one_line
from sillage_emitter.transport import Endpoint
from sillage_emitter.version import __version__

_FAULTS = {losses.QUEUE_FULL: "the queue is full", CLOSED: "the emitter is closed"}


class Emitter:
    """Sends usage events to a collector from a thread of its own. One for the whole application will do.

    Without a usable url or key nothing is sent, and the log says why.
    """

    def __init__(
        self,
        url: str | None,
        key: str | None,
        release: str | None = None,
        *,
        queue: int = 10_000,
        flush_events: int = 200,
        flush_s: float = 1.0,
        max_age_s: float = 86_400.0,
        timeout_s: float = 10.0,
        back_off_s: tuple[float, float] = (1.0, 60.0),
        exit_s: float = 3.0,
        gzip_above: int | None = 8_192,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._complaints = Complaints()
        self._sender: Sender | None = None
        settings = Settings(
            queue, flush_events, flush_s, max_age_s, timeout_s, back_off_s, exit_s, gzip_above, ssl_context
        )
        context = {"sdk": f"python/{__version__}"}
        if isinstance(release, str) and release:
            context["release"] = clip(release, MAX_NAME)
        try:
            self._sender = Sender(Endpoint.of(url, key), settings, context, self._complaints)
        except ValueError as error:
            self._complaints.error("off", "Nothing will be sent: %s", error)

    def emit(
        self,
        name: str,
        properties: Mapping[str, object] | None = None,
        *,
        user: str | int | None = None,
        session: str | None = None,
        trace_id: str | int | None = None,
        kind: str = "action",
        page: str | None = None,
    ) -> None:
        """Record an event, such as `invoice.sent`, which is sent later. Never raises, never waits.

        Properties are text, finite numbers and booleans, at most 50; dates, UUIDs, paths, decimals and enums
        are converted. `trace_id` has 32 hex digits, or is the int of OpenTelemetry's API. Texts over the
        documented limits are cut.
        """
        if (sender := self._sender) is None:
            return
        try:
            event = encode_event(
                name,
                properties,
                self._complaints,
                kind=kind,
                user=user,
                session=session,
                trace=trace_id,
                page=page,
            )
            if fault := sender.add(event):
                self._complaints.error(fault, "Events are lost: %s.", _FAULTS[fault])
        except InvalidEvent as error:
            sender.outbox.lose(losses.INVALID)
            self._complaints.error("invalid", "An event is left out: %s.", error)
        except Exception as error:  # whatever an application's objects do, it goes on
            sender.outbox.lose(losses.INVALID)
            self._complaints.error("fault", "An event is left out: %s.", in_one_line(repr(error)))

    @property
    def lost(self) -> dict[str, int]:
        """Events lost in this process so far, by reason: queue_full, expired, refused, invalid."""
        return self._sender.outbox.lost() if self._sender else {}

    def flush(self, timeout: float | None = 10.0) -> bool:
        """Send what waits now, and wait until it has arrived or was given up; False when time is up first.

        None waits as long as it takes.
        """
        return self._sender.flush(timeout) if self._sender else True

    def close(self, timeout: float = 5.0) -> bool:
        """Take no more events and try to deliver those that wait; False when some are left at the time-out.

        The interpreter's exit does it by itself.
        """
        left = self._sender.close(timeout) if self._sender else 0
        if left:
            self._complaints.error("left", "Events are lost: %d could not be delivered in time.", left)
        return not left

    def __enter__(self) -> Emitter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
