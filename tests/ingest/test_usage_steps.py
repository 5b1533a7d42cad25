"""The steps of a delivery, each by itself; the whole way stands in tests/test_main_job.py."""

import hashlib
import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from ingest import usage
from ingest.refusals import Refusal, RefuseRequest
from ingest.tenants import Registry, read_tenants
from runtime.pseudonyms import pseudonym


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    (tmp_path / "tenants.toml").write_text(
        f'[demo]\nwrite_keys = ["sha256:{hashlib.sha256(b"pk_demo").hexdigest()}"]\n'
        f'secret_keys = ["sha256:{hashlib.sha256(b"sk_demo").hexdigest()}"]\n'
        'origins = ["https://app.example.eu"]\n'
    )
    (tmp_path / "keys.toml").write_text(f'demo = "{"0a" * 32}"')
    return read_tenants(tmp_path / "tenants.toml", tmp_path / "keys.toml")


def delivery(registry: Registry, **changes: Any) -> usage.Delivery:
    events = [
        {"id": str(uuid.uuid4()), "kind": "view", "name": "page", "at": 1, "user": user}
        for user in ("ada", "", "ada", "alan")
    ]
    batch = {"key": "pk_demo", "batch_id": str(uuid.uuid4()), "events": events} | changes.pop("batch", {})
    given: dict[str, Any] = {
        "body": json.dumps(batch).encode(),
        "tenants": registry,
        "origin": "",
        "bearer": "",
        "client_ip": "203.0.113.77",
        "user_agent": "curl/8",
        "received_at": 1_790_000_000_000,
    }
    return usage.Delivery(**(given | changes))


def refusal_of(delivery: usage.Delivery) -> Refusal:
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
