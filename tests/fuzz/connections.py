"""Target: a connection, its bytes in any cuts, its answers at any time, and its end at any moment."""

import re
from collections.abc import Callable
from unittest import mock

from ingest import connection
from ingest.connection import Connection
from ingest.limits import PIPELINED, Limits
from ingest.refusals import RefuseRequest
from ingest.request import Request, RequestReader
from tests.fuzz.choices import Choices
from tests.fuzz.http_messages import odd_request, read_answers, valid_request
from tests.fuzz.stage import FAULTS, SERVER, Handler, Loop, TellingReader, Transport

MOST_STEPS = 48
_NUMBER = re.compile(rb"/\?n=(\d+)")
MOST_CUTS = 200
CUTS = (1, 2, 7, 60, 1_000, 70_000)
_LIMITS = {"waiting_requests": 100, "head_seconds": 60.0, "body_seconds": 60.0, "idle_seconds": 60.0}


class Play:
    """One connection, and who plays with it."""

    def __init__(self, choices: Choices, loop: Loop) -> None:
        self._choices, self._loop = choices, loop
        connections, body_bytes = choices.of(((1, 1 << 26), (1, 1 << 12), (0, 1 << 26)))
        limits = Limits(connections=connections, connections_an_address=1, body_bytes=body_bytes, **_LIMITS)  # type: ignore[arg-type]
        self.handler = Handler(limits)
        self.transport = Transport(can_write_eof=choices.yes())
        self.connection = Connection(None, SERVER, {"handler": self.handler})
        self.connection.connection_made(self.transport)  # type: ignore[arg-type]
        self._outgoing = bytearray()
        self._asked = 0
        self.due = 0
        """Requests that must be answered: the valid ones up to the first that ends the connection."""
        self.is_fair = connections == 1 and body_bytes == 1 << 26
        """Nothing but valid requests has come, and nothing has cut the connection short."""
        self._ends = self._has_said_all = False

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
        self.handler.crowd.tick()

    def _turn(self) -> None:
        self._loop.turn()

    def _settle(self) -> None:
        """Send and answer all that is left; each round of it must bring something about."""
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


def fuzz(data: bytes) -> None:
    """Every answer is whole, in its order, and given; nothing stays counted when the connection is gone."""
    choices = Choices(data)
    FAULTS.clear()
    if choices.yes():
        _check_cuts(choices)
        return
    with Loop() as loop, mock.patch.object(connection, "RequestReader", TellingReader):
        play = Play(choices, loop)
        play.run()
        _check_answers(play)
        play.handler.holds_back = True
        play.connection.connection_lost(None)
        play.handler.answer()
        loop.turn()
    _check_counters(play)
    assert not FAULTS, f"raised inside the parser: {FAULTS!r}"


def _check_answers(play: Play) -> None:
    heads = [request.method == b"HEAD" for request in play.handler.asked]
    answers = read_answers(play.transport.written, heads)
    numbers = [int(body or index) for index, (status, body) in enumerate(answers) if status == 200]
    assert numbers == list(range(len(numbers))), "answers come out of order"
    asked = [int(found[1]) for one in play.handler.asked if (found := _NUMBER.fullmatch(one.target))]
    assert asked == sorted(asked), "requests are answered out of order"
    refused = [status for status, _ in answers if status != 200]
    assert refused in ([], [refused[-1]] if refused else []) and (not refused or answers[-1][0] == refused[0])
    assert all(400 <= status < 500 or status == 503 for status in refused)
    assert len(play.connection._waiting) <= PIPELINED * MOST_STEPS
    if play.is_fair:
        assert len(numbers) == play.due, f"{play.due} requests are answered {len(numbers)} times"


def _check_counters(play: Play) -> None:
    crowd = play.handler.crowd
    assert (crowd.body_bytes, crowd.waiting_requests) == (0, 0), "something stays counted"
    assert not crowd._members and not crowd._addresses and not SERVER.connections


def _check_cuts(choices: Choices) -> None:
    """The reader sees the same requests in the same bytes, however they are cut."""
    cut = choices.of(CUTS)
    raw = b"".join(
        odd_request(choices) if choices.yes() else valid_request(choices).raw
        for _ in range(choices.byte() % 4 + 1)
    )
    ends = range(0, min(len(raw), MOST_CUTS * cut), cut)
    whole = _requests([raw])
    pieces = _requests([*(raw[at : at + cut] for at in ends), raw[MOST_CUTS * cut :]])
    number = min(len(whole), len(pieces))
    assert whole[:number] == pieces[:number], "cuts change what a request is"
    assert not FAULTS, f"raised inside the parser: {FAULTS!r}"


def _requests(pieces: list[bytes]) -> list[tuple[object, ...]]:
    """What the reader makes of them, up to the request that is the connection's last."""
    seen: list[Request] = []
    crowd = Handler(Limits(connections=1, connections_an_address=1, body_bytes=1 << 26, **_LIMITS)).crowd  # type: ignore[arg-type]
    reader: RequestReader = TellingReader(crowd, "192.0.2.1", lambda _waits: None, seen.append)
    try:
        for piece in pieces:
            reader.feed(piece)
            if seen and not seen[-1].keep_alive:
                break
    except RefuseRequest as error:
        assert error.refusal.status in (400, 413, 431, 503)
    reader.close()
    assert crowd.body_bytes == 0, "something stays counted"
    return [(one.method, one.target, one.headers, one.body, one.keep_alive) for one in seen]
