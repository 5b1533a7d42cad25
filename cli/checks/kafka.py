"""What Kafka must be, and whether somebody reads it."""

import time
from collections.abc import Callable

from confluent_kafka import KafkaException

from cli.checks.finding import Finding, broken, look, ok, told
from cli.surroundings import Surroundings
from queries.topics import members
from runtime.kafka import KafkaRefused
from runtime.positions import Place, Position, positions
from runtime.settings import SettingError
from runtime.topics import TopicsNotReady, check
from schemas.topics import ALL, SPANS, USAGE, Topic, group_of

_TIMEOUT = 5.0
_PATIENCE_SECONDS = 3.0
"""How long a group with work may take until it commits; a batch waits a quarter of a second at most."""
_POLL_SECONDS = 0.2
_RESTART = "Look into the consumer's log; nothing is lost: Kafka keeps the records for 7 days."


def answers(around: Surroundings) -> Finding:
    """A broker answers."""
    servers = around.settings.kafka_bootstrap_servers
    try:
        brokers = around.kafka.list_topics(timeout=_TIMEOUT).brokers
    except (KafkaRefused, SettingError) as error:
        return told(error, "docs/how-to/tls.md says what belongs into the settings.")
    except KafkaException:
        return broken(
            f"Kafka does not answer at {servers}.",
            "Start the stack with `sillage up`, or set SILLAGE_KAFKA_BOOTSTRAP_SERVERS to where it is.",
        )
    return ok(f"brokers: {len(brokers)}, asked at {servers}")


def topics(around: Surroundings) -> Finding:
    """The topics have the partitions and settings that are declared."""
    try:
        check(around.kafka, ALL)
    except TopicsNotReady as error:
        return told(error, "Run `sillage migrate`.")
    return ok(", ".join(topic.name for topic in ALL))


def consumer_group(around: Surroundings) -> Finding:
    """The group has members, and what waits for it gets less."""
    return _consumers_of(USAGE, around, "Start `sillage consumer`, or `sillage up`.")


def span_consumer_group(around: Surroundings) -> Finding:
    """The same of those that read spans."""
    return _consumers_of(SPANS, around, "Start `sillage consumer --topic spans`, or `sillage up`.")


def _consumers_of(topic: Topic, around: Surroundings, remedy: str) -> Finding:
    group = group_of(topic, around.settings.consumer_group)
    count = members(around.kafka, group)
    if not count:
        return broken(f"group {group} has no member", remedy)
    return judge_progress(
        lambda: positions(around.kafka, group, [topic.name]), f"group {group}, members: {count}"
    )


def judge_progress(read: Callable[[], dict[Place, Position]], saw: str) -> Finding:
    """Watch the partitions that have lag until each has moved; those that do not within 3 s are stuck."""
    before = read()
    still = {place: at for place, at in before.items() if at.lag > 0}
    lagging, lag = len(still), sum(at.lag for at in still.values())
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while still and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        now = read()
        still = {place: at for place, at in still.items() if now[place].committed == at.committed}
    saw = f"{saw}, lag {lag:,}"
    if still and len(still) == lagging:
        return broken(f"{saw}: nothing was stored for {_PATIENCE_SECONDS:.0f} s", _RESTART)
    if still:
        stuck = ", ".join(f"{topic}/{number}" for topic, number in still)
        return look(f"{saw}: {stuck} did not move for {_PATIENCE_SECONDS:.0f} s", _RESTART)
    return ok(saw)
