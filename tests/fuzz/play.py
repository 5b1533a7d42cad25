"""One connection, and who plays with it: in any order, with any cuts, as the choices say."""

from collections.abc import Callable

from ingest.connection import Connection
from tests.fuzz.choices import Choices
from tests.fuzz.http_messages import odd_request, valid_request
from tests.fuzz.stage import ROOM, SERVER, Handler, Loop, Transport, limits

MOST_STEPS = 48
CUTS = (1, 2, 7, 60, 1_000, 70_000)


class Play:
    """One connection, and who plays with it."""

    def __init__(self, choices: Choices, loop: Loop) -> None:
        self._choices, self._loop = choices, loop
        connections, body_bytes = choices.of(((1, ROOM), (1, 1 << 12), (0, ROOM)))
        self.handler = Handler(limits(connections, body_bytes))
        self.transport = Transport(can_write_eof=choices.yes())
        self.connection = Connection(None, SERVER, {"handler": self.handler})
        self.connection.connection_made(self.transport)  # type: ignore[arg-type]
        self._outgoing = bytearray()
        self._asked = 0
        self.due = 0
        """Requests that must be answered: the valid ones up to the first that ends the connection."""
        self.is_fair = connections == 1 and body_bytes == ROOM
        """Nothing but valid requests has come, and nothing has cut the connection short."""
        self._ends = self._has_said_all = False
        self._reads = True

    def run(self) -> None:
        """Play until the choices are used up; then everything is sent and answered."""
        moves: tuple[Callable[[], None], ...] = (
            self._ask, self._ask_oddly, self._send_some, self._send_all, self.handler.answer,
            self._hold_back, self._expire, self._shut_down, self._say_all, self._wait, self._turn,
        )  # fmt: skip
        for _ in range(MOST_STEPS):
            if not self._choices.are_left:
                break
            self._choices.of(moves)()
        self._settle()

    def _ask(self) -> None:
        self._asked += 1
        sent = valid_request(self._choices, self._asked)
        self._outgoing += sent.raw
        self.due += not self._ends
        self._ends = self._ends or sent.is_last

    def _ask_oddly(self) -> None:
        self._outgoing += odd_request(self._choices)
        self.is_fair = False

    def _send_some(self) -> None:
        self._send(self._choices.of(CUTS))

    def _send_all(self) -> None:
        self._send(len(self._outgoing))

    def _send(self, size: int) -> None:
        if size and self._can_send:
            piece = bytes(self._outgoing[:size])
            del self._outgoing[:size]
            self.connection.data_received(piece)

    def _hold_back(self) -> None:
        self.handler.holds_back = not self.handler.holds_back

    def _expire(self) -> None:
        """The deadline has passed, where there is one."""
        if self.connection.deadline < 1e18:
            self.connection.expire()
            self.is_fair = False

    def _shut_down(self) -> None:
        self.connection.shutdown()
        self.is_fair = False

    def _say_all(self) -> None:
        if self._has_said_all or self.transport.is_closing():
            return
        self._has_said_all = self._ends = True
        self.is_fair = self.is_fair and not self._outgoing and self.transport.can_write_eof()
        if not self.connection.eof_received():
            self.transport.close()

    def _wait(self) -> None:
        """A second passes, and the client stops to read its answers, or goes on."""
        self.handler.crowd.tick()
        self._reads = not self._reads
        if self._reads:
            self.connection.resume_writing()
        else:
            self.connection.pause_writing()

    def _turn(self) -> None:
        self._loop.turn()

    def _settle(self) -> None:
        """Send and answer all that is left; each round of it must bring something about."""
        if not self._reads:
            self._wait()
        while True:
            self._send_some()
            self._send_all()
            waited = bool(self.handler.later)
            self.handler.answer()
            if not (self._loop.turn() or waited or self._can_send):
                return

    @property
    def _can_send(self) -> bool:
        is_closed = self.transport.is_closing() or self._has_said_all
        return bool(self._outgoing) and not self.transport.is_paused and not is_closed
