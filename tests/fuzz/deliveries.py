"""Target: a whole delivery, from its body to the record that goes to Kafka."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ingest import usage
from ingest.answers import refusal_answer
from ingest.delivery import UsageDelivery
from ingest.refusals import RefuseRequest
from ingest.registry import Tenant
from tests.fuzz.batches import batch
from tests.fuzz.choices import Choices
from tests.fuzz.neighbours import FIRST, LAST, check_neighbour
from tests.fuzz.records import decoded
from tests.fuzz.secrets import SECRETS
from tests.fuzz.tenants import ORIGIN, REGISTRY, RULES, TENANTS

ADDRESSES = {
    "198.51.100.237": "198.51.100.0",
    "2001:db8:77:3:5:9:6:237": "2001:db8:77::",
    "::ffff:198.51.100.237": "198.51.100.0",
    "": "",
    "no address": "",
}


@dataclass(slots=True)
class Sender:
    """Who sends, as far as the delivery's headers and key say."""

    tenant: Tenant
    objects: bool
    key: str
    bearer: str
    origin: str
    client_ip: str

    @property
    def may_send(self) -> bool:
        """Whether the key is known and the origin allowed."""
        knows_key = self.bearer.startswith("sk_") or (not self.bearer and self.key.startswith("pk_"))
        return knows_key and (bool(self.bearer) or self.origin in ("", ORIGIN))


def fuzz(data: bytes) -> None:
    """Any body of any tenant: refused by name or written as documented, and every neighbour with it."""
    choices = Choices(data)
    sender = _sender(choices)
    body, has_neighbours = batch(choices, sender.key)
    delivery = UsageDelivery(
        body=body,
        tenants=REGISTRY,
        rules=RULES,
        origin=sender.origin,
        bearer=sender.bearer,
        client_ip=sender.client_ip,
        user_agent=choices.piece().decode("latin-1"),  # as headers are read
        objects=sender.objects,
        received_at=1_790_000_000_000,
    )
    try:
        usage.take(delivery)
    except RefuseRequest as error:
        assert refusal_answer(error.refusal, error.retry_after).status == error.refusal.status
        assert not (has_neighbours and sender.may_send), f"neighbours are lost: {error.refusal}"
        return
    assert sender.may_send, "a sender without a key or from a foreign page is taken"
    _check(delivery, sender, has_neighbours)


def _sender(choices: Choices) -> Sender:
    tenant = choices.of(TENANTS)
    return Sender(
        tenant,
        objects=choices.yes(),
        key=choices.of((f"pk_{tenant.name}", f"pk_{tenant.name}", "", "x")),
        bearer=choices.of(("", "", f"sk_{tenant.name}", "x")),
        origin=choices.of(("", ORIGIN, "https://elsewhere.example")),
        client_ip=choices.of(tuple(ADDRESSES)),
    )


def _check(delivery: UsageDelivery, sender: Sender, has_neighbours: bool) -> None:
    taken = delivery.batch
    if sender.objects and delivery.tenant.gpc == "drop":
        assert (taken.events, taken.lost, delivery.refused) == ([], {}, [])
    elif has_neighbours:
        assert [taken.events[0].event_id, taken.events[-1].event_id] == [FIRST, LAST], "a neighbour is lost"
    assert all(isinstance(one.reason.message, str) for one in delivery.refused)
    value = usage.record(delivery).value
    usage.receipt(delivery).count()
    record = decoded(value)
    assert record["client_ip"].removesuffix("/country") == ADDRESSES[sender.client_ip]
    assert sender.client_ip.encode() not in value or len(sender.client_ip) < 10
    assert not (found := SECRETS.search(value)), f"a secret survives: {found}"
    if has_neighbours and record["events"]:
        _check_neighbours(record["events"], delivery, sender)


def _check_neighbours(events: Sequence[dict[str, Any]], delivery: UsageDelivery, sender: Sender) -> None:
    refused = delivery.refused
    assert [one.index for one in refused] == sorted({one.index for one in refused})
    assert 0 not in [one.index for one in refused]
    for which in (0, -1):
        check_neighbour(abs(which), dict(events[which]), delivery.tenant, sender.objects)
