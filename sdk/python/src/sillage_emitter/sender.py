"""The outbox and the thread that empties it: started late, begun anew in a forked process."""

from __future__ import annotations

import atexit
import threading

from sillage_emitter import forks
from sillage_emitter.complaints import Complaints
from sillage_emitter.delivery import BackOff, Delivery
from sillage_emitter.outbox import Outbox
from sillage_emitter.settings import Settings
from sillage_emitter.transport import Endpoint, Transport


class Sender:
    """Owns what a process has once: an outbox, a connection, a thread."""

    outbox: Outbox

    def __init__(
        self, endpoint: Endpoint, settings: Settings, context: dict[str, str], complaints: Complaints
    ) -> None:
        self._endpoint = endpoint
        self._settings = settings
        self._context = context
        self._complaints = complaints
        self._closed = False
        self._begin()
        forks.restart_in_children(self)
        atexit.register(self._at_exit)

    def _begin(self) -> None:
        self.outbox = Outbox(self._settings)
        self._transport = Transport(self._endpoint, self._settings)
        self._starting = threading.RLock()
        self._thread: threading.Thread | None = None

    def add(self, event: bytes) -> str:
        """Have an event sent; gives why not, or nothing."""
        fault = self.outbox.add(event)
        if self._thread is None and not fault:
            self._start()
        return fault

    def flush(self, timeout: float | None) -> bool:
        """Wait until all that was added is delivered or given up; False when time is up first."""
        if self.outbox.unfinished():
            self._start()
        return self.outbox.flush(timeout)

    def close(self, timeout: float) -> int:
        """Deliver what waits within the time-out, then end; gives how many events are left."""
        self._closed = True
        atexit.unregister(self._at_exit)
        self.outbox.close(timeout)
        if self.outbox.unfinished() and not self._start():
            self._delivery().run()  # an interpreter that is ending starts no threads
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join(timeout)  # so that the connection is closed, too
        return self.outbox.unfinished()

    def _at_exit(self) -> None:
        if left := self.close(self._settings.exit_s):
            self._complaints.error("left", "Events are lost: %d could not be sent before the exit.", left)

    def _start(self) -> bool:
        """Start the thread unless it runs; False where none can be started."""
        with self._starting:
            if self._thread is not None:
                return True
            # Named before it is started: a signal may emit while it is.
            self._thread = threading.Thread(target=self._delivery().run, name="sillage-emitter", daemon=True)
            try:
                self._thread.start()
            except RuntimeError as error:
                self._thread = None
                self._complaints.warning("thread", "No thread could be started (%s); events wait.", error)
                return False
            return True

    def _delivery(self) -> Delivery:
        return Delivery(
            self.outbox,
            self._transport,
            self._context,
            BackOff(*self._settings.back_off_s),
            self._settings.max_age_s,
            self._complaints,
        )

    def restart_in_child(self) -> None:
        """Begin anew in a forked process: the parent's thread is not here, its locks may be held for good.

        What waits in the parent is the parent's to send.
        """
        inherited = self._transport
        self._begin()
        inherited.close()
        if self._closed:
            self.outbox.close(0)
