"""What the steps take out of a batch: nothing of it may stand in the bytes that go to Kafka."""

import json
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest import usage
from ingest.delivery import UsageDelivery
from ingest.minimise import Minimised
from ingest.registry import Registry
from runtime import metrics
from runtime.pseudonyms import pseudonym
from tests.ingest.deliveries import KEY, delivery, event, made_registry, rules

DAY_MS = 86_400_000


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return made_registry(tmp_path)


def taken(registry: Registry, *events: dict[str, Any], **changes: Any) -> UsageDelivery:
    """A delivery of these events that went through all steps."""
    one = delivery(registry, batch={"events": events} | changes.pop("batch", {}), **changes)
    usage.take(one)
    return one


def counted(what: Minimised) -> float:
    value: float = metrics.MINIMISED.labels("demo", what)._value.get()
    return value


FULL = {
    "name": "mail to ada@example.eu",
    "page": "https://ada:pw@app.example.eu/users/ada%40example.eu?q=ada&utm_source=x#ada",
    "referrer": "https://search.example/find?q=ada",
    "session": "session-7",
    "user": "ada",
    "trace_id": "a" * 32,
    "properties": {"note": "from ada@example.eu", "userEmail": "ada@example.eu", "seats": 3, "plan": "pro"},
}


def test_a_batch_leaves_with_everything_done_that_the_reference_says(registry: Registry) -> None:
    one = taken(registry, event(**FULL))
    (kept,) = one.batch.events
    assert (kept.name, kept.page) == (
        "mail to [email]",
        "https://app.example.eu/users/[email]?utm_source=x",
    )
    assert kept.referrer == "https://search.example/find"
    assert kept.properties == {"note": "from [email]", "seats": 3.0, "plan": "pro"}
    assert (kept.session_id, kept.user_id) == ("session-7", pseudonym(KEY, "ada"))
    value = usage.encode(one)
    assert b"ada" not in value and b"203.0.113.0" in value and b"203.0.113.7" not in value


def test_a_batch_in_which_nothing_is_to_be_minimised_is_left_as_it_is(registry: Registry) -> None:
    """The control: the steps take out what they say and nothing else."""
    (kept,) = taken(registry, event(page="/a", properties={"plan": "pro", "n": 1})).batch.events
    assert (kept.name, kept.page, kept.properties) == ("page", "/a", {"plan": "pro", "n": 1.0})


def test_the_settings_turn_masking_off_and_change_both_lists(registry: Registry) -> None:
    own = rules(mask_emails="off", query_parameters=("q",), denied_properties=("seats",))
    (kept,) = taken(registry, event(**FULL), rules=own).batch.events
    assert kept.name == "mail to ada@example.eu"
    assert kept.page == "https://app.example.eu/users/ada%40example.eu?q=ada"
    assert set(kept.properties) == {"note", "userEmail", "plan"}


def test_dropped_properties_are_counted(registry: Registry) -> None:
    before = counted(Minimised.DENIED_PROPERTY)
    taken(registry, event(properties={"email": "x", "token": "y", "plan": "pro"}), event(), event(**FULL))
    assert counted(Minimised.DENIED_PROPERTY) == before + 3


SECRETS = {
    "name": "to ada@example.eu",
    "page": "/?email=ada@example.eu#ada",
    "referrer": "//ada:pw@example.eu/?ada",
}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_however_a_client_escapes_its_json_the_same_is_taken_out(registry: Registry, data: Any) -> None:
    def escaped(character: str) -> str:
        forms = [character, f"\\u{ord(character):04x}", f"\\u{ord(character):04X}"]
        return data.draw(st.sampled_from(forms)) if character in "@?#a%40/:" else character

    texts = {name: "".join(map(escaped, text)) for name, text in SECRETS.items()}
    fields = ", ".join(f'"{name}": "{text}"' for name, text in texts.items())
    body = (
        f'{{"key": "pk_demo", "batch_id": "{uuid.uuid4()}", "events": '
        f'[{{"id": "{uuid.uuid4()}", "kind": "view", "at": 1, {fields}}}]}}'
    ).encode()
    one = delivery(registry, body=body)
    usage.take(one)
    (kept,) = one.batch.events
    assert (kept.name, kept.page, kept.referrer) == ("to [email]", "/", "//example.eu/")


