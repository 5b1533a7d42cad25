"""The command as people run it, with a database of a test's own."""

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from click.testing import CliRunner, Result
from clickhouse_connect.driver.client import Client

from cli import main
from tests.conftest import Stack


@dataclass
class Terminal:
    """A shell that asks a database of the stack's; each run is of one subcommand."""

    stack: Stack
    database: str
    client: Client
    subcommand: tuple[str, ...]
    environ: Mapping[str, str] = field(default_factory=dict)

    def command(self, *arguments: str) -> list[str]:
        """What is run."""
        asked = [*self.subcommand, *arguments, "--data-dir", str(self.stack.data_dir)]
        return [sys.executable, "-m", "cli", *asked]

    @property
    def surroundings(self) -> dict[str, str]:
        """Its environment: wide, and of this database."""
        return {**os.environ, "SILLAGE_CLICKHOUSE_DATABASE": self.database, "COLUMNS": "160", **self.environ}

    def run(self, *arguments: str, **environ: str) -> Result:
        """Run it in this process; whatever its end is, it has no traceback."""
        arguments = (*self.subcommand, *arguments, "--data-dir", str(self.stack.data_dir))
        done = CliRunner(env=self.surroundings | environ).invoke(main, arguments)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exc_info
        return done

    def shown(self, *arguments: str) -> str:
        """What it prints; it has to end well."""
        done = self.run(*arguments)
        assert done.exit_code == 0, done.stderr
        return done.stdout

    def told(self, *arguments: str) -> list[dict[str, Any]]:
        """The same as JSON."""
        found: list[dict[str, Any]] = json.loads(self.shown(*arguments, "--format", "json"))
        return found
