"""The collectors' spools, by their own pages of metrics: no other process reads a spool's file."""

import urllib.request
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from prometheus_client import Gauge, Metric
from prometheus_client.parser import text_string_to_metric_families

from privacy.retention.reading import CannotTell, Reach, Reading
from runtime import metrics

LIMIT = timedelta(hours=168)
_GRACE = timedelta(minutes=2)
"""A spool looks every minute for what is too old."""
_TIMEOUT = 5.0


def measure(reach: Reach, now: datetime) -> Reading:
    """All collectors' together. Raises CannotTell where a page is not named, or does not answer."""
    if not reach.collectors:
        raise CannotTell("No collector is named: set SILLAGE_COLLECTOR_METRICS_URLS.")
    readings = [_one(url, now) for url in reach.collectors]
    return Reading(
        limit_in_store="; ".join(sorted({reading.limit_in_store for reading in readings})),
        oldest_received_at=min(
            (reading.oldest_received_at for reading in readings if reading.oldest_received_at), default=None
        ),
        records=sum(reading.records for reading in readings),
        bytes=sum(reading.bytes or 0 for reading in readings),
        overdue_records=sum(reading.overdue_records for reading in readings),
        overdue_bytes=sum(reading.overdue_bytes for reading in readings),
        next_drop=min((reading.next_drop for reading in readings if reading.next_drop), default=None),
        problem="; ".join(reading.problem for reading in readings if reading.problem),
    )


def _one(url: str, now: datetime) -> Reading:
    families = _read(url)
    limit = timedelta(seconds=_value(families, metrics.SPOOL_LIMIT_SECONDS, url))
    stamp = _value(families, metrics.SPOOL_OLDEST_RECEIVED, url)
    oldest = datetime.fromtimestamp(stamp, UTC) if stamp else None
    records = int(_value(families, metrics.SPOOL_RECORDS, url))
    size = int(_value(families, metrics.SPOOL_BYTES, url))
    late = oldest is not None and oldest + limit + _GRACE < now
    return Reading(
        limit_in_store=f"{limit.total_seconds() / 3_600:g} hours" if limit else "no spool",
        oldest_received_at=oldest,
        records=records,
        bytes=size,
        # How many of them is not told; what is told is that the oldest is.
        overdue_records=max(1, records) if late else 0,
        overdue_bytes=size if late else 0,
        next_drop=oldest + limit if oldest else None,
        problem=f"{url} keeps {limit}: more than {LIMIT} is not counted on." if limit > LIMIT else "",
    )


def _read(url: str) -> list[Metric]:
    try:
        with urllib.request.urlopen(url, timeout=_TIMEOUT) as answer:  # noqa: S310  the operator's own URL
            return list(text_string_to_metric_families(answer.read().decode()))
    except (OSError, ValueError) as error:
        raise CannotTell(f"The collector's metrics at {url} cannot be read: {error}.") from error


def _value(families: Iterable[Metric], gauge: Gauge, url: str) -> float:
    (declared,) = gauge.describe()
    found = [sample.value for one in families if one.name == declared.name for sample in one.samples]
    if not found:
        raise CannotTell(f"{url} does not tell {declared.name}: it is no collector's, or an older one's.")
    return float(max(found))
