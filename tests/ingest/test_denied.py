import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.denied import DeniedProperties, words_of
from ingest.wire import Event
from runtime.settings import DENIED_PROPERTIES


def kept(denied: DeniedProperties, properties: dict[str, Any]) -> dict[str, Any]:
    one = Event(event_id=uuid.uuid4(), kind="action", name="n", at=1, properties=dict(properties))
    assert denied.drop([one]) == len(properties) - len(one.properties)
    return one.properties


@pytest.mark.parametrize(
    "name",
    [
        "email", "EMAIL", "e-mail", "E_Mail", "userEmail", "user.email", "user_email", "phone",
        "Phone Number", "password", "newPassword", "passwd", "client_secret", "token",
        "accessToken", "Authorization", "IBAN",
        "ssn", "ip", "clientIP", "client.address", "address", "billing_address", "first_name", "lastName",
        "_email_",
    ],
)  # fmt: skip
def test_names_of_what_identifies_a_person_or_opens_a_door_are_denied(name: str) -> None:
    denied = DeniedProperties(DENIED_PROPERTIES)
    assert kept(denied, {"plan": "pro", name: "x", "seats": 3}) == {"plan": "pro", "seats": 3}


@pytest.mark.parametrize(
    "name", ["plan", "vip", "ship", "emails_sent", "tokens", "name", "addressed", "tip", "", "_", "é"]
)
def test_names_that_only_sound_alike_are_kept(name: str) -> None:
    assert kept(DeniedProperties(DENIED_PROPERTIES), {name: "x"}) == {name: "x"}


def test_a_list_of_ones_own_replaces_the_default_and_an_empty_one_denies_nothing() -> None:
    assert kept(DeniedProperties(["shoe_*"]), {"shoeSize": 43, "email": "x"}) == {"email": "x"}
    assert kept(DeniedProperties([]), {"email": "x", "": "y"}) == {"email": "x", "": "y"}


@given(
    st.lists(
        st.dictionaries(st.sampled_from(["email", "plan", "userIP", "ip_", "x"]) | st.text(), st.just("v"))
    )
)
def test_what_was_remembered_of_other_batches_changes_nothing(batches: list[dict[str, Any]]) -> None:
    denied = DeniedProperties(DENIED_PROPERTIES)
    for properties in batches:
        assert kept(denied, properties) == kept(DeniedProperties(DENIED_PROPERTIES), properties)


def test_more_names_than_are_remembered_are_judged_all_the_same() -> None:
    denied = DeniedProperties(["n9*"])
    for number in range(0, 20_000, 50):
        properties = {f"n{n}": "x" for n in range(number, number + 50)}
        assert not any(name.startswith("n9") for name in kept(denied, properties))
    assert kept(denied, {"n1": "x", "n9": "x"}) == {"n1": "x"}


@given(st.text())
def test_words_of_words_are_the_same_words(name: str) -> None:
    assert words_of(words_of(name)) == words_of(name)
