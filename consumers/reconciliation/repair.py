"""The repair of missing records: the group reads them again. What is stored already is not stored twice."""

from confluent_kafka import ConsumerGroupTopicPartitions, KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from consumers.reconciliation.accounts import Report

_TIMEOUT = 10.0
_IN_USE = frozenset(
    {
        KafkaError.UNKNOWN_MEMBER_ID,
        KafkaError.NON_EMPTY_GROUP,
        KafkaError.GROUP_SUBSCRIBED_TO_TOPIC,
        KafkaError.REBALANCE_IN_PROGRESS,
        KafkaError.ILLEGAL_GENERATION,
    }
)
"""What Kafka answers, by version and protocol, while the group has members."""


class GroupInUse(Exception):
    """Consumers of the group are running, so its offsets must not be set; the message says what to do."""


def repair(admin: AdminClient, group: str, report: Report) -> None:
    """Set the group's committed offsets back to the first record that is missing of each partition.

    Raises GroupInUse, with nothing changed, and KafkaException.
    """
    back = [
        TopicPartition(report.topic, partition, offset)
        for partition, offset in sorted(report.back_to.items())
    ]
    if not back:
        return
    asked = [ConsumerGroupTopicPartitions(group, back)]
    try:
        answer = admin.alter_consumer_group_offsets(asked, request_timeout=_TIMEOUT)[group].result()
        for place in answer.topic_partitions:
            if place.error:
                raise KafkaException(place.error)
    except KafkaException as error:
        if error.args[0].code() in _IN_USE:
            raise GroupInUse(
                f"Nothing is changed: group {group} has running consumers. Stop every `sillage consumer`, "
                "run this again, then start them; one that was killed, or that has a name "
                "(SILLAGE_CONSUMER_INSTANCE), counts for 10 s more."
            ) from None
        raise
