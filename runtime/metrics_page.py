"""Another process's page of metrics."""

import urllib.request
from collections.abc import Iterable, Iterator

from prometheus_client import Gauge, Metric
from prometheus_client.parser import text_string_to_metric_families

_TIMEOUT = 5.0


def read(url: str) -> list[Metric]:
    """Read the page; OSError when nothing answers there, ValueError when it is no such page."""
    with urllib.request.urlopen(url, timeout=_TIMEOUT) as answer:  # noqa: S310  the operator's own URL
        return list(text_string_to_metric_families(answer.read().decode()))


def values(families: Iterable[Metric], gauge: Gauge) -> Iterator[float]:
    """What the page tells of a gauge: nothing where no process shows it."""
    (declared,) = gauge.describe()
    for family in families:
        if family.name == declared.name:
            yield from (sample.value for sample in family.samples)
