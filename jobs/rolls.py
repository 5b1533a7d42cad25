"""What every roll has: a number, the settings of the statements that write it, and where it is registered."""

from datetime import date

from clickhouse_connect.driver.client import Client

SETTINGS = {"max_threads": 1, "max_bytes_before_external_group_by": 1 << 30}
"""Two threads would each sketch all keys, and merge them; nobody waits for it, and others want the second
core. What of a day does not fit into a gigabyte goes to the disk and back."""
_REGISTER = """
    INSERT INTO rolled_days (day, roll, rows, days)
    VALUES ({day:Date}, {roll:UInt64}, {rows:UInt64}, {days:UInt8})
"""


def now_ms(client: Client) -> int:
    """A roll's number: ClickHouse's clock, by which `unrolled` says since when a roll is true no more."""
    return int(client.query("SELECT toUnixTimestamp64Milli(now64(3))").result_rows[0][0])


def register(client: Client, day: date, roll: int, rows: int, *, days: int) -> None:
    """Have the roll of a day, or of a week by its Monday, read; `rows` is what it was made of."""
    client.command(_REGISTER, {"day": day, "roll": roll, "rows": rows, "days": days})
