"""`sillage usage`: how much the product is used, by whom and from where. A question is a module.

A question's module has one command: `@asking()` gives it the options of all questions as an Asked, and
`respond` takes what gives its statements, for `--sql`, and what makes an Answer of a client.
"""

import click

from cli.usage.active import active
from cli.usage.adoption import adoption
from cli.usage.compare import compare
from cli.usage.export import export
from cli.usage.funnel import funnel
from cli.usage.history import history
from cli.usage.lifecycle import lifecycle
from cli.usage.paths import paths
from cli.usage.properties import properties
from cli.usage.retention import retention
from cli.usage.tail import tail
from cli.usage.tenants import tenants
from cli.usage.top import top
from cli.usage.volume import volume


class _VolumeUnlessNamed(click.Group):
    """Options without a question ask for the volume: `sillage usage --tenant demo`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own = set(self.get_help_option_names(ctx))
        if args and args[0].startswith("-") and args[0] not in own:
            args = ["volume", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_VolumeUnlessNamed)
def command() -> None:
    """Say how much the product is used, by whom and from where.

    Without a command: volume.
    """


QUESTIONS = (
    volume, active, lifecycle, retention, adoption, top, compare, funnel, paths, history, tail,
    properties, tenants, export,
)  # fmt: skip

for each in QUESTIONS:
    command.add_command(each)
