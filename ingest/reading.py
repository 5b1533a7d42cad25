"""From a request's body to a batch of valid events and a list of refused ones."""

from dataclasses import dataclass
from uuid import UUID

import msgspec

from ingest.refusals import EventRefusal, Refusal, RefuseRequest, event_refusal
from ingest.surrogates import without_lone_surrogates
from ingest.wire import MAX_EVENTS, Batch, Envelope, Event

_batches = msgspec.json.Decoder(Batch)
_envelopes = msgspec.json.Decoder(Envelope)
_events = msgspec.json.Decoder(Event)


class _Named(msgspec.Struct):
    """The id of a refused event, where it has a usable one."""

    id: UUID


_named = msgspec.json.Decoder(_Named)


@dataclass(frozen=True, slots=True)
class RefusedEvent:
    """One refused event: its place in the delivery, its id when it has one, and the reason."""

    index: int
    id: str
    reason: EventRefusal


def read_batch(body: bytes) -> tuple[Batch, list[RefusedEvent]]:
    """Decode a delivery; every event is either in the batch or refused by name, none hides another.

    Raises RefuseRequest when the body as a whole cannot be taken.
    """
    refused: list[RefusedEvent] = []
    try:
        batch = _batches.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        batch, refused = _read_one_by_one(body)
    if len(batch.events) + len(refused) > MAX_EVENTS:
        raise RefuseRequest(Refusal.TOO_MANY_EVENTS)
    if not batch.events and not refused and not batch.lost:
        raise RefuseRequest(Refusal.NO_EVENTS)
    return batch, refused


def _read_one_by_one(body: bytes) -> tuple[Batch, list[RefusedEvent]]:
    envelope = _read_envelope(body)
    events, refused = [], []
    if len(envelope.events) > MAX_EVENTS:  # before each is looked at: that takes its time
        raise RefuseRequest(Refusal.TOO_MANY_EVENTS)
    for index, raw in enumerate(envelope.events):
        try:
            events.append(_events.decode(raw))
        except msgspec.MsgspecError as error:
            refused.append(RefusedEvent(index, _id_of(raw), event_refusal(error)))
        except UnicodeDecodeError:
            refused.append(RefusedEvent(index, "", EventRefusal.EVENT_INVALID))
    fields = {name: getattr(envelope, name) for name in envelope.__struct_fields__}
    return Batch(**fields | {"events": events}), refused


def _read_envelope(body: bytes) -> Envelope:
    try:
        try:
            return _envelopes.decode(body)
        except msgspec.ValidationError:
            raise
        except (msgspec.DecodeError, UnicodeDecodeError):
            return _envelopes.decode(without_lone_surrogates(body))
    except msgspec.ValidationError:
        raise RefuseRequest(Refusal.BATCH_INVALID) from None
    except RecursionError:
        raise RefuseRequest(Refusal.TOO_DEEP) from None
    except ValueError:
        raise RefuseRequest(Refusal.NOT_JSON) from None


def _id_of(raw: msgspec.Raw) -> str:
    try:
        return str(_named.decode(raw).id)
    except msgspec.MsgspecError:
        return ""
