"""The ledger: what was asked, when it is due, who agreed; pseudonyms and no more."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from privacy.rights.ledger import Ledger, LedgerRefused
from privacy.rights.requests import Delay, Ground, Right, Whose

pytestmark = pytest.mark.long

ADA = Whose("acme", ("a" * 32,))


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path)


def today() -> date:
    return datetime.now(UTC).date()


def test_a_request_is_due_in_thirty_days_and_overdue_after_them(ledger: Ledger) -> None:
    request = ledger.open(Right.ERASURE, ADA, "grace", "TICKET-17")
    assert request.due == today() + timedelta(days=30)
    assert ledger.overdue(request.due) == []
    assert [one.id for one in ledger.overdue(request.due + timedelta(days=1))] == [request.id]
    ledger.write("done", request.id, "grace")
    assert ledger.overdue(request.due + timedelta(days=1)) == []


def test_asking_twice_is_one_request_until_it_is_closed(ledger: Ledger) -> None:
    request = ledger.open(Right.ERASURE, ADA, "grace")
    assert ledger.open(Right.ERASURE, ADA, "alan").id == request.id
    assert ledger.open(Right.EXPORT, ADA, "grace").id != request.id
    ledger.refuse(request.id, "grace", Ground.UNFOUNDED)
    assert ledger.request(request.id).refused == Ground.UNFOUNDED
    assert ledger.open(Right.ERASURE, ADA, "grace").id != request.id


def test_more_time_is_taken_with_a_reason_and_within_ninety_days(ledger: Ledger) -> None:
    request = ledger.open(Right.ERASURE, ADA, "grace")
    assert ledger.extend(request.id, "grace", 60, Delay.COMPLEXITY) == today() + timedelta(days=90)
    assert ledger.request(request.id).due == today() + timedelta(days=90)
    with pytest.raises(LedgerRefused, match="within 90 days"):
        ledger.extend(request.id, "grace", 1, Delay.NUMBER)


def test_it_takes_another_one_to_approve(ledger: Ledger) -> None:
    request = ledger.open(Right.ERASURE, ADA, "grace")
    with pytest.raises(LedgerRefused, match="somebody else must approve"):
        ledger.approve(request.id, "grace")
    ledger.approve(request.id, "alan")
    assert ledger.request(request.id).approved_by == "alan"


def test_what_is_closed_or_unknown_is_refused(ledger: Ledger) -> None:
    with pytest.raises(LedgerRefused, match="There is no request nothing"):
        ledger.approve("nothing", "alan")
    request = ledger.open(Right.ERASURE, ADA, "grace")
    ledger.refuse(request.id, "grace", Ground.EXCESSIVE)
    with pytest.raises(LedgerRefused, match="closed already"):
        ledger.approve(request.id, "alan")


def test_a_restriction_holds_until_it_is_ended_or_the_person_erased(ledger: Ledger) -> None:
    restriction = ledger.open(Right.RESTRICTION, ADA, "grace")
    ledger.write("done", restriction.id, "grace")
    assert [one.id for one in ledger.restricted()] == [restriction.id]
    ledger.write("done", ledger.open(Right.UNRESTRICTION, ADA, "grace").id, "grace")
    assert ledger.restricted() == []


def test_no_name_fits_into_a_reference(ledger: Ledger) -> None:
    with pytest.raises(LedgerRefused, match="no names"):
        ledger.open(Right.ERASURE, ADA, "grace", "for Ada Lovelace <ada@example.eu>")


def test_the_time_of_a_request_is_that_of_its_line(ledger: Ledger) -> None:
    request = ledger.open(Right.ERASURE, ADA, "grace")
    ledger.step(request, "found", "grace", rows=3)
    ledger.step(request, "found", "grace", rows=3)
    ledger.step(request, "found", "grace", rows=0)
    again = ledger.request(request.id)
    assert (again.steps["found"], again.at[:10]) == ({"rows": 3}, today().isoformat())
    assert ledger.chain.verify().head.number == 3
