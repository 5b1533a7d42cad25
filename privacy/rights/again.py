"""Erased again: what a restore, which knows no suppression, has brought back of erased persons."""

from collections.abc import Sequence

from clickhouse_connect.driver.client import Client

from privacy.rights import deletion, links, subjects
from privacy.rights.ledger import Ledger
from privacy.rights.requests import Request, Right, Whose
from privacy.rights.restriction import restrict
from privacy.rights.subjects import SUBJECT

_BEFORE_LIFTING = """
    ALTER TABLE {table} DELETE
    WHERE tenant = {{tenant:String}}
      AND ({{users:Array(String)}} = [''] OR user_id IN {{users:Array(String)}})
      AND received_at < parseDateTime64BestEffort({{until:String}}, 3, 'UTC')
"""
_SUPPRESS_BEFORE_LIFTING = """
    INSERT INTO suppressions (tenant, subject, until, request, keep_until)
    SELECT
        {tenant:String}, arrayJoin({users:Array(String)}) AS subject,
        parseDateTime64BestEffort({until:String}, 3, 'UTC'), {request:String},
        toDate(now('UTC')) + {days:UInt16}
    WHERE subject NOT IN (SELECT subject FROM suppressions WHERE tenant = {tenant:String})
"""


def hide_first(client: Client, ledger: Ledger) -> None:
    """Before anything is brought back: hide whoever was erased or is restricted, so that nobody sees them."""
    if hidden := [*_erased(ledger), *ledger.restricted()]:
        subjects.hide(client, hidden)


def erase_again(client: Client, ledger: Ledger) -> int:
    """Erase whoever the ledger says was erased; gives how many rows had come back.

    Who is restricted is hidden again. The suppressions are made anew from the ledger too: a restored
    database may lack them. An erasure that is under way stays as it is.
    """
    for restricted in ledger.restricted():
        restrict(client, restricted)
    erased = _erased(ledger)
    for lifting in _lifted(ledger).values():
        if all(one.whose != lifting.whose for one in erased):
            _erase_before(client, lifting)
    persons = [one for one in erased if one.whose.pseudonyms]
    tenants = [one for one in erased if not one.whose.pseudonyms]
    return sum(_erase(client, together) for together in (persons, tenants) if together)


def _erased(ledger: Ledger) -> list[Request]:
    """The last erasure of each person, or tenant, that was not lifted since."""
    lifted = _lifted(ledger)
    done = [one for one in ledger.requests().values() if one.right is Right.ERASURE and one.certificate]
    latest = {one.whose: one for one in done if not _is_lifted(one, lifted.get(one.whose))}
    return list(latest.values())


def _lifted(ledger: Ledger) -> dict[Whose, Request]:
    done = [one for one in ledger.requests().values() if one.right is Right.LIFTING and one.done_at]
    return {one.whose: one for one in done}


def _is_lifted(erasure: Request, lifting: Request | None) -> bool:
    return lifting is not None and lifting.at > erasure.at


def _erase(client: Client, requests: Sequence[Request]) -> int:
    subjects.hide(client, requests)
    subjects.suppress(client, requests)
    found = links.find(client, requests)
    if found:
        deletion.drain(client)
        found = links.find(client, requests)
        deletion.delete(client, requests, found, sorted({one.day for one in found}))
    subjects.show(client, [one.id for one in requests])
    return sum(one.rows for one in found)


def _erase_before(client: Client, lifting: Request) -> None:
    whose = lifting.whose
    parameters = {
        "tenant": whose.tenant, "users": list(whose.subjects), "until": lifting.at, "request": lifting.id,
        "days": subjects.COPIES_LIVE_DAYS,
    }  # fmt: skip
    client.command(_SUPPRESS_BEFORE_LIFTING, parameters)
    for table in SUBJECT:
        sql = _BEFORE_LIFTING.format(table=table)
        client.command(sql, parameters, settings={"mutations_sync": 1})
