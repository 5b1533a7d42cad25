"""The `sillage` command: one module a subcommand, and the checks of `sillage doctor`."""

import importlib

import click

COMMANDS = (
    "up", "status", "doctor", "usage", "traces", "retention", "backup", "restore", "reconcile", "dead",
    "person", "tenant", "audit", "operator", "keys", "geo", "migrate", "access", "collector", "consumer",
    "jobs",
)  # fmt: skip


class _Lazy(click.Group):
    """Import a subcommand's module only when it is asked for, so that each starts fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"cli.{cmd_name}").command
        return command


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="sillage")
def main() -> None:
    """Event-streaming telemetry pipeline with automatic 90-day expiry."""
