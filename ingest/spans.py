"""`POST /v1/traces`: an OTLP request on its way from its body to Kafka, step by step."""

import functools
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from ingest.delivery import SpansDelivery
from ingest.minimise import Minimised
from ingest.otlp import ids, nested
from ingest.otlp.attributes import Minimiser, positions
from ingest.otlp.reading import read_request
from ingest.record import Record
from ingest.refusals import SpanRefusal
from runtime import metrics
from schemas.spans import first_start_ns, headers, record_key
from schemas.topics import SPANS


def read(delivery: SpansDelivery) -> None:
    """Parse the body whole; raises RefuseRequest where it is no OTLP request."""
    delivery.request, delivery.value = read_request(delivery.body, delivery.encoding)


def drop_invalid_spans(delivery: SpansDelivery) -> None:
    """Spans without usable ids are refused by name, the others go on."""
    delivery.accepted, delivery.refused = ids.drop_invalid_spans(delivery.request)
    delivery.is_changed = bool(delivery.refused)


def minimise_attributes(delivery: SpansDelivery) -> None:
    """Drop, truncate and hash what need not be known: docs/reference/privacy.md says what.

    In exempt mode, and where the person objects, nothing of users and sessions is kept.
    """
    tenant = delivery.tenant
    by_identity = delivery.rules.attributes
    has_identity = tenant.mode == "consented" and not delivery.objects
    rules = by_identity.with_identity if has_identity else by_identity.without
    if rules.may_apply(delivery.value):
        minimiser = Minimiser(rules, tenant.pseudonym_key)
        left = minimiser.minimise(delivery.request)
        if minimiser.is_changed:
            delivery.value, delivery.is_changed = left, False
        if minimiser.dropped:
            metrics.MINIMISED.labels(tenant.name, Minimised.DENIED_ATTRIBUTE).inc(minimiser.dropped)


def add_json_of_nested_values(delivery: SpansDelivery) -> None:
    """ClickHouse cannot follow what nests in a value, and shows its JSON instead."""
    if nested.may_nest(delivery.value):
        for attributes in positions(delivery.request):
            delivery.is_changed |= nested.add_json(attributes)


STEPS: tuple[Callable[[SpansDelivery], None], ...] = (
    read,
    drop_invalid_spans,
    minimise_attributes,
    add_json_of_nested_values,
)


def take(delivery: SpansDelivery) -> None:
    """Run the steps; raises RefuseRequest where one of them refuses the whole delivery."""
    for step in STEPS:
        step(delivery)


def record(delivery: SpansDelivery) -> Record:
    """The Kafka record: what came, byte for byte, where nothing was taken out of it."""
    value = delivery.request.SerializeToString() if delivery.is_changed else delivery.value
    tenant = delivery.tenant
    return Record(
        SPANS.name,
        record_key(first_start_ns(delivery.request), value),
        value,
        headers(tenant.name, delivery.received_at, tenant.retention_days),
    )


@dataclass(slots=True)
class Receipt:
    """What is left of a delivery once it is in a record: enough to answer and to count."""

    tenant: str
    accepted: int
    refused: Counter[SpanRefusal]

    def count(self) -> None:
        """Count what was acknowledged, and what was refused."""
        _accepted(self.tenant).inc(self.accepted)
        for reason, spans in self.refused.items():
            metrics.SPANS_REFUSED.labels(self.tenant, reason).inc(spans)


_accepted = functools.cache(metrics.SPANS_ACCEPTED.labels)


def receipt(delivery: SpansDelivery) -> Receipt:
    """What is to be answered and counted of a delivery."""
    return Receipt(delivery.tenant.name, delivery.accepted, delivery.refused)
