"""One HTTP answer: ClickHouse's headers, compression, and errors before or amid the body."""

import json
import secrets
from http import HTTPStatus
from typing import Any

from starlette.types import Send

from local.clickhouse.bodies import compressor
from local.clickhouse.errors import AUTHENTICATION_FAILED, ClickHouseError


class Reply:
    """An answer that begins with its first block of body, so that headers may still change until then."""

    def __init__(self, send: Send, timezone: str, version: str) -> None:
        self._send = send
        self._version = version
        self._started = False
        self._tag = secrets.token_hex(8)
        self._encoding, self._compressor = compressor("")
        self.headers: dict[str, str] = {
            "Content-Type": "text/plain; charset=UTF-8",
            "X-ClickHouse-Server-Display-Name": "chdb",
            "X-ClickHouse-Timezone": timezone,
            "X-ClickHouse-Exception-Tag": self._tag,
        }

    def compress(self, accepted: str) -> None:
        """Compress the body by an encoding that `Accept-Encoding` names, if any is known."""
        self._encoding, self._compressor = compressor(accepted)

    def pack(self, data: bytes) -> bytes:
        """Compress one block of the body; to be called from a thread for large ones."""
        return bytes(self._compressor.compress(data))

    def summarize(self, result: Any, elapsed_ns: int) -> None:
        """Put the engine's figures into `X-ClickHouse-Summary`."""
        written = {"rows": result.rows_written(), "bytes": result.bytes_written()}
        figures = {
            "read_rows": result.storage_rows_read() or written["rows"],
            "read_bytes": result.storage_bytes_read() or written["bytes"],
            "written_rows": written["rows"],
            "written_bytes": written["bytes"],
            "total_rows_to_read": result.storage_rows_read(),
            "result_rows": result.rows_read() or written["rows"],
            "result_bytes": result.bytes_read() or written["bytes"],
            "elapsed_ns": elapsed_ns,
        }
        self.headers["X-ClickHouse-Summary"] = json.dumps(
            {name: str(value) for name, value in figures.items()}
        )

    async def write(self, packed: bytes) -> None:
        """Send one packed block, and the headers before the first."""
        if not self._started:
            if self._encoding:
                self.headers["Content-Encoding"] = self._encoding
            await self._start(HTTPStatus.OK)
        if packed:
            await self._send({"type": "http.response.body", "body": packed, "more_body": True})

    async def end(self) -> None:
        """Send what the compressor holds back, and end the answer."""
        await self.write(self._compressor.flush())
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def text(self, status: HTTPStatus, text: str) -> None:
        """Answer with a short text that is no query's result."""
        await self._start(status)
        await self._send({"type": "http.response.body", "body": text.encode(), "more_body": False})

    async def fail(self, error: ClickHouseError) -> None:
        """Answer with an error: by status and header, or, amid the body, as a marked last block."""
        version = "" if "(version" in error.text else f" (version {self._version})"
        text = f"{error.text.rstrip()}{version}\n"
        if self._started:
            size = len(text.encode()) + 2
            mark = f"\r\n__exception__\r\n{self._tag}\r\n{text}\r\n{size} {self._tag}\r\n__exception__\r\n"
            await self.write(self.pack(mark.encode()))
            await self.end()
            return
        self.headers.pop("X-ClickHouse-Format", None)
        self.headers["X-ClickHouse-Exception-Code"] = str(error.code)
        if error.code == AUTHENTICATION_FAILED:
            self.headers["WWW-Authenticate"] = 'Basic realm="ClickHouse server HTTP API"'
        await self.text(error.status, text)

    async def _start(self, status: HTTPStatus) -> None:
        self._started = True
        headers = [(name.lower().encode(), value.encode()) for name, value in self.headers.items()]
        await self._send({"type": "http.response.start", "status": int(status), "headers": headers})
