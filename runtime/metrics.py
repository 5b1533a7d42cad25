"""Every metric's name, in one place, and the port that serves them.

With PROMETHEUS_MULTIPROC_DIR set, the processes that share it are served together by any one of them.
"""

import os
from pathlib import Path

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    start_http_server,
    write_to_textfile,
)
from prometheus_client.multiprocess import MultiProcessCollector

from runtime.settings import SettingError

REQUESTS = Counter("sillage_requests", "Answers of the collector.", ["route", "status"])
EVENTS_ACCEPTED = Counter("sillage_events_accepted", "Events that were acknowledged.", ["tenant"])
EVENTS_REFUSED = Counter("sillage_events_refused", "Events refused one by one.", ["tenant", "reason"])
SPANS_ACCEPTED = Counter("sillage_spans_accepted", "Spans that were acknowledged.", ["tenant"])
SPANS_REFUSED = Counter("sillage_spans_refused", "Spans refused one by one.", ["tenant", "reason"])
REQUESTS_REFUSED = Counter("sillage_requests_refused", "Deliveries refused whole.", ["reason"])
EVENTS_LOST_BY_CLIENT = Counter(
    "sillage_client_lost_events", "Losses that clients report.", ["tenant", "reason"]
)
MINIMISED = Counter(
    "sillage_minimised",
    "Taken out before Kafka: denied properties and attributes; events of people who object, their identity.",
    ["tenant", "what"],
)
SPOOLED = Counter("sillage_spooled_records", "Records that were kept in the spool while Kafka was away.")
DRAINED = Counter("sillage_drained_records", "Records of the spool that Kafka has acknowledged.")
SPOOL_LOST = Counter("sillage_spool_lost_records", "Records that the spool has lost.", ["reason"])
SPOOL_RECORDS = Gauge("sillage_spool_records", "Records in the spool.", multiprocess_mode="mostrecent")
SPOOL_BYTES = Gauge(
    "sillage_spool_bytes", "Bytes of the spool that are in use.", multiprocess_mode="mostrecent"
)
SPOOL_OLDEST_SECONDS = Gauge(
    "sillage_spool_oldest_seconds", "Age of the oldest record in the spool.", multiprocess_mode="mostrecent"
)
SPOOL_OLDEST_RECEIVED = Gauge(
    "sillage_spool_oldest_received_timestamp_seconds",
    "When the oldest record that the spool has in any way arrived; 0 when it has none.",
    multiprocess_mode="mostrecent",
)
SPOOL_LIMIT_SECONDS = Gauge(
    "sillage_spool_limit_seconds",
    "Age at which a record leaves the spool; 0 where there is no spool.",
    multiprocess_mode="mostrecent",
)

DISK_FREE = Gauge(
    "sillage_disk_free_bytes",
    "Bytes that a disk has left: of the spool, or one of ClickHouse's.",
    ["disk"],
    multiprocess_mode="mostrecent",
)
DISK_BYTES = Gauge("sillage_disk_bytes", "Size of that disk.", ["disk"], multiprocess_mode="mostrecent")

RECORDS_STORED = Counter(
    "sillage_records_stored", "Kafka records that ClickHouse has acknowledged.", ["topic"]
)
CLAIMS = Counter(
    "sillage_claims", "Claims on partitions: after an assignment and after any error.", ["topic"]
)
FENCED = Counter(
    "sillage_fenced_inserts",
    "INSERTs that ClickHouse refused because of another consumer's claim.",
    ["topic"],
)
EXPIRED_UNREAD = Counter(
    "sillage_expired_unread_records", "Records that left Kafka before they were stored: lost.", ["topic"]
)
DEAD_LETTERS = Counter("sillage_dead_letters", "Records that could not be stored.", ["topic", "reason"])
INSERT_SECONDS = Histogram("sillage_insert_seconds", "Duration of one INSERT.", ["topic"])
CONSUMER_LAG = Gauge(
    "sillage_consumer_lag", "Records not yet stored.", ["topic", "partition"], multiprocess_mode="mostrecent"
)
DAYS_ROLLED_UP = Counter("sillage_days_rolled_up", "Days that were rolled up, again ones too.")
JOBS_LAST_RUN = Gauge(
    "sillage_jobs_last_run_timestamp_seconds",
    "When every job of `sillage jobs` was last done.",
    multiprocess_mode="mostrecent",
)
RETENTION_OVERDUE = Gauge(
    "sillage_retention_overdue_records",
    "What is past its limit in a store, at the last check; must be 0.",
    ["store"],
    multiprocess_mode="mostrecent",
)
RETENTION_OK = Gauge(
    "sillage_retention_ok",
    "Whether the last check found every store within its limit: 1, or 0 also where one could not tell.",
    multiprocess_mode="mostrecent",
)
RETENTION_LAST_CHECK = Gauge(
    "sillage_retention_last_check_timestamp_seconds",
    "When retention was last checked.",
    multiprocess_mode="mostrecent",
)
RETENTION_DROPPED = Counter(
    "sillage_retention_dropped_records", "What was dropped because its time had passed.", ["store"]
)
RIGHTS_OVERDUE = Gauge(
    "sillage_rights_overdue_requests",
    "Requests of persons and tenants that are open though their time has passed; 0 is right.",
    multiprocess_mode="mostrecent",
)
RECONCILE_DIFFERENCE = Gauge(
    "sillage_reconcile_difference",
    "What `sillage reconcile` found wrong at its last run; 0 is right.",
    ["topic", "kind"],
    multiprocess_mode="mostrecent",
)


def registry() -> CollectorRegistry:
    """The registry to serve: of this process, or of all that share PROMETHEUS_MULTIPROC_DIR."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    shared = CollectorRegistry()
    MultiProcessCollector(shared)  # type: ignore[no-untyped-call]
    return shared


def serve(host: str, port: int) -> None:
    """Serve `/metrics` from a thread of its own; port 0 serves nothing. Raises SettingError."""
    if not port:
        return
    try:
        start_http_server(port, host, registry())
    except OSError as error:
        raise SettingError(
            f"SILLAGE_ADMIN_HOST {host} and SILLAGE_ADMIN_PORT {port} cannot be listened on: {error}. Choose"
            " a free port of this machine's, or 0 for no metrics."
        ) from error


def write_file(file: Path, gauge: Gauge) -> None:
    """Write one gauge in Prometheus's text format, whole or not at all: for a process that does not stay.

    Source: https://github.com/prometheus/node_exporter#textfile-collector
    """
    only = CollectorRegistry()
    only.register(gauge)
    write_to_textfile(str(file), only)
