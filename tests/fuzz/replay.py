"""`python -m tests.fuzz.replay DIRECTORY…`: run the inputs below, and tell what of the parsers they reach.

A directory holds one a target. Nothing but these inputs counts: no unit test runs, so what is covered is what
the fuzzers reach. Prints the reach as JSON; a traceback and exit code 1 when an input fails.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import coverage

ROOT = Path(__file__).parents[2]
BAR = 95.0
"""Percent of the parsers' branches."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How far inputs reach into the parsers. `branches` by module, taken and all."""

    inputs: int
    branches: dict[str, tuple[int, int]]
    missing: dict[str, list[list[int]]]

    @property
    def percent(self) -> float:
        """Of all branches of all parsers."""
        taken, whole = map(sum, zip(*self.branches.values(), strict=True))
        return 100 * taken / whole

    def text(self) -> str:
        """One line a module."""
        lines = [
            f"  {module:<12} {taken:>3} of {whole:>3} branches  {_arrows(self.missing[module])}"
            for module, (taken, whole) in sorted(self.branches.items())
        ]
        return "\n".join([*lines, f"  {self.percent:.1f} % of the branches, by {self.inputs} inputs"])


def _arrows(missing: list[list[int]]) -> str:
    return " ".join(f"{line}->{to}" if to > 0 else f"{line}->end" for line, to in missing)


def reach(*directories: Path) -> Reach:
    """Replay in a process of its own: here the parsers may be imported already. Raises RuntimeError."""
    command = [sys.executable, "-m", "tests.fuzz.replay", *map(str, directories)]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    if ended.returncode:
        raise RuntimeError(f"an input of the corpus fails:\n{ended.stderr[-4_000:]}")
    return Reach(**json.loads(ended.stdout))


def inputs(target: str, *directories: Path) -> list[Path]:
    """The target's inputs below the directories, in their order."""
    return sorted(file for directory in directories for file in (directory / target).glob("*"))


def _measure(directories: list[Path]) -> dict[str, Any]:
    measured = coverage.Coverage(branch=True, data_file=None, source=["ingest"], config_file=False)
    measured.start()
    from tests.fuzz.targets import PARSERS, TARGETS

    number = 0
    for name, target in TARGETS.items():
        for file in inputs(name, *directories):
            target(file.read_bytes())
            number += 1
    measured.stop()
    branches, missing = {}, {}
    for module in PARSERS:
        analysis = measured._analyze(str(ROOT / "ingest" / f"{module}.py"))
        numbers = analysis.numbers
        branches[module] = (numbers.n_executed_branches, numbers.n_branches)
        missing[module] = [[line, to] for line, tos in analysis.missing_branch_arcs().items() for to in tos]
    return {"inputs": number, "branches": branches, "missing": missing}


if __name__ == "__main__":
    json.dump(_measure([Path(one) for one in sys.argv[1:]]), sys.stdout)
