"""The steps that take out of a batch what need not be known, before anything is written.

Most batches hold nothing to take out, and one look at the body's bytes tells: so these steps cost a batch of
20 events a few microseconds. docs/reference/privacy.md says what is done to which field.
"""

import functools
from datetime import UTC, datetime
from enum import StrEnum

from ingest import emails
from ingest.addresses import truncate
from ingest.delivery import UsageDelivery
from ingest.urls import origin_of
from ingest.wire import Event
from runtime import metrics
from runtime.pseudonyms import pseudonym
from schemas.usage import COUNTRY_ONLY


class Minimised(StrEnum):
    """What is counted, and the names under which it is."""

    DENIED_PROPERTY = "denied_property"
    """A property of an event whose name is on the deny list."""
    DENIED_ATTRIBUTE = "denied_attribute"
    """An attribute of a span whose name is on the deny list."""
    OBJECTOR_EVENT = "objector_event"
    """An event of a person who objects, where the tenant has it dropped."""
    OBJECTOR_IDENTITY = "objector_identity"
    """User, session, trace and city of an event of a person who objects."""


def drop_batch_of_objector(delivery: UsageDelivery) -> None:
    """Keep nothing of a person who objects, where the tenant wants it so; the answer accepts 0 events."""
    if delivery.objects and delivery.tenant.gpc == "drop":
        _count(delivery, Minimised.OBJECTOR_EVENT, len(delivery.batch.events))
        delivery.batch.events, delivery.batch.lost, delivery.refused = [], {}, []


def drop_exact_address(delivery: UsageDelivery) -> None:
    """From here on there is only the network; by that of a person who objects, only the country is found."""
    network = truncate(delivery.client_ip)
    delivery.client_ip = network + COUNTRY_ONLY if network and delivery.objects else network


def drop_identity_of_objector(delivery: UsageDelivery) -> None:
    """A person who objects is counted without user, session, and the trace that would lead to both."""
    if delivery.objects:
        for event in delivery.batch.events:
            event.user_id = event.session_id = event.trace_id = ""
        _count(delivery, Minimised.OBJECTOR_IDENTITY, len(delivery.batch.events))


def drop_what_needs_consent(delivery: UsageDelivery) -> None:
    """In exempt mode there are no users, and nothing leads to another site or to another processing."""
    if delivery.tenant.mode == "exempt":
        for event in delivery.batch.events:
            event.user_id = event.trace_id = ""
            event.referrer = origin_of(event.referrer)


def add_sessions_of_one_day(delivery: UsageDelivery) -> None:
    """In exempt mode a session id is an HMAC of tenant and UTC day: it links neither days nor sites."""
    if delivery.tenant.mode == "exempt":
        day = datetime.fromtimestamp(delivery.received_at / 1_000, UTC).date()
        key = delivery.tenant.session_key(day)
        for event in delivery.batch.events:
            if event.session_id:
                event.session_id = pseudonym(key, event.session_id)


def add_pseudonyms(delivery: UsageDelivery) -> None:
    """Replace each user id by its keyed HMAC; a batch has few distinct users, so each is hashed once."""
    known = {"": ""}
    user = found = ""
    for event in delivery.batch.events:
        if event.user_id != user:
            user = event.user_id
            if user not in known:
                known[user] = pseudonym(delivery.tenant.pseudonym_key, user)
            found = known[user]
        event.user_id = found


def drop_denied_properties(delivery: UsageDelivery) -> None:
    """Drop properties by their names; the event stays."""
    if dropped := delivery.rules.denied.drop(delivery.batch.events):
        _count(delivery, Minimised.DENIED_PROPERTY, dropped)


def drop_parts_of_urls(delivery: UsageDelivery) -> None:
    """Drop user-info, query parameters and fragments that are not on the list."""
    body = delivery.body
    if b"?" in body or b"#" in body or b"@" in body or _may_hide_signs(body):
        shorten = functools.cache(delivery.rules.urls.shorten)
        for event in delivery.batch.events:
            event.page, event.referrer = shorten(event.page), shorten(event.referrer)


def mask_emails(delivery: UsageDelivery) -> None:
    """Mask what looks like an e-mail address in names, addresses of pages and properties."""
    body = delivery.body
    if delivery.rules.masks_emails and (b"@" in body or _may_encode_at(body) or _may_hide_signs(body)):
        for event in delivery.batch.events:
            _mask(event)


def _mask(event: Event) -> None:
    event.name, event.page, event.referrer = map(emails.mask, (event.name, event.page, event.referrer))
    event.properties = {
        emails.mask(name): emails.mask(value) if isinstance(value, str) else value
        for name, value in event.properties.items()
    }


def _may_encode_at(body: bytes) -> bool:
    """Whether there is a `%40`, or a `%2540`. One byte is searched for many times faster than three."""
    return b"%" in body and (b"%40" in body or b"%25" in body)


def _may_hide_signs(body: bytes) -> bool:
    """Whether JSON writes some ASCII character as an escape: then the bytes do not tell what a text holds."""
    return b"\\" in body and b"\\u00" in body


def _count(delivery: UsageDelivery, what: Minimised, number: int) -> None:
    metrics.MINIMISED.labels(delivery.tenant.name, what).inc(number)
