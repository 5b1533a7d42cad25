"""Which engine the integration tests run on: the embedded stack, or containers of the real servers."""

import gc
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

SWITCH = "SILLAGE_TEST_ENGINE"
AUTO = "auto"


class Engine(StrEnum):
    """What runs Kafka and ClickHouse."""

    EMBEDDED = "embedded"
    CONTAINERS = "containers"


class EngineRefused(Exception):
    """The engine that was asked for is unknown or cannot run; the message says what to do."""


@dataclass(frozen=True)
class Choice:
    """An engine, and why it was chosen."""

    engine: Engine
    reason: str


def choose(asked: str, fault_of_docker: Callable[[], str | None]) -> Choice:
    """Choose for a value of the switch; `fault_of_docker` says why no Docker engine answers, if none does.

    Raises EngineRefused.
    """
    if asked not in (AUTO, *Engine):
        raise EngineRefused(f"{SWITCH} is {asked!r}; expected {AUTO}, {' or '.join(Engine)}.")
    if asked == Engine.EMBEDDED:
        return Choice(Engine.EMBEDDED, f"{SWITCH} asks for it")
    fault = fault_of_docker()
    if asked == AUTO:
        if fault is None:
            return Choice(Engine.CONTAINERS, "a Docker engine answers")
        return Choice(Engine.EMBEDDED, f"no Docker engine answers: {fault}")
    if fault is not None:
        raise EngineRefused(
            f"{SWITCH} asks for containers, but no Docker engine answers: {fault}. "
            f"Start one, or set {SWITCH}={Engine.EMBEDDED}."
        )
    return Choice(Engine.CONTAINERS, f"{SWITCH} asks for it, and a Docker engine answers")


def fault_of_docker() -> str | None:
    """Ask the engine that testcontainers would use; None: it answers."""
    with warnings.catch_warnings():
        # docker-py leaves the socket of a failed attempt to the garbage collector, which warns of it.
        warnings.simplefilter("ignore", ResourceWarning)
        fault = _ping()
        gc.collect()
    return fault


def _ping() -> str | None:
    # Imported here: a run on the embedded engine need not load them.
    from docker.errors import DockerException  # type: ignore[import-untyped]
    from testcontainers.core.docker_client import DockerClient

    try:
        docker = DockerClient(timeout=5).client
    except DockerException as error:
        return str(error)
    try:
        docker.ping()
    except (DockerException, OSError) as error:
        return str(error)
    finally:
        docker.close()
    return None
