"""Collectors and consumers of two versions together: nothing is lost, doubled or buried, in any order."""

import itertools

import pytest

from tests.upgrade.fleet import Fleet
from tests.upgrade.versions import NEW

pytestmark = [pytest.mark.long, pytest.mark.timeout(300)]
ORDERS = list(itertools.permutations(["tables", "collector", "consumers"]))


def test_two_versions_of_collectors_and_consumers_work_side_by_side(fleet: Fleet) -> None:
    fleet.migrate(fleet.new)
    for version in (fleet.old, fleet.new):
        fleet.start_collector(version)
        fleet.start_consumers(version)
    fleet.send()
    fleet.expect_all_once()
    assert fleet.editions() == {NEW: len(fleet.events) // 2, "": len(fleet.events) // 2}
    fleet.spans.append(absent := "0" * 16)
    with pytest.raises(AssertionError, match=rf"lost Counter\({{'{absent}': 1}}\), too many Counter\(\)"):
        fleet.compare()


@pytest.mark.parametrize("order", ORDERS, ids=", then ".join)
def test_a_version_may_come_in_any_order_and_go_again(fleet: Fleet, order: tuple[str, ...]) -> None:
    steps = {
        "tables": lambda: fleet.migrate(fleet.new),
        "collector": lambda: (fleet.start_collector(fleet.new), fleet.stop_collector(fleet.old)),
        "consumers": lambda: (fleet.stop_consumers(fleet.old), fleet.start_consumers(fleet.new)),
    }
    fleet.start_collector(fleet.old)
    fleet.start_consumers(fleet.old)
    fleet.send()
    said = []
    for step in order:
        steps[step]()
        fleet.send()
        said += fleet.start_ended_consumers_again()
    fleet.expect_all_once()
    assert all("sillage migrate" in one for one in said)  # what is newer than the tables waits for them
    # And back: the tables stay.
    fleet.stop_consumers(fleet.new)
    fleet.send()
    fleet.start_consumers(fleet.old)
    fleet.start_collector(fleet.old)
    fleet.send()
    fleet.stop_collector(fleet.new)
    fleet.send()
    fleet.expect_all_once()
