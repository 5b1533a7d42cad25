"""What a run has done and found, for people and for programs."""

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

from consumers.points import Point
from tests.faults.oracle import Verdict
from tests.faults.schedule import Kind

LATEST = Path(__file__).with_name("latest.json")


@dataclass
class Erasures:
    """What was erased meanwhile."""

    users: int = 0
    rows: int = 0
    """Of theirs, found by the erasure that was certified."""
    failed: int = 0
    """Commands that ended by an error, since what they need was down."""
    killed: Counter[str] = field(default_factory=Counter)
    """Commands that were, by the step after which they were."""


@dataclass
class Report:
    """Grows while the run goes on."""

    seed: int
    brokers: int
    control: str
    items: str = "events"
    """What was sent and counted."""
    seconds: float = 0.0
    load_seconds: float = 0.0
    leaders_killed: int = 0
    """By the clock, beside the faults at points."""
    landed: Counter[tuple[Point, Kind]] = field(default_factory=Counter)
    missed: Counter[tuple[Point, Kind]] = field(default_factory=Counter)
    restarts: int = 0
    """Consumers that ended by themselves, fenced ones included, and were started again."""
    repeated: int = 0
    """Requests that sent a batch another time."""
    erasures: Erasures = field(default_factory=Erasures)
    verdict: Verdict = field(default_factory=Verdict)
    stalled: int = 0
    """Records that were left in the spool or in Kafka though nothing was faulted: the run ends there."""
    notes: list[str] = field(default_factory=list)
    """What could not be tried, and why."""

    @property
    def is_broken(self) -> bool:
        """Whether the promise was broken."""
        return bool(self.verdict.mismatches or self.stalled)

    @property
    def faults(self) -> int:
        """Faults that landed."""
        return self.landed.total()

    @property
    def rate(self) -> float:
        """What was acknowledged in a second of load."""
        return self.verdict.acknowledged / max(self.load_seconds, 1)

    def at(self, point: Point) -> int:
        """Faults that landed at this point."""
        return sum(count for (where, _), count in self.landed.items() if where is point)

    def progress(self) -> str:
        """One line."""
        found = self.verdict
        return (
            f"{self.seconds:6.0f} s  {self.faults:5} faults  "
            f"{found.acknowledged:9,} {self.items} acknowledged  {found.mismatches:6,} mismatches"
        )

    def text(self) -> str:
        """The end: a table of faults by point and kind, unless there were none; then the verdict."""
        found, minutes = self.verdict, max(self.seconds, 1) / 60
        lines = self._table() if self.landed or self.missed else []
        lines += [
            f"{self.faults} faults in {minutes:.1f} min ({self.faults / minutes:.0f} a minute), "
            f"{self.missed.total()} did not land; {self.restarts} consumers ended by themselves",
            *([f"{self.leaders_killed} leaders killed by the clock"] if self.leaders_killed else []),
            f"{found.acknowledged:,} {self.items} acknowledged, {self.rate:,.0f} a second of load; "
            f"{self.repeated:,} batches sent again",
            f"lost {found.lost:,}   doubled {found.doubled:,} (same record {found.doubled_in_place:,})   "
            f"corrupted {found.corrupted:,}   dead and stored {found.dead_and_stored:,}",
            f"dead {dict(found.dead)}   stored without acknowledgement {found.unacknowledged_stored:,}",
            *self._of_erasures(),
            *([f"STALLED: {self.stalled} records were left unconsumed in quiet"] if self.stalled else []),
            *(f"NOT TRIED: {note}" for note in self.notes),
            f"seed {self.seed}, {self.brokers} broker(s)"
            + (f", control {self.control}" * bool(self.control)),
        ]
        return "\n".join(lines)

    def _of_erasures(self) -> list[str]:
        done = self.erasures
        if not done.users:
            return []
        killed = ", ".join(f"{count} after {step}" for step, count in done.killed.most_common())
        return [
            f"{done.users} users erased, {done.rows:,} of their rows found, {self.verdict.surviving:,} left; "
            f"{done.failed} commands failed, {done.killed.total()} were killed: {killed}"
        ]

    def _table(self) -> list[str]:
        kinds = [kind for kind in Kind if any(kind is done for _, done in self.landed)]
        lines = [f"{'faults at':16}" + "".join(f"{kind:>9}" for kind in map(_short, kinds)) + f"{'all':>9}"]
        for point in Point:
            counts = "".join(f"{self.landed[point, kind] or '·':>9}" for kind in kinds)
            lines.append(f"{point:16}{counts}{self.at(point):>9}")
        return lines

    def write(self, file: Path = LATEST) -> None:
        """The same as JSON."""
        plain = asdict(self)
        plain["verdict"]["dead"] = dict(self.verdict.dead)  # asdict does not understand counters
        plain["erasures"]["killed"] = dict(self.erasures.killed)
        for name in ("landed", "missed"):
            counts: dict[str, dict[str, int]] = {}
            for (point, kind), count in getattr(self, name).items():
                counts.setdefault(point, {})[kind] = count
            plain[name] = counts
        file.write_text(json.dumps(plain | {"faults": self.faults}, indent=2) + "\n")


def _short(kind: Kind) -> str:
    words = kind.split()
    return kind if len(words) == 1 else f"{words[0][:3]} {words[1][:4]}"
