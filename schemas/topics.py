"""The topics, declared in one place; `sillage migrate` creates them, processes check them at their start."""

from dataclasses import dataclass, field

DAY_MS = 86_400_000
RETENTION_DAYS = 7
CODEC = "lz4"
"""Producers compress with it, and topics are declared with it, so that the broker never recompresses."""


@dataclass(frozen=True)
class Topic:
    """A topic and the settings that Sillage's promises lean on."""

    name: str
    partitions: int
    config: dict[str, str] = field(default_factory=dict)

    @property
    def what(self) -> str:
        """The name's last word: what the records are."""
        return self.name.rpartition(".")[2]


def _expiring(days: int) -> dict[str, str]:
    """A segment is dropped when its newest record is past the retention, so segments must be short."""
    return {
        "cleanup.policy": "delete",
        "retention.ms": str(days * DAY_MS),
        "segment.ms": str(DAY_MS // 4),
        "message.timestamp.type": "LogAppendTime",
        "compression.type": CODEC,
    }


USAGE = Topic("sillage.usage", 4, _expiring(RETENTION_DAYS))
SPANS = Topic("sillage.spans", 4, _expiring(RETENTION_DAYS))
DEAD = Topic("sillage.dead", 1, _expiring(RETENTION_DAYS))
REPLAYS = Topic("sillage.replays", 1, _expiring(RETENTION_DAYS))
"""A note for each dead letter that was sent again."""
SCHEMAS = Topic("sillage.schemas", 1, {"cleanup.policy": "compact", "compression.type": CODEC})
CONSUMED = (USAGE, SPANS)
"""What consumers move into ClickHouse, each topic by a process and a group of its own."""
ALL = (USAGE, SPANS, DEAD, REPLAYS, SCHEMAS)


def group_of(topic: Topic, group: str) -> str:
    """The consumer group that reads a topic: what befalls the consumers of one leaves the others alone."""
    return group if topic is USAGE else f"{group}-{topic.what}"
