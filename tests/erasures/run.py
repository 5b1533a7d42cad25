"""One erasure at random: killed at random points, with late rows, and in the end held against the oracle."""

import random
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client

from jobs.roll_up import roll_up
from privacy.rights import erasure
from privacy.rights.certificate import file_of
from privacy.rights.erasure import Step
from privacy.rights.survivors import Survivors
from tests.erasures.town import Town
from tests.privacy.rights.people import Desk, event

_IDS = """
    SELECT lower(hex(event_id)) FROM usage_events WHERE tenant = {tenant:String}
    UNION ALL
    SELECT lower(hex(span_id)) FROM trace_spans WHERE tenant = {tenant:String}
"""


class Killed(BaseException):
    """As kill -9: nothing of ours runs on."""


def erase_at_random(client: Client, state: Path, seed: str, plants: bool = False) -> list[str]:
    """Erase some people of a town, killed in between, and give them; fails where others or more are gone.

    With `plants` a survivor is planted behind the deletion, which must stop the certificate.
    """
    chance, town = random.Random(f"faults {seed}"), Town.at_random(seed)
    desk = Desk(client, state)
    desk.store(town.events, town.spans)
    if chance.random() < 0.5:
        list(roll_up(client))
    persons = chance.sample(town.people, chance.choice([1, 3, 5, 7]))
    with pytest.MonkeyPatch.context() as patched:
        for step in chance.sample(list(Step), chance.choice([0, 1, 1, 2])):
            patched.setattr(erasure, "hook", _killing(step))
            with pytest.raises(Killed):
                desk.erase(*(desk.request(person) for person in persons))
        if plants:
            patched.setattr(erasure, "hook", _planting(desk, persons[0]))
            before = certified(desk)  # killed after the last step, some may have been
            with pytest.raises(Survivors):
                desk.erase(*(desk.request(person) for person in persons))
            assert certified(desk) == before
    requests = [desk.request(person) for person in persons]
    desk.erase(*requests)
    assert stored(desk) == town.without(persons), seed
    assert all(file_of(state, request.id).exists() for request in requests)
    return persons


def certified(desk: Desk) -> set[str]:
    """The requests that have a certificate."""
    return {one for one in desk.ledger.requests() if file_of(desk.state, one).exists()}


def stored(desk: Desk) -> set[str]:
    """The ids of what is stored of the tenant."""
    return {one for (one,) in desk.client.query(_IDS, {"tenant": desk.tenant}).result_rows}


def _killing(step: Step):  # type: ignore[no-untyped-def]
    def kill(reached: Step) -> None:
        if reached is step:
            raise Killed

    return kill


def _planting(desk: Desk, person: str):  # type: ignore[no-untyped-def]
    def plant(reached: Step) -> None:
        if reached is Step.DELETED:
            desk.store([event(person, "planted", days_ago=3)])

    return plant
