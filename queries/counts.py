"""What was refused, lost or buried since the processes started, by reason, from their `/metrics`."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from prometheus_client import Counter as DeclaredCounter
from prometheus_client import Metric

from runtime import metrics
from runtime.metrics_page import read, values


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
    families = read(metrics_url)
    return Counts(
        requests_refused=_by("reason", families, metrics.REQUESTS_REFUSED),
        events_refused=_by("reason", families, metrics.EVENTS_REFUSED),
        lost_by_clients=_by("reason", families, metrics.EVENTS_LOST_BY_CLIENT),
        dead_letters=_by("reason", families, metrics.DEAD_LETTERS),
        lost_in_spool=_by("reason", families, metrics.SPOOL_LOST),
        spooled=int(sum(values(families, metrics.SPOOL_RECORDS))),
    )


def events_refused_by_tenant(metrics_url: str) -> dict[str, int]:
    """Events that the collector refused one by one, by tenant; raises as `counts` does."""
    return _by("tenant", read(metrics_url), metrics.EVENTS_REFUSED)


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
