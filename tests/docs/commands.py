"""The commands of a page: what a reader types, line by line, made ready to be run."""

import re
import shlex
from dataclasses import dataclass

from tests.conftest import ROOT
from tests.docs.pages import Block

SHELL = ("sh", "console")

NOT_RUN = {
    r"docker compose\b": "needs Docker; tests/deploy holds the files that it reads",
    r"sillage access sql \|": "needs a server's client; tests/cluster/test_roles.py runs what it prints",
    r"SILLAGE_TEST_ENGINE=containers make test": "needs Docker; is `make test`",
    r"pip install opentelemetry-": "fetches other projects' packages",
    r"opentelemetry-instrument\b": "runs the reader's program; tests/ingest/exporters uses the same exporter",
    r"sillage collector\b": "stays until it is stopped; tests/cli/test_collector.py runs it, with TLS too",
    r"curl https://events\.example\.eu:8443/": "asks the collector of the line before",
    r"kill -HUP\b": "signals the collector; tests/cli/test_collector.py does",
    r"sillage person approve\b": "needs a request that waits; tests/cli/test_person.py makes one",
    r"sillage audit certificate\b": "needs a certificate; tests/cli/test_person.py verifies one",
}
"""What a page's reader types and this suite does not, by how it begins, and why."""


@dataclass(frozen=True)
class Line:
    """One command, over several lines where a quote or a backslash goes on, and why it is not run, if so."""

    text: str
    block: Block

    @property
    def not_run(self) -> str | None:
        return next((why for pattern, why in NOT_RUN.items() if re.match(pattern, self.text)), None)


def lines(block: Block) -> list[Line]:
    """What is typed: everything of an `sh` block, of a `console` block what stands behind `$`."""
    typed, left = [], block.text.splitlines()
    while left:
        line = left.pop(0)
        if block.language == "console":
            if not line.startswith("$ "):
                continue
            line = line[2:]
        while left and _goes_on(line):
            line += "\n" + left.pop(0)
        if line.strip() and not line.lstrip().startswith("#"):
            typed.append(Line(line, block))
    return typed


def _goes_on(text: str) -> bool:
    """Whether the shell would wait for another line."""
    if text.endswith("\\"):
        return True
    if (here := re.search(r"<<(\w+)", text)) and not text.rstrip().endswith("\n" + here[1]):
        return True
    if here:
        return False
    try:
        shlex.split(text, comments=True)
    except ValueError:
        return True
    return False


def as_run(line: Line) -> str:
    """`make` says what it would do instead of doing it; everything else is as it was typed."""
    if line.text.startswith("make "):
        return f"make --dry-run --directory={ROOT} {line.text.removeprefix('make ')}"
    return line.text
