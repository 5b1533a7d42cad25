"""What one event costs: the figures that were recorded, or this machine's where `make bench` has been run."""

import json
import tomllib
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from bench.result import LATEST

_RECORDED = Path(__file__).with_name("figures.toml")


@dataclass(frozen=True)
class Figure:
    """A measured value: its unit, what it is, and when, or in which run, it was measured."""

    value: float
    unit: str
    about: str
    measured: date | str
    row: str = ""


@dataclass(frozen=True)
class Figures:
    """Every figure that sizing needs; times are of CPU, sizes of an event."""

    requests_per_core: Figure
    consumer_us: Figure
    consumer_and_insert_us: Figure
    merge_us: Figure
    roll_up_us: Figure
    request_bytes: Figure
    kafka_bytes: Figure
    stored_bytes: Figure

    @property
    def insert_us(self) -> float:
        """ClickHouse's own for the INSERT."""
        return self.consumer_and_insert_us.value - self.consumer_us.value


def recorded() -> Figures:
    """Those of `figures.toml`, with their dates."""
    read: dict[str, Any] = tomllib.loads(_RECORDED.read_text())
    return Figures(**{name: Figure(**one) for name, one in read.items() if isinstance(one, dict)})


def machine() -> str:
    """What the recorded figures were measured on."""
    said: str = tomllib.loads(_RECORDED.read_text())["machine"]
    return said


def measured_here(latest: Path = LATEST) -> Figures:
    """The same, each replaced by its row of `bench/latest.json` where that is there."""
    figures = recorded()
    if not latest.exists():
        return figures
    rows = {row["name"]: row["value"] for row in json.loads(latest.read_text())}
    here = {
        name: replace(figure, value=rows[figure.row], measured=latest.name)
        for name, figure in vars(figures).items()
        if figure.row in rows
    }
    return replace(figures, **here)
