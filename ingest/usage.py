"""`POST /v1/events`: a usage batch on its way from the request's body to Kafka, step by step."""

from collections.abc import Callable

import msgspec

from ingest import minimise
from ingest.delivery import Delivery
from ingest.publisher import KafkaHeaders
from ingest.reading import read_batch
from ingest.refusals import Refusal, RefuseRequest
from ingest.wire import Event
from runtime import metrics
from schemas import usage
from schemas.framing import SingleObject

MAX_USER_AGENT = 512
LOSS_REASONS = frozenset({"queue_full", "expired", "quota", "refused", "invalid"})
"""What SDKs report; any other reason is counted as `other`, so that no client makes metrics of its own."""

framing = SingleObject(usage.fingerprint(usage.BATCH))


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


def drop_invalid_events(delivery: Delivery) -> None:
    """Decode the body; events that do not validate are refused by name, the others go on."""
    delivery.batch, delivery.refused = read_batch(delivery.body)


def add_tenant(delivery: Delivery) -> None:
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


def refuse_foreign_origin(delivery: Delivery) -> None:
    """Public keys work from the tenant's own pages; clients that are no browser send no Origin."""
    if delivery.origin and not delivery.bearer and not delivery.tenant.allows(delivery.origin):
        raise RefuseRequest(Refusal.ORIGIN_FORBIDDEN)


STEPS: tuple[Callable[[Delivery], None], ...] = (
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


def take(delivery: Delivery) -> None:
    """Run the steps; raises RefuseRequest where one of them refuses the whole delivery."""
    for step in STEPS:
        step(delivery)


def encode(delivery: Delivery) -> bytes:
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
    return framing.frame(usage.encode_batch(record))


def headers(delivery: Delivery) -> KafkaHeaders:
    """The Kafka record's headers."""
    return [
        ("tenant", delivery.tenant.name.encode()),
        ("received_at", usage.pack_received_at(delivery.received_at)),
    ]


def count(delivery: Delivery) -> None:
    """Count what was acknowledged, what was refused, and what the client says it lost."""
    tenant = delivery.tenant.name
    metrics.EVENTS_ACCEPTED.labels(tenant).inc(len(delivery.batch.events))
    for refused in delivery.refused:
        metrics.EVENTS_REFUSED.labels(tenant, refused.reason).inc()
    for reason, events in delivery.batch.lost.items():
        known = reason if reason in LOSS_REASONS else "other"
        metrics.EVENTS_LOST_BY_CLIENT.labels(tenant, known).inc(events)
