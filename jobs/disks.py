"""How full ClickHouse's disks are, for whoever watches: a full one stops every INSERT."""

from clickhouse_connect.driver.client import Client

from runtime import metrics

_DISKS = "SELECT name, free_space, total_space FROM system.disks"


def show_disks(client: Client) -> None:
    """Set the gauges of each of its disks; raises ClickHouse's errors."""
    for name, free, size in client.query(_DISKS).result_rows:
        metrics.DISK_FREE.labels(f"clickhouse {name}").set(free)
        metrics.DISK_BYTES.labels(f"clickhouse {name}").set(size)
