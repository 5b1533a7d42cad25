"""The connection: what a client sends, however it sends it, is answered in order or refused by name."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import connection
from ingest.addresses import TrustedProxies, parse_networks
from ingest.answers import Answer, json_answer, refusal_answer
from ingest.connection import Connection, Respond
from ingest.crowd import Crowd
from ingest.limits import HEAD_BYTES, MOST_PIPELINED, Limits
from ingest.refusals import Refusal
from ingest.request import MOST_BYTES_UNKEPT, Headers, Request
from ingest.wire import MAX_BODY_BYTES

ROOMY = Limits(
    connections=100,
    connections_an_address=100,
    waiting_requests=100,
    body_bytes=1 << 26,
    head_seconds=60,
    body_seconds=60,
    idle_seconds=60,
)
ENDLESS = 64 * HEAD_BYTES
MOST_BYTES_READ = MAX_BODY_BYTES + MOST_BYTES_UNKEPT
LONG = 1_000_000
LARGE_BODY_BYTES = 3 * MAX_BODY_BYTES
NO_TIME = {"head_seconds": -1.0, "body_seconds": -1.0, "idle_seconds": -1.0}
"""Every deadline has passed by the next tick."""


class Echo:
    """Tells what it was asked; `later` holds answers back until they are called."""

    def __init__(self, limits: Limits) -> None:
        self.crowd = Crowd(limits, TrustedProxies(()))
        self.later: list[Callable[[], None]] = []
        self.asked: list[Request] = []
        self.holds_back = self.too_fast = self.long = False
        self.asked_more = asyncio.Event()

    def take(self, request: Request, respond: Respond) -> None:
        self.asked.append(request)
        self.asked_more.set()
        told = [request.method.decode(), request.target.decode(), len(request.body or b"")]
        answer = json_answer(200, "x" * LONG if self.long else told)
        if self.too_fast:
            respond(refusal_answer(Refusal.TENANT_TOO_FAST))
        elif self.holds_back:
            self.later.append(lambda: respond(answer))
        else:
            respond(answer)

    def turn_away(self, refusal: Refusal, _target: bytes, _headers: Headers) -> Answer:
        return refusal_answer(refusal)

    def most_body_bytes(self, target: bytes, headers: Headers) -> int:
        return LARGE_BODY_BYTES if target == b"/large" and b"x-key" in headers else MAX_BODY_BYTES

    async def until_asked(self, times: int) -> None:
        while len(self.asked) < times:
            self.asked_more.clear()
            await self.asked_more.wait()


class Client:
    """A raw connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self.writer = reader, writer

    async def send(self, raw: bytes) -> None:
        self.writer.write(raw)
        await self.writer.drain()

    async def answer(self) -> tuple[int, dict[str, str], Any]:
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in head[1:] if line)
        body = await self._reader.readexactly(int(headers.get("content-length", 0)))
        return int(head[0].split()[1]), headers, json.loads(body or b"null")

    async def rest(self) -> bytes:
        return await self._reader.read()


Serve = Callable[..., Any]


@asynccontextmanager
async def serving(**changes: Any) -> AsyncIterator[tuple[Echo, Callable[[], Coroutine[Any, Any, Client]]]]:
    handler = Echo(Limits(**{name: getattr(ROOMY, name) for name in ROOMY.__slots__} | changes))
    state = SimpleNamespace(connections=set())
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(None, state, {"handler": handler}), "127.0.0.1", 0
    )
    port = server.sockets[0].getsockname()[1]
    clients: list[Client] = []

    async def connect() -> Client:
        clients.append(Client(*await asyncio.open_connection("127.0.0.1", port)))
        return clients[-1]

    try:
        yield handler, connect
    finally:
        server.close()
        for client in clients:
            client.writer.close()
        for member in members(handler):
            member._transport.abort()
        await until(lambda: not members(handler))


