"""One process of the collector: what it is made of, from its start to its end."""

import asyncio
import contextlib
import functools
import json
import logging
import multiprocessing
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from ingest import sdk_files, topic_check
from ingest.addresses import TrustedProxies, parse_networks
from ingest.connection import Handler
from ingest.crowd import Crowd
from ingest.http import Collector
from ingest.large_bodies import LargeBodies
from ingest.limits import Rates, limits
from ingest.outlet import Outlet
from ingest.record import Record
from ingest.refusals import Refusal
from ingest.rules import Rules
from ingest.spooling.directory import SpoolDirectory
from ingest.tenants import TenantFiles
from ingest.traced import TracedCollector
from runtime import tracing
from runtime.logging import configure
from runtime.memory import collect_rarely, keep_freed_memory
from runtime.settings import CollectorSettings, load
from runtime.topics import TopicsNotReady
from schemas.framing import Framing
from schemas.topics import SCHEMAS
from schemas.usage import BATCH

DRAIN_SECONDS = 5
"""How long a process that ends waits for what it has accepted."""

_Receive = Callable[[], Awaitable[dict[str, Any]]]
_Send = Callable[[dict[str, Any]], Awaitable[None]]

log = logging.getLogger(__name__)

_REFRESH_SECONDS = 1.0
_THREADS_TURN_SECONDS = 0.001
"""So long the event loop waits at most for the thread of large bodies, but for one call; by default 5 ms."""
_KEPT_BYTES, _LARGE_BYTES = 32 << 20, 4 << 20
"""What the bodies of some thousand requests free is written again by the next ones."""
_OBJECTS_BETWEEN_COLLECTIONS = 20_000
"""Connections are cycles, of some twenty objects each: a thousand that are gone may wait to be found."""


class Worker:
    """ASGI's lifespan protocol around a collector: made at start-up, closed at shutdown."""

    def __init__(self, settings: CollectorSettings) -> None:
        """Raises SettingError, TopicsNotReady, RegistryRefused, or KafkaException where Kafka is needed."""
        self._settings = settings
        if settings.spool_dir:
            SpoolDirectory(settings.spool_dir).open(settings.spool_max_bytes).close()
        else:
            log.info("SILLAGE_SPOOL_DIR is not set: while Kafka is away, batches are refused")
        self._are_topics_checked = topic_check.are_checked(settings)
        self._tenants = TenantFiles(settings.tenants_file, settings.pseudonym_keys_file)
        self._sdk_files = sdk_files.read()
        networks = parse_networks(settings.trusted_proxies)
        self._proxies = TrustedProxies(networks, settings.forwarded_header)
        self._rules = Rules.of(settings)

    async def __call__(self, scope: dict[str, Any], receive: _Receive, send: _Send) -> None:
        """Leave the collector in the lifespan's state, where connections find it."""
        await receive()
        async with self._running() as scope["state"]["handler"]:
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    @contextlib.asynccontextmanager
    async def _running(self) -> AsyncIterator[Handler]:
        settings = self._settings
        crowd = Crowd(limits(settings), self._proxies)
        rates = Rates(settings.address_requests_per_second, settings.tenant_requests_per_second)
        check = None if self._are_topics_checked else functools.partial(topic_check.are_there, settings)
        outlet = Outlet(settings, check)
        await _publish_schema(outlet, self._rules.framing)
        refreshing = asyncio.create_task(self._refresh(crowd))
        large_bodies = LargeBodies(crowd, settings.max_traces_body_bytes)
        made = Collector(
            self._tenants, outlet, self._sdk_files, self._proxies, self._rules, crowd, rates, large_bodies
        )
        keep_freed_memory(_KEPT_BYTES, _LARGE_BYTES)
        collect_rarely(_OBJECTS_BETWEEN_COLLECTIONS)
        sys.setswitchinterval(_THREADS_TURN_SECONDS)
        with tracing.tracing("collector", settings):
            yield TracedCollector(made) if tracing.is_on() else made
            refreshing.cancel()
            large_bodies.close()
            await outlet.close(DRAIN_SECONDS)

    async def _refresh(self, crowd: Crowd) -> None:
        while True:
            await asyncio.sleep(_REFRESH_SECONDS)
            try:
                crowd.tick()
                self._tenants.refresh()
            except Exception:  # without it no connection would time out any more
                log.exception("A second's housekeeping was not finished")


async def _publish_schema(outlet: Outlet, framing: Framing) -> None:
    """Consumers read the writer schema of the records to come in a topic of its own."""
    answered: asyncio.Future[Refusal | None] = asyncio.get_running_loop().create_future()
    schema = Record(SCHEMAS.name, framing.frame(b""), json.dumps(BATCH).encode(), [])
    outlet.put(schema, answered.set_result)
    if await answered:
        raise TopicsNotReady(f"Kafka does not take the writer schema into {SCHEMAS.name}.")


def one_of_many() -> Worker:
    """What uvicorn makes in each of several processes; settings come by the environment."""
    settings = load(CollectorSettings, os.environ)
    configure(f"collector {os.getpid()}", settings.log_level)
    _end_with_parent()
    return Worker(settings)


def _end_with_parent() -> None:
    """A parent that is killed takes its workers along, or they would hold the port against the next."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        asyncio.get_running_loop().add_reader(parent.sentinel, os.kill, os.getpid(), signal.SIGTERM)
