"""`sillage up`: the whole stack on this machine."""

from pathlib import Path

import click

from cli.options import data_dir

_HIGHEST_BASE = 65_535 - 6


@click.command()
@data_dir("Where everything is kept; data survives a restart. One stack at a time runs on it.")
@click.option(
    "--port-base",
    type=click.IntRange(1, _HIGHEST_BASE),
    default=8080,
    show_default=True,
    help="First of eight ports: collector, ClickHouse, Kafka, demo, console, metrics, KRaft, billing.",
)
@click.option("--no-demo", is_flag=True, help="Leave out the demo: its pages, its visitors and its past.")
@click.option(
    "--demo-rate",
    type=click.FloatRange(0.01, 200),
    default=5.0,
    show_default=True,
    help="Events a second that the demo's visitors send by day; a night has two fifths of them.",
)
def command(data_dir: Path, port_base: int, no_demo: bool, demo_rate: float) -> None:
    """Start Kafka, ClickHouse, the collector, the consumer and a demo here; Ctrl-C stops them."""
    from runtime.settings import SettingError

    try:
        from local.errors import StackError
        from local.up import up
    except ModuleNotFoundError as error:
        needed = "The embedded stack is not installed. Run: pip install 'sillage[local]'"
        raise click.ClickException(needed) from error

    try:
        up(data_dir, port_base, None if no_demo else demo_rate)
    except (StackError, SettingError) as error:
        raise click.ClickException(str(error)) from error
