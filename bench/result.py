"""What a benchmark gives: figures with their bars, as a table and as `bench/latest.json`."""

import json
import platform
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

LATEST = Path(__file__).with_name("latest.json")


@dataclass(frozen=True)
class Cost:
    """CPU microseconds a row."""

    own: float
    engine: float

    @property
    def total(self) -> float:
        """Both together."""
        return self.own + self.engine


@dataclass(frozen=True)
class Result:
    """One figure. `bar` is the value that is just good enough, None for what is only reported."""

    name: str
    unit: str
    value: float
    bar: float | None = None
    at_least: bool = False

    @property
    def holds(self) -> bool:
        """Whether the figure reaches its bar."""
        if self.bar is None:
            return True
        return self.value >= self.bar if self.at_least else self.value <= self.bar


def publish(results: Sequence[Result], file: Path = LATEST) -> bool:
    """Print the table and write the file; give whether every bar holds."""
    table = Table(title=f"{platform.processor() or platform.machine()}, Python {platform.python_version()}")
    for heading in ("measured", "value", "unit", "bar", ""):
        table.add_column(heading, justify="right" if heading in ("value", "bar") else "left")
    for result in results:
        bar = "" if result.bar is None else f"{'≥' if result.at_least else '≤'} {result.bar:g}"
        verdict = "" if result.bar is None else "holds" if result.holds else "FALLS SHORT"
        table.add_row(result.name, f"{result.value:,.3g}", result.unit, bar, verdict)
    Console(width=110).print(table)
    rows = [asdict(result) | {"holds": result.holds} for result in results]
    file.write_text(json.dumps(rows, indent=2) + "\n")
    print(f"{time.strftime('%Y-%m-%d %H:%M')}: {file}")
    return all(result.holds for result in results)
