"""The process of periodic work: each job in turn, again and again, until it is told to stop."""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from jobs.checks import check
from jobs.disks import show_disks
from jobs.expiry import Dropped, StillThere, expire, expire_files, note
from jobs.roll_up import roll_up, sweep
from privacy.errors import PrivacyRefused
from privacy.retention.clocks import of_clickhouse
from privacy.retention.days import day_of, next_midnight
from privacy.retention.reading import Reach
from privacy.rights.ledger import Ledger
from privacy.rights.restriction import extend
from runtime import clickhouse, metrics, notify, tracing
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
    rounds = Rounds(settings, client)
    with tracing.tracing("jobs", settings):
        while not stopped.is_set():
            try:
                rounds.work(stopped)
            except (ClickHouseError, StillThere, PrivacyRefused, OSError):
                log.warning(
                    "a job failed; it is done again in %d s", settings.jobs_interval_seconds, exc_info=True
                )
            stopped.wait(pause(datetime.now(UTC), settings.jobs_interval_seconds))


def pause(now: datetime, interval: float) -> float:
    """Seconds until the next round: at midnight a day is over, and what it was the last of goes at once."""
    return min(interval, (next_midnight(now) - now).total_seconds())


class Rounds:
    """Every job, each when it is due."""

    def __init__(self, settings: JobSettings, client: Client) -> None:
        self._settings, self._client = settings, client
        self._ways, self._ledger = Reach.of(settings), Ledger(settings.state_dir)
        self._interval = timedelta(seconds=settings.retention_check_seconds)
        self._check_at = datetime.min.replace(tzinfo=UTC)

    def work(self, stopped: threading.Event) -> None:
        """What is due; between two days of a job it looks whether to stop."""
        show_disks(self._client)
        with tracing.span("drop expired", {}):
            for dropped in drop_expired(self._client, self._settings, datetime.now(UTC)):
                log.info("dropped %s %s: %d", dropped.store, dropped.piece, dropped.records)
        if (now := datetime.now(UTC)) >= self._check_at:
            with tracing.span("check retention", {}):
                good = check(self._client, self._ways, now, self._interval).ok
            self._check_at = now + self._interval if good else now  # again in the next round
            extend(self._client, self._ledger.restricted())
        metrics.RIGHTS_OVERDUE.set(len(self._ledger.overdue(now.date())))
        with tracing.span("roll up", {}):
            roll(self._client, stopped.is_set)
        metrics.JOBS_LAST_RUN.set(datetime.now(UTC).timestamp())


def drop_expired(client: Client, settings: JobSettings, now: datetime) -> list[Dropped]:
    """Drop what has passed by this machine's clock and by ClickHouse's: one that is ahead takes nothing."""
    by_both = min(now, of_clickhouse(client))
    dropped = []
    for one in expire(client, day_of(by_both)):
        dropped.append(one)
        metrics.RETENTION_DROPPED.labels(one.store).inc(one.records)

    def noted(one: Dropped) -> None:
        note(client, one)
        dropped.append(one)

    expire_files(settings.backup_dir, settings.log_dir, by_both, noted)
    return dropped


def roll(client: Client, is_stopped: Callable[[], bool]) -> None:
    """Roll up what is past, and delete what no day is read from."""
    days = 0
    for _ in roll_up(client):
        days += 1
        metrics.DAYS_ROLLED_UP.inc()
        if is_stopped():
            return
    if days:
        log.info("rolled up %d days", days)
    if swept := sweep(client):
        log.info("deleted %d rows of rolls that no day is read from", swept)
