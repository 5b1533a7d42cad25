"""From an OTLP request to Kafka's records: mostly one, and several where one does not hold it."""

import dataclasses
from collections import Counter

from ingest import spans
from ingest.delivery import SpansDelivery
from ingest.otlp.encodings import Encoding
from ingest.otlp.fields import Malformed
from ingest.otlp.pieces import Cutter
from ingest.otlp.places import TooManyParts
from ingest.otlp.reading import refuse_foreign_fields, to_protobuf
from ingest.record import MOST_VALUE_BYTES, Record
from ingest.refusals import Refusal, RefuseRequest, SpanRefusal

Made = tuple[list[Record], spans.Receipt]
"""What is to be stored, and what is to be answered once it is."""


def of_small(delivery: SpansDelivery) -> Made:
    """Of a request whose body is no larger than a record; raises RefuseRequest."""
    spans.take(delivery)
    receipt = spans.receipt(delivery)
    if not receipt.accepted:
        return [], receipt
    record = spans.record(delivery)
    if len(record.value) <= MOST_VALUE_BYTES:
        return [record], receipt
    return _of_grown(delivery, record.value, receipt)  # by the JSON of what nests


def of_large(delivery: SpansDelivery) -> Made:
    """Of any request: it is cut before it is parsed, so of a whole one there are never but the bytes.

    Each piece goes the way of a request of its own. Raises RefuseRequest where one of them is refused.
    """
    value = to_protobuf(delivery.body, delivery.encoding)
    refuse_foreign_fields(value)
    cutter, records = Cutter(MOST_VALUE_BYTES), []
    receipt = spans.Receipt(delivery.tenant.name, 0, Counter())
    try:
        for piece in cutter.pieces(value):
            of_piece, its_receipt = of_small(_part(delivery, piece))
            records += of_piece
            receipt.accepted += its_receipt.accepted
            receipt.refused += its_receipt.refused
    except Malformed:
        raise RefuseRequest(Refusal.NOT_OTLP) from None
    except TooManyParts:
        raise RefuseRequest(Refusal.BODY_TOO_LARGE) from None
    _count_too_large(receipt, cutter)
    return records, receipt


def _of_grown(delivery: SpansDelivery, value: bytes, receipt: spans.Receipt) -> Made:
    """What was taken through all steps is cut, and goes through none of them again."""
    cutter, records = Cutter(MOST_VALUE_BYTES), []
    for piece in cutter.pieces(value):
        part = _part(delivery, piece)
        spans.read(part)
        records.append(spans.record(part))
    receipt.accepted -= cutter.too_large
    _count_too_large(receipt, cutter)
    return records, receipt


def _part(delivery: SpansDelivery, piece: bytes) -> SpansDelivery:
    return dataclasses.replace(delivery, body=piece, encoding=Encoding.PROTOBUF, is_changed=False)


def _count_too_large(receipt: spans.Receipt, cutter: Cutter) -> None:
    if cutter.too_large:
        receipt.refused[SpanRefusal.SPAN_TOO_LARGE] += cutter.too_large
