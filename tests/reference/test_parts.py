"""A setting, a metric or an option that is new is in what `make reference` writes."""

from dataclasses import dataclass

import click
import pytest
from prometheus_client import Counter

from reference import commands, metrics, settings
from runtime import metrics as declared_metrics
from runtime import settings as declared_settings
from runtime.settings import ClickHouseSettings, setting


def test_a_new_setting_appears_with_what_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    @dataclass(frozen=True, kw_only=True)
    class NewSettings(ClickHouseSettings):
        """Something new."""

        new_limit: int = setting("Most of what is new.", 7, at_least=3)
        new_secret: str = setting("What opens it.", secret=True)

    monkeypatch.setattr(declared_settings, "NewSettings", NewSettings, raising=False)
    page = settings.settings()
    assert "## New\n\nSomething new." in page
    assert "| `SILLAGE_NEW_LIMIT` | a whole number, 3 or more | `7` | Most of what is new. |" in page
    assert "| `SILLAGE_NEW_SECRET` | text | required | What opens it. A secret: in no log. |" in page


def test_a_new_metric_appears_with_its_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    new = Counter("sillage_new", "What is new.", ["topic"], registry=None)
    monkeypatch.setattr(declared_metrics, "NEW", new, raising=False)
    assert "| `sillage_new_total` | counter | `topic` | What is new. | |" in metrics.metrics()


def test_every_metric_is_counted_by_a_command() -> None:
    rows = metrics.metrics().splitlines()[2:]
    assert len(rows) == len(metrics.every_metric())
    assert all(row.rstrip(" |").split("|")[-1].strip().startswith("`sillage ") for row in rows)


def test_an_option_that_is_new_or_gone_changes_the_table_of_its_command() -> None:
    @click.command()
    @click.option("--form", type=click.Choice(["a", "b|c"]), multiple=True, default=["a"], help="How.")
    def new() -> None:
        """Do something new."""

    gone = "| option | old |\n|---|---|\n| `--gone` | |"
    page = f"# Page\n\n## `sillage new`\n\n{gone}\n\nWhat it does.\n\n## `sillage x`\n"
    written = commands.with_options(page, "new", new)
    assert (
        "| `--form` | `a`, `b\\|c`, repeated | `a` | How. |\n\nWhat it does.\n\n## `sillage x`\n" in written
    )
    assert "--gone" not in written


def test_a_command_without_a_section_is_given_one() -> None:
    @click.command()
    def bare() -> None:
        """Do little."""

    assert commands.with_options("# Page\n", "bare", bare) == "# Page\n\n## `sillage bare`\n\nDo little.\n"
