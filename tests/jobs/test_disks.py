"""How full the disks are is shown for each of them."""

import shutil
from pathlib import Path

from prometheus_client import REGISTRY

from ingest.spooling.directory import SpoolDirectory
from jobs.disks import show_disks
from runtime import metrics
from runtime.clickhouse import connect
from runtime.settings import QuerySettings, load
from tests.conftest import Stack


def test_each_of_clickhouses_disks_is_shown_with_what_it_has_left(stack: Stack) -> None:
    client = connect(load(QuerySettings, stack.environ))
    metrics.DISK_FREE.clear()
    show_disks(client)
    for (name,) in client.query("SELECT name FROM system.disks").result_rows:
        labels = {"disk": f"clickhouse {name}"}
        free = REGISTRY.get_sample_value("sillage_disk_free_bytes", labels)
        size = REGISTRY.get_sample_value("sillage_disk_bytes", labels)
        assert free is not None
        assert size is not None
        assert 0 < free <= size


def test_the_room_of_a_spool_is_that_of_its_disk(tmp_path: Path) -> None:
    free, size = SpoolDirectory(tmp_path).room()
    assert size == shutil.disk_usage(tmp_path).total
    assert 0 < free <= size
