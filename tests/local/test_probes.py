"""How readiness is learned."""

import asyncio
from pathlib import Path

import pytest

from local.ports import HOST
from local.probes import notify_socket, until_http_ok
from runtime import notify


@pytest.mark.parametrize("directory", ["short", "d" * 120])
def test_a_process_says_that_it_is_ready(
    tmp_path: Path, directory: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / directory).mkdir()
    with notify_socket(tmp_path / directory, "part") as told:
        monkeypatch.setenv("NOTIFY_SOCKET", str(told.path))
        notify.ready()
        asyncio.run(asyncio.wait_for(told.until_ready(), 10))
    assert not told.path.exists()


def test_without_a_supervisor_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    notify.ready()


def test_a_server_that_answers_503_first_is_asked_until_it_answers_200() -> None:
    answers = [b"HTTP/1.1 503 Service Unavailable", b"HTTP/1.1 503 Service Unavailable", b"HTTP/1.1 200 OK"]
    asked = []

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append((await reader.readuntil(b"\r\n\r\n")).split(b"\r\n")[0])
        writer.write(answers[len(asked) - 1] + b"\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async def probe() -> None:
        async with await asyncio.start_server(answer, HOST, 0) as server:
            await asyncio.wait_for(until_http_ok(HOST, server.sockets[0].getsockname()[1], "/readyz"), 10)

    asyncio.run(probe())
    assert asked == [b"GET /readyz HTTP/1.1"] * 3
