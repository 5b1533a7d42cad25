"""The collectors' spools, by their own pages of metrics: no other process reads a spool's file."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from prometheus_client import Gauge, Metric

from privacy.retention.reading import CannotTell, Reach, Reading
from runtime import metrics
from runtime.metrics_page import read, values

LIMIT = timedelta(hours=168)
_GRACE = timedelta(minutes=2)
"""A spool looks every minute for what is too old."""


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
    families = _page(url)
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


def _page(url: str) -> list[Metric]:
    try:
        return read(url)
    except (OSError, ValueError) as error:
        raise CannotTell(f"The collector's metrics at {url} cannot be read: {error}.") from error


def _value(families: Iterable[Metric], gauge: Gauge, url: str) -> float:
    found = list(values(families, gauge))
    if not found:
        (declared,) = gauge.describe()
        raise CannotTell(f"{url} does not tell {declared.name}: it is no collector's, or an older one's.")
    return max(found)
