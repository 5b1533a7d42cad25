"""The collector process: settings in, a running server out."""

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator

import uvicorn

from ingest import sdk_file, usage
from ingest.addresses import TrustedProxies, parse_networks
from ingest.http import Collector, Receive, Scope, Send
from ingest.publisher import Publisher
from ingest.rules import Rules
from ingest.tenants import TenantFiles
from runtime import metrics, topics
from runtime.settings import CollectorSettings
from schemas.topics import SCHEMAS, USAGE
from schemas.usage import BATCH

log = logging.getLogger(__name__)

_REFRESH_SECONDS = 1.0
_DRAIN_SECONDS = 5


def run(settings: CollectorSettings) -> None:
    """Serve until SIGTERM or SIGINT, then finish what was accepted.

    Raises SettingError or TopicsNotReady before anything is served.
    """
    topics.check(topics.admin(settings.kafka_bootstrap_servers), (USAGE, SCHEMAS))
    tenants = TenantFiles(settings.tenants_file, settings.pseudonym_keys_file)
    proxies = TrustedProxies(parse_networks(settings.trusted_proxies), settings.forwarded_header)
    rules, sdk = Rules.of(settings), sdk_file.read()
    metrics.serve(settings.admin_host, settings.admin_port)

    @contextlib.asynccontextmanager
    async def running() -> AsyncIterator[Collector]:
        publisher = Publisher(settings.kafka_bootstrap_servers, settings.ack_timeout_ms)
        await publisher.publish(SCHEMAS.name, usage.framing.frame(b""), json.dumps(BATCH).encode(), [])
        refreshing = asyncio.create_task(_refresh(tenants))
        yield Collector(tenants, publisher, sdk, proxies, rules)
        refreshing.cancel()
        await publisher.close(_DRAIN_SECONDS)

    uvicorn.run(
        _Lifespan(running()),
        host=settings.collector_host,
        port=settings.collector_port,
        loop="uvloop",
        http="httptools",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_DRAIN_SECONDS,
    )


async def _refresh(tenants: TenantFiles) -> None:
    while True:
        await asyncio.sleep(_REFRESH_SECONDS)
        tenants.refresh()


class _Lifespan:
    """ASGI's lifespan protocol around the collector: made at start-up, closed at shutdown."""

    def __init__(self, running: contextlib.AbstractAsyncContextManager[Collector]) -> None:
        self._running = running
        self._collector: Collector

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            return await self._collector(scope, receive, send)
        await receive()
        async with self._running as self._collector:
            await send({"type": "lifespan.startup.complete"})
            await receive()
        return await send({"type": "lifespan.shutdown.complete"})
