"""Nodes of Kafka that start cheaply, for a run that starts them again and again.

A node takes ten seconds of CPU time to start, most of them to load, link and compile its classes: on two
cores, a run of many kills would consist of that. With Java's ahead-of-time cache (JEP 514) and its quick
compiler alone it takes little over two.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from local.kafka.broker import Broker
from local.part import Part
from local.process import Process
from tests.faults.errors import Infrastructure
from tests.faults.processes import run_to_end

_WITHIN_SECONDS = 180.0


async def cheap_start(node: Broker) -> Sequence[str]:
    """Options for Java, of a cache that the first life of such a node leaves; it is lived beside its own.

    Raises Infrastructure.
    """
    parent = node.directory.parent
    cache = parent / "kafka.aot"
    first = replace(
        node, directory=parent / "kafka-first", voters="", java_options=(f"-XX:AOTCacheOutput={cache}",)
    )
    first.directory.mkdir()
    first.configure()
    await run_to_end(first.format_argv, first.environ, first.directory)
    part = Part(
        name="kafka-first",
        argv=first.serve_argv,
        environ=first.environ,
        cwd=first.directory,
        remedy="",
        stop_within=_WITHIN_SECONDS,  # the cache is written at the end
    )
    process = await Process.start(part, parent / "logs")
    try:
        await asyncio.wait_for(first.until_ready(), _WITHIN_SECONDS)
    except TimeoutError:
        raise Infrastructure("Kafka does not become ready: see kafka-first.log.") from None
    finally:
        await process.stop()
    if not cache.exists():
        raise Infrastructure("Java left no cache: see kafka-first.log.")
    return f"-XX:AOTCache={cache}", "-XX:TieredStopAtLevel=1"
