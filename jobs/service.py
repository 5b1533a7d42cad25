"""The process of periodic work: each job in turn, again and again, until it is told to stop."""

import logging
import threading
from datetime import UTC, datetime

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from jobs.roll_up import roll_up, sweep
from runtime import clickhouse, metrics, notify
from runtime.settings import JobSettings
from runtime.signals import on_stop

log = logging.getLogger(__name__)


def run(settings: JobSettings) -> None:
    """Work until SIGTERM or SIGINT; raises ClickHouseUnreachable when nothing answers at the start.

    Any number of instances may run: each job bears being done twice.
    """
    stopped = threading.Event()
    on_stop(stopped.set)
    client = clickhouse.connect(settings)
    metrics.serve(settings.admin_host, settings.admin_port)
    notify.ready()
    while not stopped.is_set():
        try:
            work(client, stopped)
        except (ClickHouseError, OSError):
            log.warning(
                "a job failed; it is done again in %d s", settings.jobs_interval_seconds, exc_info=True
            )
        stopped.wait(settings.jobs_interval_seconds)


def work(client: Client, stopped: threading.Event) -> None:
    """Every job once; between two days of one it looks whether to stop."""
    days = 0
    for _ in roll_up(client):
        days += 1
        metrics.DAYS_ROLLED_UP.inc()
        if stopped.is_set():
            return
    if days:
        log.info("rolled up %d days", days)
    if swept := sweep(client):
        log.info("deleted %d rows of rolls that no day is read from", swept)
    metrics.JOBS_LAST_RUN.set(datetime.now(UTC).timestamp())
