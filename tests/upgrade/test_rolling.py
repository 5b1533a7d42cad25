"""Collectors and consumers of two versions together: nothing is lost, doubled or buried, in any order."""

import itertools

import pytest

from tests.client import awaited
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


def upgrade(fleet: Fleet, what: str) -> None:
    match what:
        case "tables":
            fleet.migrate(fleet.new)
        case "collector":
            fleet.start_collector(fleet.new)
            fleet.stop_collector(fleet.old)
        case "consumers":
            fleet.stop_consumers(fleet.old)
            fleet.start_consumers(fleet.new)


@pytest.mark.parametrize("order", ORDERS, ids=", then ".join)
def test_a_version_may_come_in_any_order_and_go_again(fleet: Fleet, order: tuple[str, ...]) -> None:
    fleet.start_collector(fleet.old)
    fleet.start_consumers(fleet.old)
    fleet.send()
    said: list[str] = []
    for place, step in enumerate(order):
        upgrade(fleet, step)
        fleet.send()
        if "tables" not in order[: place + 1]:  # what is newer than the tables ends, and waits for them
            said += [one.said() for one in awaited(fleet.ended_consumers)]
    fleet.expect_all_once()
    assert bool(said) == (order[0] != "tables")
    assert all("`sillage migrate` of the newest version" in one for one in said)
    # And back: the tables stay.
    fleet.stop_consumers(fleet.new)
    fleet.send()
    fleet.start_consumers(fleet.old)
    fleet.start_collector(fleet.old)
    fleet.send()
    fleet.stop_collector(fleet.new)
    fleet.send()
    fleet.expect_all_once()
