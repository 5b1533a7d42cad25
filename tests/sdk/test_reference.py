"""docs/reference/sdk.md names every call, option, attribute, reason and limit, and no other."""

import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "sdk" / "src"
REFERENCE = (ROOT / "docs" / "reference" / "sdk.md").read_text()
TABLE_ROW = re.compile(r"^\| (.+?) \|", re.M)


def section(title: str) -> str:
    """The text below one heading."""
    return REFERENCE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def first_column(title: str) -> set[str]:
    """The names in backticks in the first column of a section's table."""
    return {name for row in TABLE_ROW.findall(section(title)) for name in re.findall(r"`(\w+)", row)}


def test_every_call_is_there() -> None:
    calls = set(re.findall(r"^export (?:async )?function (\w+)", (SOURCE / "index.ts").read_text(), re.M))
    assert first_column("Calls") == calls


def test_every_option_is_there() -> None:
    options = (SOURCE / "start.ts").read_text().split("export interface Options {")[1].split("\n}")[0]
    assert first_column("Options") == set(re.findall(r"^  (\w+)\??:", options, re.M))


def test_every_attribute_of_the_tag_is_there() -> None:
    script = (SOURCE / "script.ts").read_text()
    (taken,) = re.findall(r"const \{ (.+) \} = dataset;", script)
    read = {
        *taken.split(", "),
        *re.findall(r'dataset\["(\w+)"\]', script),
        *re.findall(r'\bon\("(\w+)"\)', script),
    }
    attributes = {"data-" + re.sub("[A-Z]", lambda letter: f"-{letter[0].lower()}", name) for name in read}
    assert set(re.findall(r"^\|[^|]*\| `([a-z-]+)`", section("Options"), re.M)) == attributes


def test_every_reason_of_a_loss_is_there() -> None:
    (reasons,) = re.findall(r"export type LossReason = (.+);", (SOURCE / "queue.ts").read_text())
    assert first_column("Losses") - {"lost"} == set(re.findall(r'"(\w+)"', reasons))


def test_its_limits_are_those_of_the_code() -> None:
    queue, store = (SOURCE / "queue.ts").read_text(), (SOURCE / "store.ts").read_text()
    assert "const MAX_EVENTS = 20_000;" in queue and "20,000 events of one page" in REFERENCE
    assert "const MAX_BATCHES = 1_000;" in store and "1,000 batches on the device" in REFERENCE


def test_everything_that_is_kept_on_the_device_is_there() -> None:
    kept = set()
    for file in SOURCE.glob("*.ts"):
        kept |= set(re.findall(r'^const (?:KEY|ASKED_UNTIL|DATABASE) = "([\w.]+)";', file.read_text(), re.M))
    assert len(kept) == 4
    assert all(f"`{name}`" in section("What is kept on the device") for name in kept)


def test_it_says_what_the_files_weigh() -> None:
    weights = json.loads((SOURCE.parent / "dist" / "sizes.json").read_text())
    core, vitals, debug = (weights[f"sillage{part}.min.js"]["gzip"] for part in ("", "-vitals", "-debug"))
    stated = re.findall(r"^\|[^|]*\| ([\d,]+) \|[^|]*\|$", section("Files"), re.M)
    assert [int(size.replace(",", "")) for size in stated] == [core, vitals, debug, core + vitals + debug]
