"""What an answer about usage may lack: events that wait, that were refused, that could not be stored."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from queries.counts import counts, events_refused_by_tenant
from runtime.positions import positions

Answer = TypeVar("Answer")


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Where the facts are: Kafka's usage topic and its group, its dead letters, the collector's metrics."""

    admin: AdminClient
    usage: str
    group: str
    dead: str
    metrics_url: str | None


@dataclass(frozen=True)
class Quality:
    """Each is None where what knows it did not answer."""

    waiting: int | None
    """Records of usage, of all tenants, that Kafka holds and ClickHouse does not yet."""
    refused: int | None
    """Events that the collector has refused since it started, of the tenant, or of all."""
    dead: int | None
    """Dead letters that are kept, of usage and of traces."""


def quality(sources: Sources, tenant: str | None) -> Quality:
    """Ask each source; one that does not answer is None, after the seconds that its client waits."""
    url = sources.metrics_url
    return Quality(
        _known(
            lambda: sum(at.lag for at in positions(sources.admin, sources.group, [sources.usage]).values())
        ),
        _known(lambda: _refused(url, tenant)) if url else None,
        _known(
            lambda: sum(at.end - at.first for at in positions(sources.admin, None, [sources.dead]).values())
        ),
    )


def _refused(url: str, tenant: str | None) -> int:
    if tenant is not None:
        return events_refused_by_tenant(url).get(tenant, 0)
    return sum(counts(url).events_refused.values())


def _known(ask: Callable[[], Answer]) -> Answer | None:
    try:
        return ask()
    except (KafkaException, OSError, ValueError):
        return None