def run(scenario: Callable[..., Coroutine[Any, Any, None]], **changes: Any) -> None:
    async def whole() -> None:
        async with serving(**changes) as (handler, connect):
            await asyncio.wait_for(scenario(handler, connect), 20)

    asyncio.run(whole())


async def answered_in_turn(handler: Echo, client: Client, sizes: range) -> None:
    """Give each answer that is held back once its request is asked, and have the client read it."""
    for size in sizes:
        await handler.until_asked(size + 1)
        assert len(handler.asked) == size + 1
        handler.later[size]()
        assert (await client.answer())[2][2] == size


def members(handler: Echo) -> list[Any]:
    return list(handler.crowd._members)


async def until(holds: Callable[[], bool]) -> None:
    """Let the loop turn until it holds."""
    while not holds():  # noqa: ASYNC110  no event tells of a connection's insides
        await asyncio.sleep(0)


def post(body: bytes, *lines: str) -> bytes:
    head = ["POST /v1/events HTTP/1.1", "Host: x", f"Content-Length: {len(body)}", *lines, "", ""]
    return "\r\n".join(head).encode() + body


def test_requests_on_one_connection_are_answered_one_after_the_other() -> None:
    async def scenario(_handler: Echo, connect: Any) -> None:
        client = await connect()
        for size in (0, 5, 70_000):
            await client.send(post(b"x" * size))
            assert await client.answer() == (200, ANY_HEADERS, ["POST", "/v1/events", size])

    run(scenario)


class _AnyHeaders:
    def __eq__(self, other: object) -> bool:
        return isinstance(other, dict) and "date" in other and other["x-content-type-options"] == "nosniff"

    __hash__ = None  # type: ignore[assignment]


ANY_HEADERS = _AnyHeaders()


def test_pipelined_requests_are_answered_in_order_even_when_answers_come_late() -> None:
    async def scenario(handler: Echo, connect: Any) -> None:
        handler.holds_back = True
        client = await connect()
        await client.send(b"".join(post(b"x" * size) for size in range(40)))
        await answered_in_turn(handler, client, range(40))

    run(scenario)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(1, 60), max_size=12), st.integers(0, 200))
def test_a_request_may_come_in_any_pieces(cuts: list[int], size: int) -> None:
    async def scenario(_handler: Echo, connect: Any) -> None:
        client, raw = await connect(), post(b"x" * size)
        for cut in cuts:
            await client.send(raw[:cut])
            raw = raw[cut:]
            await asyncio.sleep(0)
        await client.send(raw)
        assert (await client.answer())[2][2] == size

    run(scenario)


def test_requests_before_one_that_is_none_are_answered_all_the_same() -> None:
    async def scenario(handler: Echo, connect: Any) -> None:
        handler.holds_back = True
        client = await connect()
        await client.send(post(b"") + post(b"x") + b"\0")
        await answered_in_turn(handler, client, range(2))
        assert await client.rest() == b""

    run(scenario)


def test_what_stands_behind_the_last_request_is_neither_taken_nor_refused() -> None:
    async def scenario(handler: Echo, connect: Any) -> None:
        client = await connect()
        old = b"GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
        await client.send(old + old + b"\0")
        assert (await client.rest()).count(b"HTTP/1.1 ") == 1
        assert len(handler.asked) == 1

    run(scenario)


def test_a_refusal_behind_a_head_request_has_its_body() -> None:
    async def scenario(_handler: Echo, connect: Any) -> None:
        client = await connect()
        await client.send(b"HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n\0")
        assert (await client.rest()).endswith(b"}}")

    run(scenario)


def test_a_request_that_comes_when_an_answer_is_just_out_does_not_overtake_those_that_wait() -> None:
    async def scenario(handler: Echo, connect: Any) -> None:
        handler.holds_back = True
        client = await connect()
        await client.send(post(b"") + post(b"x"))
        await handler.until_asked(1)
        handler.later[0]()
        members(handler)[0].data_received(post(b"xx"))
        for size in (1, 2):
            await handler.until_asked(size + 1)
            handler.later[size]()
        assert [len(request.body or b"") for request in handler.asked] == [0, 1, 2]

    run(scenario)


