"""What was refused, lost or buried since the processes started, by reason, from their `/metrics`."""

import urllib.request
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from prometheus_client import Counter as DeclaredCounter
from prometheus_client import Gauge, Metric
from prometheus_client.parser import text_string_to_metric_families

from runtime import metrics

_TIMEOUT = 5.0


@dataclass(frozen=True)
class Counts:
    """Numbers by reason; a reason that never occurred is absent."""

    requests_refused: dict[str, int]
    """Deliveries that the collector refused whole."""
    events_refused: dict[str, int]
    """Events that the collector refused one by one."""
    lost_by_clients: dict[str, int]
    """Events that clients say they had to drop."""
    dead_letters: dict[str, int]
    """Records that the consumer could not store."""
    lost_in_spool: dict[str, int]
    """Records that the collector's spool has lost."""
    spooled: int
    """Records that wait in the spool for Kafka now."""


def counts(metrics_url: str) -> Counts:
    """Read the page; OSError when nothing answers there, ValueError when it is no such page."""
    families = _read(metrics_url)
    return Counts(
        requests_refused=_by("reason", families, metrics.REQUESTS_REFUSED),
        events_refused=_by("reason", families, metrics.EVENTS_REFUSED),
        lost_by_clients=_by("reason", families, metrics.EVENTS_LOST_BY_CLIENT),
        dead_letters=_by("reason", families, metrics.DEAD_LETTERS),
        lost_in_spool=_by("reason", families, metrics.SPOOL_LOST),
        spooled=_value(families, metrics.SPOOL_RECORDS),
    )


def events_refused_by_tenant(metrics_url: str) -> dict[str, int]:
    """Events that the collector refused one by one, by tenant; raises as `counts` does."""
    return _by("tenant", _read(metrics_url), metrics.EVENTS_REFUSED)


def _read(metrics_url: str) -> list[Metric]:
    with urllib.request.urlopen(metrics_url, timeout=_TIMEOUT) as answer:  # noqa: S310  the operator's own URL
        return list(text_string_to_metric_families(answer.read().decode()))


def _value(families: Iterable[Metric], gauge: Gauge) -> int:
    """The gauge's value; 0 when no process shows it."""
    (declared,) = gauge.describe()
    return int(sum(sample.value for one in families if one.name == declared.name for sample in one.samples))


def _by(label: str, families: Iterable[Metric], counter: DeclaredCounter) -> dict[str, int]:
    """The counter's totals by this label, summed over all others."""
    (declared,) = counter.describe()
    totals: Counter[str] = Counter()
    for family in families:
        if family.name == declared.name:
            for sample in family.samples:
                if sample.name.endswith("_total"):
                    totals[sample.labels[label]] += int(sample.value)
    return dict(totals.most_common())
