"""Whether the clocks agree by which days are told: this machine's and ClickHouse's."""

from datetime import UTC, datetime, timedelta

from clickhouse_connect.driver.client import Client

from privacy.retention.reading import Reach, Reading

TOLERANCE = timedelta(minutes=5)
"""So far apart may a collector's clock and Kafka's be for a record to be stored."""


def of_clickhouse(client: Client) -> datetime:
    """ClickHouse's clock."""
    shown: datetime = client.query("SELECT now64(3, 'UTC')").result_rows[0][0]
    return shown.replace(tzinfo=UTC)


def measure(reach: Reach, now: datetime) -> Reading:
    """ClickHouse's against the one by which this report judges: a day is over by both, or by none."""
    apart = of_clickhouse(reach.clickhouse()) - now
    if abs(apart) > TOLERANCE:
        return Reading(
            problem=f"ClickHouse's clock and this machine's are {_spoken(abs(apart))} apart: "
            "set both by NTP, or days go early or late."
        )
    return Reading(limit_in_store=f"{_spoken(abs(apart))} apart")


def _spoken(apart: timedelta) -> str:
    seconds = apart.total_seconds()
    return f"{seconds:.1f} s" if seconds < TOLERANCE.total_seconds() else f"{seconds / 3_600:.1f} hours"