def test_texts_with_half_a_surrogate_pair_are_minimised_as_all_are(registry: Registry) -> None:
    one = taken(registry, event(**SECRETS | {"name": "cut \ud83d ada@example.eu"}))
    assert (one.batch.events[0].name, one.batch.events[0].page) == ("cut \ufffd [email]", "/")


class TestPeopleWhoObject:
    """`Sec-GPC: 1`, https://www.w3.org/TR/gpc/."""

    def test_are_counted_without_user_session_trace_and_city(self, registry: Registry) -> None:
        before = counted(Minimised.OBJECTOR_IDENTITY)
        one = taken(registry, event(**FULL), event(), objects=True)
        for kept in one.batch.events:
            assert (kept.user_id, kept.session_id, kept.trace_id) == ("", "", "")
        assert one.client_ip == "203.0.113.0/country"
        assert pseudonym(KEY, "ada").encode() not in usage.encode(one)
        assert counted(Minimised.OBJECTOR_IDENTITY) == before + 2

    def test_have_no_mark_where_the_address_is_unknown(self, registry: Registry) -> None:
        assert taken(registry, event(), client_ip="", objects=True).client_ip == ""

    def test_leave_nothing_where_the_tenant_wants_it_so_and_no_error(self, tmp_path: Path) -> None:
        before = counted(Minimised.OBJECTOR_EVENT)
        registry = made_registry(tmp_path, 'gpc = "drop"')
        bad = event(name="")
        one = taken(registry, event(**FULL), event(), bad, batch={"lost": {"quota": 3}}, objects=True)
        assert (one.batch.events, one.batch.lost, one.refused) == ([], {}, [])
        assert counted(Minimised.OBJECTOR_EVENT) == before + 2

    def test_are_all_others_for_whom_nothing_changes(self, tmp_path: Path) -> None:
        registry = made_registry(tmp_path, 'gpc = "drop"')
        (kept,) = taken(registry, event(**FULL)).batch.events
        assert kept.session_id == "session-7"


class TestExemptMeasurement:
    """The conditions of the CNIL, https://www.cnil.fr/fr/cookies-solutions-pour-les-outils-de-mesure-daudience."""

    @pytest.fixture
    def exempt(self, tmp_path: Path) -> Registry:
        return made_registry(tmp_path, 'mode = "exempt"')

    def test_knows_no_user_no_trace_and_of_the_referrer_only_its_origin(self, exempt: Registry) -> None:
        (kept,) = taken(exempt, event(**FULL)).batch.events
        assert (kept.user_id, kept.trace_id, kept.referrer) == ("", "", "https://search.example")
        assert kept.page == "https://app.example.eu/users/[email]?utm_source=x"

    def test_keeps_a_session_together_for_one_day_and_no_longer(self, exempt: Registry) -> None:
        midnight = 1_790_000_000_000 // DAY_MS * DAY_MS
        events = [event(session="s"), event(session="s"), event(session="t"), event()]
        found = [
            tuple(e.session_id for e in taken(exempt, *events, received_at=at).batch.events)
            for at in (midnight, midnight + DAY_MS - 1, midnight + DAY_MS)
        ]
        first, same_day, next_day = found
        assert first == same_day
        assert first[0] == first[1] != first[2] and first[3] == ""
        assert not (set(first) & set(next_day)) - {""}
        assert all(len(one) in (0, 32) for one in first)

    def test_makes_other_session_ids_for_another_tenant_with_the_same_key(self, exempt: Registry) -> None:
        day = datetime.now(UTC).date()
        demo = exempt.by_write_key("pk_demo")
        assert demo
        other = type(demo)("other", frozenset(), 90, demo.pseudonym_key)
        assert len({demo.session_key(day), other.session_key(day), demo.session_key(day - timedelta(1))}) == 3

    def test_is_not_the_mode_of_a_tenant_who_does_not_say_so(self, registry: Registry) -> None:
        demo = registry.by_write_key("pk_demo")
        assert demo and (demo.mode, demo.gpc) == ("consented", "anonymous")


def test_the_body_is_not_what_is_stored(registry: Registry) -> None:
    """Unknown fields are read by nobody: they need no minimising."""
    one = taken(registry, event(comment="ada@example.eu"), batch={"remark": "ada@example.eu"})
    assert b"ada@" in one.body and b"ada@" not in usage.encode(one)
    assert json.loads(one.body)["remark"]
