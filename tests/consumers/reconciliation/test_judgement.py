"""What became of a record without rows, question by question."""

from datetime import UTC, datetime

import pytest

from consumers.reconciliation.accounts import Fate
from consumers.reconciliation.judgement import QUESTIONS, Evidence, GapRecord, fate_of
from consumers.reconciliation.rows import WHOLE_TENANT

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
TODAY = int(NOW.timestamp() * 1000)
DAY = 86_400_000
BATCH = ("demo", b"b" * 16)


def record(**changes: object) -> GapRecord:
    whole = GapRecord(
        partition=1, offset=5, tenant="demo", received_at=TODAY, batch=BATCH, events=3, retention_days=7
    )
    return whole._replace(**changes)  # type: ignore[arg-type]


def evidence(**given: set[object]) -> Evidence:
    return Evidence(**{"dead": set(), "now": NOW} | given)  # type: ignore[arg-type]


def test_a_record_without_an_excuse_is_missing() -> None:
    assert fate_of(record(), evidence()) is Fate.MISSING


def test_a_record_of_which_nothing_can_be_read_is_missing() -> None:
    nothing = record(tenant="", received_at=None, batch=None, events=None, retention_days=None)
    assert fate_of(nothing, evidence()) is Fate.MISSING


def test_a_record_with_a_dead_letter_is_dead_whatever_else_it_is() -> None:
    assert fate_of(record(events=0), evidence(dead={(1, 5)}, stored={BATCH})) is Fate.DEAD
    assert fate_of(record(), evidence(dead={(1, 6), (2, 5)})) is Fate.MISSING


def test_a_batch_without_events_leaves_no_rows() -> None:
    assert fate_of(record(events=0), evidence()) is Fate.EMPTY


def test_a_batch_that_is_stored_elsewhere_is_a_clients_retry() -> None:
    assert fate_of(record(), evidence(stored={BATCH})) is Fate.DUPLICATE


def test_another_tenants_batch_of_the_same_id_is_no_retry() -> None:
    assert fate_of(record(), evidence(stored={("other", BATCH[1])})) is Fate.MISSING


def test_of_two_twins_that_are_both_not_stored_one_is_missing() -> None:
    held = evidence()
    assert [fate_of(record(offset=offset), held) for offset in (5, 9)] == [Fate.MISSING, Fate.DUPLICATE]


def test_a_retry_of_what_became_a_dead_letter_is_judged_by_itself() -> None:
    held = evidence(dead={(1, 5)})
    assert [fate_of(record(offset=offset), held) for offset in (5, 9)] == [Fate.DEAD, Fate.MISSING]


def test_a_record_of_erased_persons_alone_is_no_loss() -> None:
    two = record(subjects=frozenset({"ada", "her session"}))
    ada, session = ("demo", "ada"), ("demo", "her session")

    def fate(suppressed: dict[tuple[str, str], int]) -> Fate:
        return fate_of(two, Evidence(set(), suppressed=suppressed, now=NOW))

    assert fate({ada: TODAY + 1}) is Fate.MISSING
    assert fate({ada: TODAY + 1, session: TODAY + 1}) is Fate.SUPPRESSED
    assert fate({ada: TODAY + 1, session: TODAY}) is Fate.MISSING  # lifted when it arrived
    assert fate({("demo", WHOLE_TENANT): TODAY + 1}) is Fate.SUPPRESSED


@pytest.mark.parametrize(("age_days", "fate"), [(6, Fate.MISSING), (7, Fate.EXPIRED), (30, Fate.EXPIRED)])
def test_a_record_past_its_retention_is_no_loss(age_days: int, fate: Fate) -> None:
    assert fate_of(record(received_at=TODAY - age_days * DAY), evidence()) is fate


def test_every_fate_of_a_gap_has_one_question() -> None:
    answered = [fate for fate, _ in QUESTIONS]
    assert len(set(answered)) == len(answered)
    assert set(answered) | {Fate.STORED, Fate.MISSING} == set(Fate)
