"""What the spool loses, by reason: a promise is broken, so each loss is an error in the log and a count."""

import logging
from enum import StrEnum

from runtime import metrics

log = logging.getLogger(__name__)


class Loss(StrEnum):
    """Why acknowledged records did not reach Kafka."""

    EXPIRED = "expired"
    """They waited too long."""
    DAMAGED = "damaged"
    """The disk gave back something else than was written."""
    REFUSED = "refused"
    """Kafka will never take them, for instance since they are too large for the topic."""


def count_loss(loss: Loss, records: int, detail: str) -> None:
    """Count and log it."""
    metrics.SPOOL_LOST.labels(loss).inc(records)
    log.error("%d records of the spool are lost (%s): %s", records, loss, detail)
