"""The collector process: settings in, a running server out."""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import uvicorn

from ingest import sdk_file, usage
from ingest.addresses import parse_networks
from ingest.connection import Connection
from ingest.crowd import Crowd
from ingest.http import Collector
from ingest.limits import Rates, limits
from ingest.publisher import Publisher, Record
from ingest.refusals import Refusal
from ingest.tenants import TenantFiles
from runtime import metrics, topics
from runtime.settings import CollectorSettings
from runtime.topics import TopicsNotReady
from schemas.topics import SCHEMAS, USAGE
from schemas.usage import BATCH

log = logging.getLogger(__name__)

_Receive = Callable[[], Awaitable[dict[str, Any]]]
_Send = Callable[[dict[str, Any]], Awaitable[None]]

_REFRESH_SECONDS = 1.0
_DRAIN_SECONDS = 5


def run(settings: CollectorSettings) -> None:
    """Serve until SIGTERM or SIGINT, then finish what was accepted.

    Raises SettingError or TopicsNotReady before anything is served.
    """
    topics.check(topics.admin(settings.kafka_bootstrap_servers), (USAGE, SCHEMAS))
    tenants = TenantFiles(settings.tenants_file, settings.pseudonym_keys_file)
    networks, sdk = parse_networks(settings.trusted_proxies), sdk_file.read()
    crowd = Crowd(limits(settings), networks)
    rates = Rates(settings.address_requests_per_second, settings.tenant_requests_per_second)
    metrics.serve(settings.admin_host, settings.admin_port)

    @contextlib.asynccontextmanager
    async def running() -> AsyncIterator[Collector]:
        publisher = Publisher(settings.kafka_bootstrap_servers, settings.ack_timeout_ms)
        await _publish_schema(publisher)
        refreshing = asyncio.create_task(_refresh(tenants, crowd))
        yield Collector(tenants, publisher, sdk, networks, crowd, rates)
        refreshing.cancel()
        await publisher.close(_DRAIN_SECONDS)

    uvicorn.run(
        _Lifespan(running()),
        host=settings.collector_host,
        port=settings.collector_port,
        loop="uvloop",
        http=Connection,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_DRAIN_SECONDS,
    )


async def _publish_schema(publisher: Publisher) -> None:
    """Consumers read the writer schema of the records to come in a topic of its own."""
    answered: asyncio.Future[Refusal | None] = asyncio.get_running_loop().create_future()
    schema = Record(SCHEMAS.name, usage.framing.frame(b""), json.dumps(BATCH).encode(), [])
    publisher.put(schema, answered.set_result)
    if await answered:
        raise TopicsNotReady(f"Kafka does not take the writer schema into {SCHEMAS.name}.")


async def _refresh(tenants: TenantFiles, crowd: Crowd) -> None:
    while True:
        await asyncio.sleep(_REFRESH_SECONDS)
        crowd.tick()
        tenants.refresh()


class _Lifespan:
    """ASGI's lifespan protocol around the collector: made at start-up, closed at shutdown."""

    def __init__(self, running: contextlib.AbstractAsyncContextManager[Collector]) -> None:
        self._running = running

    async def __call__(self, scope: dict[str, Any], receive: _Receive, send: _Send) -> None:
        await receive()
        async with self._running as scope["state"]["handler"]:
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})
