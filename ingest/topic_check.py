"""Whether Kafka's topics are as declared: before the collector serves, or once Kafka is there."""

import logging

from confluent_kafka import KafkaException

from runtime import kafka, topics
from runtime.settings import CollectorSettings
from runtime.topics import TopicsNotReady
from schemas.topics import SCHEMAS, SPANS, USAGE

log = logging.getLogger(__name__)

TOPICS = (USAGE, SPANS, SCHEMAS)
"""Those that a collector writes to."""
_KAFKA_SECONDS = 3.0


def are_checked(settings: CollectorSettings) -> bool:
    """True when they are as declared; false when Kafka is away and there is a spool.

    Raises TopicsNotReady; and KafkaException when Kafka is away and there is none.
    """
    try:
        topics.check(kafka.Admin(settings), TOPICS, _KAFKA_SECONDS)
    except KafkaException:
        if settings.spool_dir is None:
            raise
        return False
    return True


def are_there(settings: CollectorSettings) -> bool:
    """The same while the collector runs already; never raises."""
    try:
        return are_checked(settings)
    except TopicsNotReady as error:
        log.error("Records stay in the spool: %s", error)
        return False
