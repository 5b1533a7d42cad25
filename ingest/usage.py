"""`POST /v1/events`: a usage batch on its way from the request's body to Kafka, step by step."""

import functools
from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from ingest import minimise
from ingest.delivery import UsageDelivery
from ingest.reading import RefusedEvent, read_batch
from ingest.record import KafkaHeaders, Record
from ingest.refusals import Refusal, RefuseRequest
from ingest.wire import Event
from runtime import metrics
from schemas import usage
from schemas.topics import USAGE

MAX_USER_AGENT = 512
LOSS_REASONS = frozenset({"queue_full", "expired", "quota", "refused", "invalid"})
"""What SDKs report; any other reason is counted as `other`, so that no client makes metrics of its own."""


class _Record(msgspec.Struct):
    """The Avro record's fields, by the schema's names. A Struct is made in a third of a dataclass's time."""

    client_ip: str
    user_agent: str
    batch_id: object
    sent_at: int
    retention_days: int
    sdk: str
    release: str
    language: str
    screen: str
    timezone: str
    automated: bool
    lost: dict[str, int]
    events: list[Event]


def drop_invalid_events(delivery: UsageDelivery) -> None:
    """Decode the body; events that do not validate are refused by name, the others go on."""
    delivery.batch, delivery.refused = read_batch(delivery.body)


def add_tenant(delivery: UsageDelivery) -> None:
    """Find the tenant by the back end's Bearer key, or else by the public key in the batch."""
    if delivery.bearer:
        tenant = delivery.tenants.by_secret_key(delivery.bearer)
    elif delivery.batch.key:
        tenant = delivery.tenants.by_write_key(delivery.batch.key)
    else:
        raise RefuseRequest(Refusal.KEY_MISSING)
    if tenant is None:
        raise RefuseRequest(Refusal.KEY_UNKNOWN)
    delivery.tenant = tenant


def refuse_foreign_origin(delivery: UsageDelivery) -> None:
    """Public keys work from the tenant's own pages; clients that are no browser send no Origin."""
    if delivery.origin and not delivery.bearer and not delivery.tenant.allows(delivery.origin):
        raise RefuseRequest(Refusal.ORIGIN_FORBIDDEN)


STEPS: tuple[Callable[[UsageDelivery], None], ...] = (
    drop_invalid_events,
    add_tenant,
    refuse_foreign_origin,
    minimise.drop_batch_of_objector,
    minimise.drop_exact_address,
    minimise.drop_identity_of_objector,
    minimise.drop_what_needs_consent,
    minimise.add_sessions_of_one_day,
    minimise.add_pseudonyms,
    minimise.drop_denied_properties,
    minimise.drop_parts_of_urls,
    minimise.mask_emails,
)


def take(delivery: UsageDelivery) -> None:
    """Run the steps; raises RefuseRequest where one of them refuses the whole delivery."""
    for step in STEPS:
        step(delivery)


def encode(delivery: UsageDelivery) -> bytes:
    """The Kafka record's value: framing and Avro bytes."""
    batch, context = delivery.batch, delivery.batch.context
    record = _Record(
        client_ip=delivery.client_ip,
        user_agent=delivery.user_agent[:MAX_USER_AGENT],
        batch_id=batch.batch_id,
        sent_at=batch.sent_at,
        retention_days=delivery.tenant.retention_days,
        sdk=context.sdk,
        release=context.release,
        language=context.language,
        screen=context.screen,
        timezone=context.timezone,
        automated=context.automated,
        lost=batch.lost,
        events=batch.events,
    )
    return delivery.rules.framing.frame(usage.encode_batch(record))


def record(delivery: UsageDelivery) -> Record:
    """The Kafka record: the batch's id is its key, so that a retry meets its twin in one partition."""
    headers: KafkaHeaders = [
        ("tenant", delivery.tenant.name.encode()),
        ("received_at", usage.pack_received_at(delivery.received_at)),
    ]
    return Record(USAGE.name, delivery.batch.batch_id.bytes, encode(delivery), headers)


@dataclass(slots=True)
class Receipt:
    """What is left of a delivery once it has been encoded: enough to answer and to count."""

    tenant: str
    accepted: int
    refused: list[RefusedEvent]
    lost: dict[str, int]

    def count(self) -> None:
        """Count what was acknowledged, what was refused, and what the client says it lost."""
        _accepted(self.tenant).inc(self.accepted)
        for refused in self.refused:
            metrics.EVENTS_REFUSED.labels(self.tenant, refused.reason).inc()
        for reason, events in self.lost.items():
            known = reason if reason in LOSS_REASONS else "other"
            metrics.EVENTS_LOST_BY_CLIENT.labels(self.tenant, known).inc(events)


_accepted = functools.cache(metrics.EVENTS_ACCEPTED.labels)


def receipt(delivery: UsageDelivery) -> Receipt:
    """What is to be answered and counted of a delivery."""
    batch = delivery.batch
    return Receipt(delivery.tenant.name, len(batch.events), delivery.refused, batch.lost)
