"""Row 5's yardstick: what a quick collector costs that takes the same batches and does nothing else.

uvicorn with ASGI, msgspec, Avro by hand, acks=all; no keys beyond one, no limits, no origins, no minimisation
but a keyed hash, no metrics, no spool, no refused events, no answer but a status. Run by `bench.collecting`:
BROKER=host:port TOPIC=name python -m uvicorn bench.bare_collector:app
"""

import asyncio
import hmac
import os
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from confluent_kafka import KafkaError, Producer

from ingest.wire import Batch, Event
from schemas import varint

_KEY = b"k" * 32
_LENGTHS = [varint.encode(length) for length in range(8_192)]
_decode = msgspec.json.Decoder(Batch).decode
_producer = Producer(
    {
        "bootstrap.servers": os.environ.get("BROKER", ""),
        "acks": "all",
        "enable.idempotence": True,
        "linger.ms": 10,
        "compression.type": "lz4",
    }
)


def _text(out: list[bytes], *texts: str) -> None:
    for text in texts:
        raw = text.encode()
        out += (_LENGTHS[len(raw)], raw)


def _event(out: list[bytes], event: Event, pseudonyms: dict[str, str]) -> None:
    user = pseudonyms.get(event.user_id)
    if user is None:
        user = hmac.digest(_KEY, event.user_id.encode(), "sha256").hex()[:32]
        pseudonyms[event.user_id] = user
    out.append(event.event_id.int.to_bytes(16, "big"))
    _text(out, event.kind, event.name)
    out.append(varint.encode(event.at))
    _text(out, event.page, event.referrer, event.session_id, user, event.trace_id)
    if event.properties:
        out.append(varint.encode(len(event.properties)))
        for name, value in event.properties.items():
            _text(out, name, str(value))
    out.append(b"\0")


def _encode(batch: Batch, user_agent: str) -> bytes:
    out: list[bytes] = []
    pseudonyms: dict[str, str] = {}
    _text(out, "203.0.113.0", user_agent)
    out += (varint.encode(batch.sent_at), varint.encode(len(batch.events)))
    for event in batch.events:
        _event(out, event, pseudonyms)
    return b"".join(out)


class _App:
    """Answers when Kafka has acknowledged."""

    in_flight = 0

    def _poll(self, loop: asyncio.AbstractEventLoop) -> None:
        _producer.poll(0)
        if self.in_flight:
            loop.call_later(0.001, self._poll, loop)

    async def __call__(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[dict[str, Any]]],
        send: Callable[[dict[str, Any]], Awaitable[None]],
    ) -> None:
        message = await receive()
        body = message.get("body", b"")
        while message.get("more_body"):
            message = await receive()
            body += message["body"]
        status = await self._status(scope, body)
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    async def _status(self, scope: dict[str, Any], body: bytes) -> int:
        if scope["method"] == "GET":
            return 200
        return 202 if await self._stored(scope, body) else 503

    async def _stored(self, scope: dict[str, Any], body: bytes) -> bool:
        batch = _decode(body)
        user_agent = dict(scope["headers"]).get(b"user-agent", b"").decode("latin-1")
        loop = asyncio.get_running_loop()
        acknowledged: asyncio.Future[KafkaError | None] = loop.create_future()

        def delivered(error: KafkaError | None, _: Any) -> None:
            self.in_flight -= 1
            acknowledged.set_result(error)

        value = _encode(batch, user_agent)
        _producer.produce(os.environ["TOPIC"], value, batch.batch_id.bytes, on_delivery=delivered)
        self.in_flight += 1
        if self.in_flight == 1:
            loop.call_later(0.001, self._poll, loop)
        return await acknowledged is None


app = _App()
