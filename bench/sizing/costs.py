"""What a plan costs a month, by prices that are given."""

from collections.abc import Sequence

from bench.sizing.load import Load, Prices
from bench.sizing.plan import Line


def costs(lines: Sequence[Line], load: Load, prices: Prices) -> list[Line]:
    """A line for what is paid for, then their sum; in the prices' currency."""
    of = {line.what: line.amount for line in lines}
    cores = (
        of["collector: cores"] + of["consumer: processes"] + of["ClickHouse: servers"] * load.cores_a_server
    )
    disks = of["Kafka: disks"] + of["ClickHouse: disks, all copies"]
    paid = [
        _paid("cores", cores, prices.core_month),
        _paid("brokers", of["Kafka: brokers"], prices.broker_month),
        _paid("disks", disks, prices.terabyte_month),
        _paid("network", of["network into collectors"], prices.gigabit_month),
    ]
    whole = sum(line.amount for line in paid)
    return [
        *paid,
        Line("cost: together", whole, "a month", " + ".join(f"{one.amount:,.0f}" for one in paid), whole),
    ]


def _paid(what: str, amount: float, price: float) -> Line:
    return Line(f"cost: {what}", amount * price, "a month", f"{amount:,.1f} * {price:g}", amount * price)
