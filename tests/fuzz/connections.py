"""Target: a connection, its bytes in any cuts, its answers at any time, and its end at any moment."""

import re
from unittest import mock

from ingest import connection
from ingest.limits import PIPELINED
from ingest.refusals import RefuseRequest
from ingest.request import Request, RequestReader
from tests.fuzz.choices import Choices
from tests.fuzz.http_messages import odd_request, read_answers, valid_request
from tests.fuzz.play import CUTS, MOST_STEPS, Play
from tests.fuzz.stage import FAULTS, SERVER, Handler, Loop, TellingReader, limits

_NUMBER = re.compile(rb"/\?n=(\d+)")
MOST_CUTS = 200


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
    handler = Handler(limits())
    crowd = handler.crowd
    reader: RequestReader = TellingReader(
        crowd, "192.0.2.1", handler.most_body_bytes, lambda _waits: None, seen.append
    )
    try:
        for piece in pieces:
            reader.feed(piece)
            if seen and not seen[-1].keep_alive:
                break
    except RefuseRequest as error:
        assert error.refusal.status in (400, 413, 431, 503)
    reader.close()
    for one in seen:
        one.forget(crowd)
    assert crowd.body_bytes == 0, "something stays counted"
    return [(one.method, one.target, one.headers, one.body, one.keep_alive) for one in seen]
