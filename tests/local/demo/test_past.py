"""The past that the demo invents: the same each time, never too old, never in the future."""

import io
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import fastavro

from local.demo.clock import BACKFILL, DemoClock
from local.demo.past import Past
from local.demo.records import container
from local.demo.rhythm import DAY_MS
from local.demo.tenants import TENANTS

NOW = 1_795_000_000_123  # 2026-11-18, a Wednesday, 10:26
KEYS = {tenant.name: b"k" * 32 for tenant in TENANTS}
BY_NAME = {tenant.name: tenant for tenant in TENANTS}


def past(scale: float = 0.05, now: int = NOW) -> Past:
    return Past(DemoClock(now), TENANTS, KEYS, scale)


def records(made: Past, clock: DemoClock) -> list[dict[str, Any]]:
    encoded = [delivery.record for week in clock.weeks() for day in week for delivery in made.deliveries(day)]
    decoded = list(fastavro.reader(io.BytesIO(b"".join(container(encoded).pieces))))
    return [record for record in decoded if isinstance(record, dict)]


def test_the_same_seed_and_clock_make_the_same_past() -> None:
    clock = DemoClock(NOW)
    assert records(past(), clock) == records(past(), clock)


def test_every_record_is_within_its_tenants_retention_and_not_in_the_future() -> None:
    clock = DemoClock(NOW)
    midnight = NOW - NOW % DAY_MS
    for record in records(past(), clock):
        oldest = midnight - (BY_NAME[record["tenant"]].retention_days - 1) * DAY_MS
        assert oldest <= record["received_at"] < NOW


def test_every_record_says_that_it_was_invented_and_has_coordinates_of_its_own() -> None:
    found = records(past(), DemoClock(NOW))
    assert {record["topic_id"] for record in found} == {BACKFILL.bytes}
    assert len({record["kafka_offset"] for record in found}) == len(found)


def test_the_address_is_cut_to_its_network_and_the_user_is_a_pseudonym() -> None:
    for record in records(past(), DemoClock(NOW)):
        assert record["client_ip"].endswith(".0")
        assert {len(event["user_id"]) for event in record["events"]} <= {0, 32}


def test_an_invented_past_grows_rests_at_the_weekend_and_has_its_incident() -> None:
    found = [record for record in records(past(scale=0.3), DemoClock(NOW)) if record["tenant"] == "demo"]
    events: Counter[str] = Counter()
    errors: Counter[str] = Counter()
    for record in found:
        day = datetime.fromtimestamp(record["received_at"] / 1_000, UTC)
        events[f"{day:%Y-%m-%d}"] += len(record["events"])
        errors[f"{day:%Y-%m-%d}"] += sum(event["kind"] == "error" for event in record["events"])
    assert events["2026-11-17"] > events["2026-09-01"]
    assert events["2026-11-14"] < events["2026-11-13"] / 2, "a Saturday against a Friday"
    assert errors.most_common(1)[0][0] == "2026-10-27", "a Tuesday"
    timers = [record for record in found if any(e["name"] == "timer.started" for e in record["events"])]
    assert min(record["received_at"] for record in timers) > NOW - 46 * DAY_MS
    assert len({record["release"] for record in found}) == 4


def test_a_tenant_without_a_key_of_pseudonyms_is_left_out() -> None:
    clock = DemoClock(NOW)
    made = Past(clock, TENANTS, {"demo": b"k" * 32}, 0.05)
    assert {record["tenant"] for record in records(made, clock)} == {"demo"}
