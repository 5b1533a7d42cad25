"""What is asked of a deployment, and how full its machines may be: the inputs of sizing."""

from dataclasses import dataclass, field
from typing import Any

SHARES = ("average_to_peak", "busy", "full")


class MalformedLoad(Exception):
    """An input of a load cannot be; the message names its option and says what was expected."""


def _input(default: float, meaning: str) -> Any:
    return field(default=default, metadata={"meaning": meaning})


@dataclass(frozen=True)
class Load:
    """One option of `python -m bench.sizing` each."""

    events_per_second: float = _input(1_000_000, "events a second at the peak")
    average_to_peak: float = _input(0.5, "the mean of a day by its peak: what is stored grows with the mean")
    events_a_batch: float = _input(20, "events in one request")
    retention_days: float = _input(90, "days that ClickHouse keeps them")
    kafka_days: float = _input(7, "days that Kafka keeps them")
    copies_in_kafka: float = _input(3, "replicas of a topic")
    copies_in_clickhouse: float = _input(2, "replicas of a shard")
    busy: float = _input(0.5, "share of a core in use at the peak; the rest is for questions and surprises")
    full: float = _input(0.7, "share of a disk in use; merges need room")
    cores_a_server: float = _input(32, "cores of a ClickHouse server")
    terabytes_a_server: float = _input(40, "disk of a ClickHouse server")
    broker_megabytes_per_second: float = _input(
        200, "what one broker may write: not measured here, replace it by what yours can"
    )

    def __post_init__(self) -> None:
        """Raise MalformedLoad for what is not above 0, and for a share above 1."""
        for name, value in vars(self).items():
            if value <= 0 or (name in SHARES and value > 1):
                most = " and at most 1" if name in SHARES else ""
                option = f"--{name.replace('_', '-')}"
                raise MalformedLoad(f"{option} is {value:g}; expected more than 0{most}.")


@dataclass(frozen=True)
class Prices:
    """What is paid, in any currency; none is known here, so all four are inputs."""

    core_month: float = _input(0, "price of a core for a month")
    broker_month: float = _input(0, "price of a broker without its disks for a month")
    terabyte_month: float = _input(0, "price of a terabyte of disk for a month")
    gigabit_month: float = _input(0, "price of a Gbit/s into the collectors for a month")