def test_requests_of_a_client_that_has_said_all_are_all_answered() -> None:
    async def scenario(handler: Echo, connect: Any) -> None:
        handler.holds_back = True
        client = await connect()
        await client.send(post(b"") + post(b"x"))
        client.writer.write_eof()
        await answered_in_turn(handler, client, range(2))
        assert await client.rest() == b""

    run(scenario)


def test_a_chunked_body_is_put_together() -> None:
    async def scenario(_handler: Echo, connect: Any) -> None:
        client = await connect()
        await client.send(b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(3):
            await client.send(b"4\r\nwake\r\n")
        await client.send(b"0\r\n\r\n")
        assert (await client.answer())[2] == ["POST", "/a", 12]

    run(scenario)


def test_several_lines_of_a_header_are_one_list() -> None:
    async def scenario(handler: Echo, connect: Any) -> None:
        client = await connect()
        await client.send(post(b"", "X-Forwarded-For: 192.0.2.1", "A: b", "x-forwarded-for: 198.51.100.1"))
        await client.answer()
        assert handler.asked[0].headers[b"x-forwarded-for"] == b"192.0.2.1, 198.51.100.1"

    run(scenario)


def test_a_client_that_waits_for_leave_to_send_gets_it() -> None:
    async def scenario(_handler: Echo, connect: Any) -> None:
        client = await connect()
        await client.send(b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n")
        assert (await client._reader.readuntil(b"\r\n\r\n")) == b"HTTP/1.1 100 Continue\r\n\r\n"
        await client.send(b"wake")
        assert (await client.answer())[2] == ["POST", "/a", 4]

    run(scenario)


def test_the_answer_to_head_has_no_body() -> None:
    async def scenario(_handler: Echo, connect: Any) -> None:
        client = await connect()
        await client.send(b"HEAD /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        head = await client.rest()
        assert head.endswith(b"\r\n\r\n")
        assert b"content-length: 15" in head and b"connection: close" in head

    run(scenario)


def test_what_is_no_request_is_told_so_in_full_though_head_was_asked_before() -> None:
    async def scenario(_handler: Echo, connect: Any) -> None:
        client = await connect()
        await client.send(b"HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n")
        await client._reader.readuntil(b"\r\n\r\n")
        await client.send(b"hello\r\n\r\n")
        assert (await client.answer())[2]["error"]["code"] == "malformed_request"

    run(scenario)


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /a HTTP/1.0\r\n\r\n",
        b"GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /a HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n",
    ],
)
def test_the_last_request_is_answered_and_the_connection_closed(raw: bytes) -> None:
    async def scenario(handler: Echo, connect: Any) -> None:
        client = await connect()
        await client.send(raw)
        status, headers, content = await client.answer()
        assert (status, headers["connection"], content) == (200, "close", ["GET", "/a", 0])
        assert await client.rest() == b""
        assert len(handler.asked) == 1

    run(scenario)


def test_a_client_that_has_said_all_still_hears_its_answer() -> None:
    async def scenario(handler: Echo, connect: Any) -> None:
        handler.holds_back = True
        client = await connect()
        await client.send(post(b"x"))
        client.writer.write_eof()
        await handler.until_asked(1)
        handler.later[0]()
        assert (await client.answer())[2][2] == 1
        assert await client.rest() == b""

    run(scenario)


def refused(raw: bytes, refusal: Refusal, **changes: Any) -> None:
    async def scenario(handler: Echo, connect: Any) -> None:
        client = await connect()
        await client.send(raw)
        status, headers, content = await client.answer()
        assert (status, content["error"]["code"]) == (refusal.status, refusal.code)
        assert headers["connection"] == "close"
        assert await client.rest() == b""
        assert handler.asked == []

    run(scenario, **changes)


@pytest.mark.parametrize(
    "raw",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"hello\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: a\x00b\r\n\r\n",
        b"GET / HTTP/1.1\r\nX : a\r\n\r\n",
    ],
)
def test_what_is_no_request_is_refused(raw: bytes) -> None:
    refused(raw, Refusal.MALFORMED_REQUEST)


