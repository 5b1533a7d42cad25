"""`python -m bench`: measure, print the table, write `bench/latest.json`, exit 1 when a bar falls short."""

import sys
import tempfile
from pathlib import Path

from bench import (
    browser,
    collecting,
    collecting_traces,
    exactly_once,
    flood,
    pass_through,
    spans,
    takeover,
    visibility,
)
from bench.processes import engines
from bench.result import Result, publish

PORT_BASE = 8_380


def main() -> None:
    """Run every row, and say when each begins; what was measured before a failure is told."""
    results: list[Result] = []
    try:
        _measure(results)
    finally:
        holds = publish(results)
    sys.exit(not holds)


def _measure(results: list[Result]) -> None:
    for module in (
        pass_through, spans, exactly_once, collecting, collecting_traces, flood, visibility, takeover,
    ):  # fmt: skip
        print((module.__doc__ or "").splitlines()[0], file=sys.stderr)
        with (
            tempfile.TemporaryDirectory(prefix="sillage-bench-") as directory,
            engines(Path(directory), PORT_BASE) as at,
        ):
            results += module.measure(at)
    print((browser.__doc__ or "").splitlines()[0], file=sys.stderr)
    results += browser.measure()


main()
