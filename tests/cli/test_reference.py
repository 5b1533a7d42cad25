"""docs/reference/cli.md names every command, every option and every check, and no other."""

import re
from pathlib import Path

import click
import pytest

from cli import COMMANDS, main
from cli.checks import CHECKS

REFERENCE = (Path(__file__).parents[2] / "docs" / "reference" / "cli.md").read_text()


def section(title: str) -> str:
    """The text below a second-level heading that names the command."""
    found = re.search(
        rf"^## [^\n]*`sillage {title}`[^\n]*\n(.*?)(?=^## |\Z)", REFERENCE, re.MULTILINE | re.DOTALL
    )
    return found[1] if found else ""


def first_cells(text: str) -> list[str]:
    return re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)


def test_every_command_stands_in_the_table() -> None:
    overview = REFERENCE.partition("\n## ")[0]
    assert first_cells(overview) == [f"sillage {name}" for name in COMMANDS]


def commands() -> dict[str, click.Command]:
    """All, those of a group each; the group `geo` has a page of its own."""
    found: dict[str, click.Command] = {}
    for name in COMMANDS:
        one = main.get_command(click.Context(main), name)
        if isinstance(one, click.Group) and name != "geo":
            found |= {f"{name} {each}": command for each, command in one.commands.items()}
        elif one and name != "geo":
            found[name] = one
    return found


@pytest.mark.parametrize(("name", "command"), commands().items(), ids=list(commands()))
def test_every_option_stands_under_its_command(name: str, command: click.Command) -> None:
    declared = [one for one in command.params if isinstance(one, click.Option)]
    options = [option for one in declared for option in one.opts]
    assert [cell for cell in first_cells(section(name)) if cell.startswith("--")] == options


def test_every_check_stands_under_doctor() -> None:
    cells = [cell for cell in first_cells(section("doctor")) if not cell.startswith("--")]
    assert cells == [check.name for check in CHECKS]