@pytest.mark.parametrize(
    "raw",
    [
        b"GET /" + b"a" * ENDLESS,
        b"GET / HTTP/1.1\r\nX: " + b"a" * ENDLESS,
        b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * (ENDLESS // 6),
    ],
    ids=["target", "one header", "many headers"],
)
def test_a_head_without_end_is_refused(raw: bytes) -> None:
    refused(raw, Refusal.HEAD_TOO_LARGE)


def test_a_head_that_is_too_large_is_refused_though_it_came_at_once() -> None:
    refused(b"GET / HTTP/1.1\r\nX: " + b"a" * HEAD_BYTES + b"\r\n\r\n", Refusal.HEAD_TOO_LARGE)


def test_a_body_that_is_far_too_large_is_refused_before_it_comes() -> None:
    refused(
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (MOST_BYTES_READ + 1),
        Refusal.BODY_TOO_LARGE,
    )


def test_bodies_together_hold_no_more_memory_than_they_may() -> None:
    refused(
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n" + b"x" * 8_000,
        Refusal.BUSY,
        body_bytes=7_000,
    )


def test_a_body_that_is_a_little_too_large_is_read_unkept_and_the_connection_lives() -> None:
    async def scenario(handler: Echo, connect: Any) -> None:
        client = await connect()
        await client.send(post(b"x" * (MAX_BODY_BYTES + 1)))
        await client.answer()
        assert handler.asked[0].body is None
        assert handler.crowd.body_bytes == 0
        await client.send(post(b"x" * MAX_BODY_BYTES))
        assert (await client.answer())[2][2] == MAX_BODY_BYTES

    run(scenario)


@pytest.mark.parametrize(
    ("head", "size", "kept"),
    [
        (b"POST /large HTTP/1.1\r\nX-Key: k\r\n", LARGE_BODY_BYTES, True),
        (b"POST /large HTTP/1.1\r\nX-Key: k\r\n", LARGE_BODY_BYTES + 1, False),
        (b"POST /large HTTP/1.1\r\nX-Key: k\r\n", LARGE_BODY_BYTES + MOST_BYTES_UNKEPT, False),
        (b"POST /large HTTP/1.1\r\n", MAX_BODY_BYTES + 1, False),
        (b"POST /small HTTP/1.1\r\nX-Key: k\r\n", MAX_BODY_BYTES + 1, False),
    ],
)
def test_how_large_a_body_may_be_is_said_by_who_answers(head: bytes, size: int, kept: bool) -> None:
    async def scenario(handler: Echo, connect: Any) -> None:
        client = await connect()
        await client.send(head + b"Host: x\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size)
        await client.answer()
        assert [len(asked.body or b"") for asked in handler.asked] == [size if kept else 0]
        assert handler.crowd.body_bytes == 0

    run(scenario)


def test_an_endless_chunked_body_is_refused_while_it_is_sent() -> None:
    async def scenario(handler: Echo, connect: Any) -> None:
        client = await connect()
        await client.send(b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(MOST_BYTES_READ // 65_536 + 2):
            await client.send(b"10000\r\n" + b"x" * 65_536 + b"\r\n")
        assert (await client.answer())[2]["error"]["code"] == "body_too_large"
        assert handler.asked == []

    run(scenario)


@pytest.mark.parametrize(
    "raw",
    [b"GET / HTTP/1.1\r\nX: ", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nslow"],
    ids=["head", "body"],
)
def test_a_request_that_does_not_come_in_time_is_refused(raw: bytes) -> None:
    async def scenario(handler: Echo, connect: Any) -> None:
        client = await connect()
        await client.send(raw)
        await until(lambda: any(one._reader.is_inside for one in members(handler)))
        handler.crowd.tick()
        status, _, content = await client.answer()
        assert (status, content["error"]["code"]) == (408, "request_too_slow")
        assert await client.rest() == b""

    run(scenario, **NO_TIME)


def test_an_idle_connection_is_closed_and_one_that_awaits_its_answer_is_not() -> None:
    async def scenario(handler: Echo, connect: Any) -> None:
        handler.holds_back = True
        client = await connect()
        await client.send(post(b"x"))
        await handler.until_asked(1)
        handler.crowd.tick()
        handler.later[0]()
        assert (await client.answer())[0] == 200
        handler.crowd.tick()
        assert await client.rest() == b""

    run(scenario, **NO_TIME)


@pytest.mark.parametrize("limit", ["connections", "connections_an_address"])
def test_one_connection_too_many_is_turned_away_and_let_in_again_later(limit: str) -> None:
    async def scenario(handler: Echo, connect: Any) -> None:
        first = await connect()
        await first.send(post(b""))
        await first.answer()
        second = await connect()
        status, headers, content = await second.answer()
        assert (status, content["error"]["code"]) == (503, "too_many_connections")
        assert headers["retry-after"]
        first.writer.close()
        await until(lambda: not members(handler))
        third = await connect()
        await third.send(post(b""))
        assert (await third.answer())[0] == 200

    run(scenario, **{limit: 1})


@pytest.mark.parametrize(("proxies", "rests"), [((), True), (("127.0.0.0/8",), False)])
def test_a_client_that_sends_too_fast_is_not_read_for_a_while_unless_it_is_a_proxy(
    monkeypatch: pytest.MonkeyPatch, proxies: tuple[str, ...], rests: bool
) -> None:
    monkeypatch.setattr(connection, "_REST_SECONDS", 0.05)

    async def scenario(handler: Echo, connect: Any) -> None:
        handler.crowd._proxies = TrustedProxies(parse_networks(proxies))
        handler.too_fast = True
        client = await connect()
        for number in range(3):
            await client.send(post(b"x"))
            assert (await client.answer())[0] == 429
            assert len(handler.asked) == number + 1
            (member,) = members(handler)
            assert member._transport.is_reading() is not rests

    run(scenario)


def test_connections_that_are_turned_away_are_closed_at_once() -> None:
    async def scenario(handler: Echo, connect: Any) -> None:
        kept = await connect()
        await kept.send(post(b""))
        await kept.answer()
        for _ in range(20):
            refused = await connect()
            assert (await refused.answer())[0] == 503
            assert await refused.rest() == b""
        (member,) = members(handler)
        assert member._server_connections == {member}

    run(scenario, connections=1)


def test_the_connections_of_one_ipv6_subscriber_count_together() -> None:
    roomy = {name: getattr(ROOMY, name) for name in ROOMY.__slots__}
    crowd = Crowd(Limits(**roomy | {"connections_an_address": 2}), TrustedProxies(()))
    admitted = [crowd.admit(cast(Any, object()), f"2001:db8::{host}") for host in range(3)]
    assert admitted == [True, True, False]
    assert crowd.admit(cast(Any, object()), "2001:db8:0:1::1")


def test_a_client_that_does_not_read_its_answers_is_read_no_further_and_cut_off() -> None:
    async def scenario(handler: Echo, connect: Any) -> None:
        handler.long = True
        client = await connect()
        client.writer.transport.pause_reading()
        client.writer.write(b"".join(post(b"") for _ in range(100)))
        await until(lambda: members(handler)[0]._is_clogged if members(handler) else False)
        (member,) = members(handler)
        for _ in range(200):
            await asyncio.sleep(0)
        assert member._transport.get_write_buffer_size() < 4 * LONG
        handler.crowd.now += 61
        member.deadline = -1.0
        handler.crowd.tick()
        await until(lambda: not members(handler))
        assert handler.crowd.body_bytes == 0

    run(scenario)


def test_a_client_that_reads_slowly_has_all_its_answers() -> None:
    async def scenario(handler: Echo, connect: Any) -> None:
        handler.long = True
        client = await connect()
        client.writer.transport.pause_reading()
        await client.send(b"".join(post(b"") for _ in range(100)))
        await until(lambda: members(handler)[0]._is_clogged if members(handler) else False)
        client.writer.transport.resume_reading()
        for _ in range(100):
            assert len((await client.answer())[2]) == LONG

    run(scenario)


def test_more_requests_at_once_than_may_wait_are_answered_up_to_there_and_the_connection_closed() -> None:
    async def scenario(handler: Echo, connect: Any) -> None:
        handler.holds_back = True
        client = await connect()
        await client.send(b"".join(post(b"x") for _ in range(400)))
        for number in range(MOST_PIPELINED + 1):
            await handler.until_asked(number + 1)
            handler.later[number]()
            assert (await client.answer())[0] == 200
        assert await client.rest() == b""
        assert handler.crowd.body_bytes == 0

    run(scenario)


def test_bodies_that_wait_behind_another_request_are_counted_until_their_turn() -> None:
    async def scenario(handler: Echo, connect: Any) -> None:
        handler.holds_back = True
        client = await connect()
        await client.send(post(b"x") + post(b"y" * 5_000) + post(b"z" * 700))
        await handler.until_asked(1)
        assert handler.crowd.body_bytes == 5_700
        for number, left in enumerate((700, 0, 0)):
            handler.later[number]()
            await client.answer()
            if number < 2:
                await handler.until_asked(number + 2)
            assert handler.crowd.body_bytes == left

    run(scenario)


def test_a_body_that_came_whole_is_taken_however_much_others_hold() -> None:
    async def scenario(handler: Echo, connect: Any) -> None:
        holding, other = await connect(), await connect()
        await holding.send(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n" + b"x" * 6_990)
        await until(lambda: handler.crowd.body_bytes == 6_990)
        await other.send(post(b"x" * 100))
        assert (await other.answer())[2][2] == 100

    run(scenario, body_bytes=7_000)


def test_trailers_are_no_headers() -> None:
    async def scenario(handler: Echo, connect: Any) -> None:
        client = await connect()
        head = b"POST /a HTTP/1.1\r\nHost: x\r\nSec-GPC: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
        await client.send(head + b"4\r\nwake\r\n0\r\nSec-GPC: 0\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n")
        await client.answer()
        headers = handler.asked[0].headers
        assert headers[b"sec-gpc"] == b"1" and b"x-forwarded-for" not in headers

    run(scenario)


def test_trailers_without_end_are_refused() -> None:
    async def scenario(handler: Echo, connect: Any) -> None:
        client = await connect()
        await client.send(b"POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n")
        await client.send(b"a: b\r\n" * HEAD_BYTES)
        assert (await client.answer())[2]["error"]["code"] == "head_too_large"
        assert handler.asked == []

    run(scenario)


def test_at_shutdown_what_is_being_answered_is_answered_and_idle_connections_are_closed() -> None:
    async def scenario(handler: Echo, connect: Any) -> None:
        idle, busy = await connect(), await connect()
        handler.holds_back = True
        await busy.send(post(b"x"))
        await handler.until_asked(1)
        await until(lambda: len(members(handler)) == 2)
        for member in members(handler):
            member.shutdown()
        assert await idle.rest() == b""
        handler.later[0]()
        status, headers, _ = await busy.answer()
        assert (status, headers["connection"]) == (200, "close")

    run(scenario)
