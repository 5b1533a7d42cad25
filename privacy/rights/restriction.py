"""Restriction: a person's rows stay and are shown to nobody, until it is ended (GDPR, article 18)."""

from clickhouse_connect.driver.client import Client

from privacy.rights import links, rolls, subjects
from privacy.rights.requests import Request, Whose


def restrict(client: Client, request: Request) -> int:
    """Hide the person from every view, at once; gives how many rows are hidden. May be done twice."""
    subjects.hide(client, [request])
    links.link(client, [request])
    found = links.held(client, [request])
    rolls.unroll(client, {one.day for one in found})
    return sum(one.rows for one in found)


def unrestrict(client: Client, whose: Whose, restrictions: list[Request]) -> int:
    """Show the person again; gives how many rows. `restrictions` may have hidden them."""
    hiding = set(subjects.requests_hiding(client, [whose]))
    ended = [one for one in restrictions if one.id in hiding]
    if not ended:
        return 0
    found = links.held(client, ended)
    subjects.show(client, [one.id for one in ended])
    rolls.unroll(client, {one.day for one in found})
    return sum(one.rows for one in found)


def extend(client: Client, restrictions: list[Request]) -> None:
    """Hide what has come since and is by now linked to restricted persons: sessions, traces."""
    for request in restrictions:
        known = subjects.count_hidden(client, request)
        if not known:
            continue
        links.link(client, [request])
        if subjects.count_hidden(client, request) > known:
            rolls.unroll(client, {one.day for one in links.held(client, [request])})
