"""The time series that Sillage's pages of metrics have, by the names that Prometheus gives them."""

from prometheus_client import Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase

from runtime import metrics

OF_PROMETHEUS = {"up": {"job", "instance"}}
"""What Prometheus itself adds."""
_SUFFIXES: dict[type[MetricWrapperBase], tuple[str, ...]] = {
    Counter: ("_total",),
    Gauge: ("",),
    Histogram: ("_bucket", "_count", "_sum"),
}


def series() -> dict[str, set[str]]:
    """Each name, and the labels that it can have."""
    found = dict(OF_PROMETHEUS)
    for metric in vars(metrics).values():
        if isinstance(metric, MetricWrapperBase):
            labels = {*metric._labelnames, "job", "instance"}
            for suffix in _SUFFIXES[type(metric)]:
                found[f"{metric._name}{suffix}"] = labels | ({"le"} if suffix == "_bucket" else set())
    return found
