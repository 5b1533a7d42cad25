"""The steps of a delivery, each by itself; the whole way stands in tests/test_main_job.py."""

from pathlib import Path
from typing import Any

import pytest

from ingest import usage
from ingest.delivery import UsageDelivery
from ingest.refusals import Refusal, RefuseRequest
from ingest.registry import Registry
from runtime.pseudonyms import pseudonym
from tests.ingest.deliveries import delivery, made_registry


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return made_registry(tmp_path)


def refusal_of(delivery: UsageDelivery) -> Refusal:
    with pytest.raises(RefuseRequest) as caught:
        usage.take(delivery)
    return caught.value.refusal


def test_user_ids_leave_as_keyed_pseudonyms_and_nobody_stays_nobody(registry: Registry) -> None:
    taken = delivery(registry)
    usage.take(taken)
    ada, nobody, again, alan = (event.user_id for event in taken.batch.events)
    assert ada == again == pseudonym(b"\x0a" * 32, "ada")
    assert nobody == ""
    assert alan == pseudonym(b"\x0a" * 32, "alan")


def test_no_byte_of_the_exact_address_or_the_user_id_is_encoded(registry: Registry) -> None:
    taken = delivery(registry)
    usage.take(taken)
    value = usage.encode(taken)
    assert b"203.0.113.0" in value
    assert b"203.0.113.77" not in value
    assert b"ada" not in value


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"batch": {"key": ""}}, Refusal.KEY_MISSING),
        ({"batch": {"key": "pk_other"}}, Refusal.KEY_UNKNOWN),
        ({"batch": {"key": "sk_demo"}}, Refusal.KEY_UNKNOWN),
        ({"bearer": "pk_demo"}, Refusal.KEY_UNKNOWN),
        ({"bearer": "sk_wrong"}, Refusal.KEY_UNKNOWN),
        ({"origin": "https://elsewhere.example"}, Refusal.ORIGIN_FORBIDDEN),
        ({"origin": "null"}, Refusal.ORIGIN_FORBIDDEN),
    ],
)
def test_a_delivery_without_the_right_to_write_is_refused(
    registry: Registry, changes: dict[str, Any], refusal: Refusal
) -> None:
    assert refusal_of(delivery(registry, **changes)) is refusal


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"origin": "https://app.example.eu"},
        {"bearer": "sk_demo", "batch": {"key": ""}},
        {"bearer": "sk_demo", "origin": "https://elsewhere.example"},
    ],
)
def test_a_delivery_with_the_right_to_write_is_taken(registry: Registry, changes: dict[str, Any]) -> None:
    taken = delivery(registry, **changes)
    usage.take(taken)
    assert taken.tenant.name == "demo"


def test_the_refusals_of_whole_deliveries_say_what_to_do() -> None:
    for refusal in Refusal:
        assert 400 <= refusal.status < 600
        assert refusal.message.endswith(".") and refusal.remedy.endswith(".")
