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
    """Run every row; each says when it begins, for it takes minutes."""
    results: list[Result] = []
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
    sys.exit(not publish(results))


main()
