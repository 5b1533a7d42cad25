"""What a deployment needs, in the order in which an event passes, each line with its arithmetic."""

import math
from dataclasses import dataclass

from bench.sizing.figures import Figures
from bench.sizing.load import Load

_DAY = 86_400
_LEAST_PARTITIONS = 4
"""What `sillage migrate` creates."""


@dataclass(frozen=True)
class Line:
    """One need: how much of what, and how it was reckoned; `exact` is the amount before it was rounded up."""

    what: str
    amount: float
    unit: str
    arithmetic: str
    exact: float


def plan(load: Load, figures: Figures) -> list[Line]:
    """Every line, in the order in which an event passes."""
    mean = load.events_per_second * load.average_to_peak
    return [*_collectors(load, figures), *_kafka(load, figures, mean), *_clickhouse(load, figures, mean)]


def _collectors(load: Load, figures: Figures) -> list[Line]:
    rate, per_core = load.events_per_second, figures.requests_per_core.value
    requests = rate / load.events_a_batch
    return [
        _exactly("requests", requests, "/s", f"{rate:,.0f} / {load.events_a_batch:g} events"),
        _whole(
            "collector: cores",
            requests / per_core / load.busy,
            f"{requests:,.0f} / {per_core:,.0f} / {load.busy:g}",
        ),
        _gigabits("network into collectors", rate, figures.request_bytes.value),
    ]


def _kafka(load: Load, figures: Figures, mean: float) -> list[Line]:
    rate, size, copies = load.events_per_second, figures.kafka_bytes.value, load.copies_in_kafka
    consumers = _cores("consumer: processes", rate, figures.consumer_us.value, load)
    written = rate * size * copies / 1e6
    needed = written / load.broker_megabytes_per_second
    return [
        _gigabits("network into Kafka, copies included", rate, size * copies, f"{size:g} B * {copies:g}"),
        _at_least(
            copies, "Kafka: brokers", needed, f"{written:,.0f} / {load.broker_megabytes_per_second:g} MB/s"
        ),
        _at_least(
            _LEAST_PARTITIONS,
            "Kafka: partitions of a topic",
            2 * consumers.amount,
            f"2 * {consumers.amount:g} consumers",
        ),
        _disks("Kafka: disks", mean, size, load.kafka_days, copies, load.full),
        consumers,
    ]


def _clickhouse(load: Load, figures: Figures, mean: float) -> list[Line]:
    copies, stored = load.copies_in_clickhouse, figures.stored_bytes.value
    inserts = _cores("ClickHouse: cores for INSERTs", load.events_per_second, figures.insert_us, load)
    later = figures.merge_us.value + figures.roll_up_us.value
    merges = _cores("ClickHouse: cores for merges and rolls, each copy", mean, later, load)
    disks = _disks("ClickHouse: disks, all copies", mean, stored, load.retention_days, copies, load.full)
    by_cores = (inserts.exact + merges.exact) / load.cores_a_server
    by_disks = disks.exact / copies / load.terabytes_a_server
    shards = _whole(
        "ClickHouse: shards",
        max(by_cores, by_disks),
        f"({inserts.exact:,.1f} + {merges.exact:,.1f}) / {load.cores_a_server:g} cores = {by_cores:,.2f}, or "
        f"{disks.exact / copies:,.1f} / {load.terabytes_a_server:g} TB = {by_disks:,.2f}",
    )
    servers = _whole(
        "ClickHouse: servers", shards.amount * copies, f"{shards.amount:g} shards * {copies:g} copies"
    )
    return [inserts, merges, disks, shards, servers]


def _cores(what: str, rate: float, microseconds: float, load: Load) -> Line:
    return _whole(
        what, rate * microseconds / 1e6 / load.busy, f"{rate:,.0f} * {microseconds:.2f} µs / {load.busy:g}"
    )


def _whole(what: str, exact: float, arithmetic: str) -> Line:
    return Line(what, math.ceil(exact), "", arithmetic, exact)


def _exactly(what: str, amount: float, unit: str, arithmetic: str) -> Line:
    return Line(what, amount, unit, arithmetic, amount)


def _gigabits(what: str, rate: float, size: float, told: str = "") -> Line:
    return _exactly(what, rate * size * 8 / 1e9, "Gbit/s", f"{rate:,.0f} * {told or f'{size:g} B'} * 8")


def _at_least(least: float, what: str, exact: float, arithmetic: str) -> Line:
    return Line(what, max(least, float(math.ceil(exact))), "", f"{arithmetic}, at least {least:g}", exact)


def _disks(what: str, mean: float, size: float, days: float, copies: float, full: float) -> Line:
    amount = mean * size * _DAY * days * copies / full / 1e12
    told = f"{mean:,.0f} * {size:g} B * {days:g} days * {copies:g} copies / {full:g}"
    return _exactly(what, amount, "TB", told)
