"""The collector process: settings in, a running server out."""

import asyncio
import contextlib
import functools
import json
import logging
from collections.abc import AsyncIterator

import uvicorn
from confluent_kafka import KafkaException

from ingest import sdk_file, usage
from ingest.addresses import parse_networks
from ingest.http import Collector, Receive, Scope, Send, store
from ingest.outlet import Outlet
from ingest.record import Record
from ingest.spooling.directory import SpoolDirectory
from ingest.tenants import TenantFiles
from runtime import metrics, topics
from runtime.settings import CollectorSettings
from runtime.topics import TopicsNotReady
from schemas.topics import SCHEMAS, USAGE
from schemas.usage import BATCH

log = logging.getLogger(__name__)

_REFRESH_SECONDS = 1.0
_DRAIN_SECONDS = 5
_KAFKA_SECONDS = 3.0


def run(settings: CollectorSettings) -> None:
    """Serve until SIGTERM or SIGINT, then finish what was accepted.

    Raises SettingError or TopicsNotReady before anything is served. Without a spool it needs Kafka to start.
    """
    if settings.spool_dir:
        SpoolDirectory(settings.spool_dir).open(settings.spool_max_bytes).close()
    else:
        log.info("SILLAGE_SPOOL_DIR is not set: while Kafka is away, batches are refused")
    checked = _topics_are_checked(settings)
    tenants = TenantFiles(settings.tenants_file, settings.pseudonym_keys_file)
    networks, sdk = parse_networks(settings.trusted_proxies), sdk_file.read()
    metrics.serve(settings.admin_host, settings.admin_port)

    @contextlib.asynccontextmanager
    async def running() -> AsyncIterator[Collector]:
        outlet = Outlet(settings, None if checked else functools.partial(_topics_are_there, settings))
        await store(outlet, Record(SCHEMAS.name, usage.framing.frame(b""), json.dumps(BATCH).encode(), []))
        refreshing = asyncio.create_task(_refresh(tenants))
        yield Collector(tenants, outlet, sdk, networks)
        refreshing.cancel()
        await outlet.close(_DRAIN_SECONDS)

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


def _topics_are_checked(settings: CollectorSettings) -> bool:
    """Whether Kafka says that the topics are as declared; false when it is away and there is a spool."""
    try:
        topics.check(topics.admin(settings.kafka_bootstrap_servers), (USAGE, SCHEMAS), _KAFKA_SECONDS)
    except KafkaException:
        if settings.spool_dir is None:
            raise
        return False
    return True


def _topics_are_there(settings: CollectorSettings) -> bool:
    """The same while the collector runs already."""
    try:
        return _topics_are_checked(settings)
    except TopicsNotReady as error:
        log.error("Records stay in the spool: %s", error)
        return False


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
