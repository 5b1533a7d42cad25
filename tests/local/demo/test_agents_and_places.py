"""The demo's tables against the real enrichment: what is back-filled looks like what arrives."""

import fcntl
import subprocess
import sys

import pytest

from consumers.enrichment.agents import read_agent
from consumers.enrichment.geography import Geography, dbip, open_geography
from local.demo.agents import BOTS, PEOPLES, Agent
from local.demo.places import PLACES, Place


@pytest.mark.parametrize("agent", [*PEOPLES, *BOTS], ids=lambda agent: agent.user_agent)
def test_the_table_says_of_each_user_agent_what_the_enrichment_says(agent: Agent) -> None:
    found = read_agent(agent.user_agent)
    assert (
        agent.browser, agent.browser_version, agent.os, agent.os_version, agent.device, agent.bot_reasons,
    ) == (
        found.browser, found.browser_version, found.os, found.os_version, found.device, found.bot_reasons,
    )  # fmt: skip


def test_people_are_no_bots_and_bots_are_no_people() -> None:
    assert not any(agent.bot_reasons for agent in PEOPLES)
    assert all(agent.bot_reasons for agent in BOTS)
    assert {agent.device for agent in PEOPLES} == {"desktop", "mobile", "tablet"}


def test_no_two_places_share_an_address() -> None:
    networks = [place.network for place in PLACES]
    assert not any(a.overlaps(b) for a in networks for b in networks if a is not b)
    assert len({place.country for place in PLACES}) >= 25


@pytest.fixture(scope="module")
def geography() -> Geography:
    """The real DB-IP Lite files, fetched when this user does not have them yet."""
    until_nobody_fetches()
    if dbip.cached_version() is None:
        subprocess.run([sys.executable, "-m", "cli", "geo", "fetch"], check=True)
    return open_geography(dbip.cached_files())


def until_nobody_fetches() -> None:
    """Wait for a stack of the other worker that may be at it: `sillage geo fetch` would be refused."""
    dbip.cache_directory().mkdir(parents=True, exist_ok=True)
    with (dbip.cache_directory() / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)


@pytest.mark.timeout(300)  # the first time fetches 64 MB
@pytest.mark.parametrize("place", PLACES, ids=lambda place: str(place.network))
def test_db_ip_finds_each_place_in_its_country(place: Place, geography: Geography) -> None:
    addresses = [str(place.network[third * 256]) for third in range(0, 256, 5)]
    found = [geography.find(address).country for address in addresses]
    assert found.count(place.country) > 0.9 * len(found)
