"""Retention is checked again and again, and what was found is kept: the history that a report shows."""

import logging
from datetime import datetime, timedelta

from clickhouse_connect.driver.client import Client

from privacy.retention import history
from privacy.retention.reading import Reach
from privacy.retention.report import Report, report
from runtime import metrics

log = logging.getLogger(__name__)


def check(client: Client, ways: Reach, now: datetime, interval: timedelta) -> Report:
    """Measure every store, keep and show what was found; raises ClickHouse's errors where that fails."""
    found = report(ways, now)
    for one in found.findings:
        metrics.RETENTION_OVERDUE.labels(one.store).set(one.reading.overdue_records)
    metrics.RETENTION_OK.set(found.ok)
    metrics.RETENTION_LAST_CHECK.set(now.timestamp())
    for fault in found.faults:
        log.error("retention: %s", fault)
    history.record(client, found, interval)
    return found
