"""Stored records as the collector and the consumer would have made them together.

The fields carry the names of `schemas/usage_batch.avsc` and `schemas/usage_additions.avsc`; one encoder
writes both at once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from uuid import UUID

from local.demo.clock import BACKFILL, CLAIM
from local.demo.journeys import Moment, Properties
from local.demo.tenants import DemoTenant
from local.demo.uuid7 import uuid7
from local.demo.visits import SDK, Visit, some_loss
from schemas import avro_writer, usage
from schemas.body import Body

_SCHEMA = usage.stored_schema(usage.BATCH)
_encode = avro_writer.compile_encoder(_SCHEMA)
COLUMNS = usage.columns(_SCHEMA)
"""What the records fill of the landing table."""

Pseudonym = Callable[[str], str]
"""From a user id to what is stored of it."""


@dataclass(slots=True)
class _Event:
    event_id: UUID
    kind: str
    name: str
    at: int
    page: str
    referrer: str
    session_id: str
    user_id: str
    properties: Properties
    trace_id: str = ""


@dataclass(slots=True)
class _Record:
    client_ip: str
    user_agent: str
    batch_id: UUID
    sent_at: int
    retention_days: int
    release: str
    language: str
    screen: str
    timezone: str
    automated: bool
    lost: Mapping[str, int]
    events: Sequence[_Event]
    browser: str
    browser_version: str
    os: str
    os_version: str
    device: str
    bot_reasons: Sequence[str]
    country: str
    region: str
    city: str
    tenant: str
    received_at: int
    kafka_offset: int
    sdk: str = SDK
    geo_timezone: str = ""
    topic_id: UUID = BACKFILL
    kafka_partition: int = 0
    claim: int = CLAIM
    seal: int = usage.SEAL


def encode(
    tenant: DemoTenant,
    visit: Visit,
    moments: Sequence[Moment],
    pseudonym: Pseudonym,
    offset: int,
    rng: Random,
) -> bytes:
    """Encode one delivery of a visit; it arrives a second after its last moment."""
    visitor = visit.visitor
    agent, place, skew = visitor.agent, visitor.place, visitor.clock_skew_ms
    user = pseudonym(visitor.user)
    received_at = arrival(visit, moments)
    events = [
        _Event(
            uuid7(at, rng), moment.kind, moment.name, at, moment.page, moment.referrer, visit.session, user,
            moment.properties,
        )
        for moment in moments
        for at in (visit.began + moment.after + skew,)
    ]  # fmt: skip
    return _encode(
        _Record(
            client_ip=f"{visitor.address.rpartition('.')[0]}.0",
            user_agent=agent.user_agent,
            batch_id=uuid7(received_at, rng),
            sent_at=received_at + skew,
            retention_days=tenant.retention_days,
            release=visit.release,
            language=place.language,
            screen=visitor.screen,
            timezone=place.timezone,
            automated=visitor.automated,
            lost=some_loss(rng),
            events=events,
            browser=agent.browser,
            browser_version=agent.browser_version,
            os=agent.os,
            os_version=agent.os_version,
            device=agent.device,
            bot_reasons=agent.bot_reasons,
            country=place.country,
            region=place.region,
            city=place.city,
            tenant=tenant.name,
            received_at=received_at,
            kafka_offset=offset,
        )
    )


def arrival(visit: Visit, moments: Sequence[Moment]) -> int:
    """When a delivery arrives, Unix milliseconds."""
    return visit.began + moments[-1].after + 1_000


def container(records: Sequence[bytes]) -> Body:
    """An Avro container file of these records, in one block."""
    return usage.container(usage.container_header(_SCHEMA), len(records), records)
