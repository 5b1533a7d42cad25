"""Target: a whole delivery, from its body to the record that goes to Kafka."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ingest import usage
from ingest.answers import refusal_answer
from ingest.delivery import Delivery
from ingest.refusals import RefuseRequest
from ingest.registry import Tenant
from ingest.wire import MAX_EVENTS
from tests.fuzz.choices import Choices
from tests.fuzz.neighbours import FIRST, LAST, NEIGHBOURS, check_neighbour
from tests.fuzz.records import decoded
from tests.fuzz.secrets import PLANTS, SECRETS, with_email
from tests.fuzz.tenants import ORIGIN, REGISTRY, RULES, TENANTS

ADDRESSES = {
    "198.51.100.237": "198.51.100.0",
    "2001:db8:77:3:5:9:6:237": "2001:db8:77::",
    "::ffff:198.51.100.237": "198.51.100.0",
    "": "",
    "no address": "",
}
EVENT_ID = "01900000-0000-7000-8000-0000000000aa"
FIELDS = ("name", "page", "referrer", "session", "user", "trace_id", "kind", "at", "id", "properties", "more")
DEEP = 64
"""A value that nests deeper may take its whole batch with it, by name."""


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
    make = choices.of(_OFTEN) if choices.byte() < 240 else _many
    body, has_neighbours = make(choices, sender.key)
    delivery = Delivery(
        body=body,
        tenants=REGISTRY,
        rules=RULES,
        origin=sender.origin,
        bearer=sender.bearer,
        client_ip=sender.client_ip,
        user_agent=choices.text(),
        objects=sender.objects,
        received_at=1_790_000_000_000,
    )
    try:
        usage.take(delivery)
    except RefuseRequest as error:
        assert refusal_answer(error.refusal, error.retry_after).status == error.refusal.status
        assert not (has_neighbours and sender.may_send), f"neighbours are lost: {error.refusal}"
        assert sender.may_send or error.refusal.status != 202
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


# Bodies, and whether both neighbours must be taken.


def _beside_neighbours(choices: Choices, key: str) -> tuple[bytes, bool]:
    """Any bytes in an event's place."""
    raw = choices.piece()
    return _around(raw, key), _is_json(raw)


def _planted(choices: Choices, key: str) -> tuple[bytes, bool]:
    """An event of any fields, with secrets in those that are minimised."""
    event: dict[str, Any] = {"id": EVENT_ID, "kind": "view", "name": "n", "at": 1}
    for _ in range(choices.byte() % 8):
        field = choices.of(FIELDS)
        event[field] = _field(choices, field)
    return _around(_dumped(event, choices), key), True


def _field(choices: Choices, field: str) -> Any:
    match field:
        case "page" | "referrer":
            return choices.of(PLANTS)(choices)
        case "name":
            return with_email(choices)
        case "properties":
            return {
                choices.of((_text, with_email))(choices): choices.of((_text, with_email, _scalar))(choices)
                for _ in range(choices.byte() % 60)
            }
        case _:
            return choices.of((_text, _scalar))(choices)


def _text(choices: Choices) -> str:
    return choices.text() * choices.of((1, 1, 1, 60))


def _scalar(choices: Choices) -> Any:
    return choices.of((True, None, 0, -1, 1.5, 10**13, 1e300, [], {}, "a" * 32, EVENT_ID, "a" * 2_049))


def _any_envelope(choices: Choices, key: str) -> tuple[bytes, bool]:
    """Any members beside the events."""
    return _around(b"1", key, b"," + choices.piece()), False


def _any_body(choices: Choices, _key: str) -> tuple[bytes, bool]:
    return choices.piece(), False


def _alone(choices: Choices, key: str) -> tuple[bytes, bool]:
    """One event that has nothing to be minimised, or anything, or none."""
    plain = json.dumps({"id": EVENT_ID, "kind": "view", "name": "n", "at": 1, "user": "u"}).encode()
    events = choices.of((plain, b"")) or choices.piece()
    lost = choices.of((b"{}", b'{"quota":1}'))
    batch = b'{"batch_id":"%s","lost":%s,"key":"%s","events":[%s]}'
    return batch % (EVENT_ID.encode(), lost, key.encode(), events), False


def _many(choices: Choices, key: str) -> tuple[bytes, bool]:
    """As many events as a batch may have, some fewer, some more."""
    number = MAX_EVENTS - 2 + choices.of((0, -MAX_EVENTS + 2, 1, 2))
    return _around(b",".join([choices.of((b"1", b"{}"))] * number) if number else b"1", key), number < 499


def _around(raw: bytes, key: str, more: bytes = b"") -> bytes:
    first, last = (json.dumps(one).encode() for one in NEIGHBOURS)
    head = json.dumps({"key": key, "batch_id": str(FIRST), "lost": {"quota": 3}}).encode()[:-1]
    return b'%s%s,"events":[%s,%s,%s]}' % (head, more, first, raw, last)


def _dumped(event: dict[str, Any], choices: Choices) -> bytes:
    """The event as JSON, its signs as they are or escaped, as clients may choose."""
    written = json.dumps(event, ensure_ascii=choices.yes())
    for sign in choices.of(("", "@", "@%", "?#", "@%?#")):
        written = written.replace(sign, f"\\u{ord(sign):04x}")
    return written.encode("utf-8", "replace")


def _is_json(raw: bytes) -> bool:
    """Whether the bytes are one JSON value by RFC 8259, and no deep one."""
    if raw.count(b"[") + raw.count(b"{") > DEEP:
        return False
    try:
        json.loads(raw.decode(), parse_constant=_refuse)
    except ValueError:
        return False
    return True


def _refuse(constant: str) -> None:
    raise ValueError(constant)


_OFTEN = (_beside_neighbours, _planted, _any_envelope, _alone, _any_body)
"""The others cost the engine a hundred times as much."""

# Oracles.


def _check(delivery: Delivery, sender: Sender, has_neighbours: bool) -> None:
    batch = delivery.batch
    if sender.objects and delivery.tenant.gpc == "drop":
        assert (batch.events, batch.lost, delivery.refused) == ([], {}, [])
    elif has_neighbours:
        assert [batch.events[0].event_id, batch.events[-1].event_id] == [FIRST, LAST], "a neighbour is lost"
    assert all(isinstance(one.reason.message, str) for one in delivery.refused)
    value = usage.record(delivery).value
    usage.receipt(delivery).count()
    record = decoded(value)
    assert record["client_ip"].removesuffix("/country") == ADDRESSES[sender.client_ip]
    assert sender.client_ip.encode() not in value or len(sender.client_ip) < 10
    assert not (found := SECRETS.search(value)), f"a secret survives: {found}"
    if has_neighbours and record["events"]:
        _check_neighbours(record["events"], delivery, sender)


def _check_neighbours(events: Sequence[dict[str, Any]], delivery: Delivery, sender: Sender) -> None:
    refused = delivery.refused
    assert [one.index for one in refused] == sorted({one.index for one in refused})
    assert 0 not in [one.index for one in refused]
    for which in (0, -1):
        check_neighbour(abs(which), dict(events[which]), delivery.tenant, sender.objects)
