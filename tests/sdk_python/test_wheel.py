"""What `make build` makes of the emitter works where nothing else is installed."""

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

from sillage_emitter import __version__

from tests.conftest import ROOT

PROJECT = ROOT / "sdk" / "python"
IMPORT = """
import sys
sys.path.insert(0, sys.argv[1])
import sillage_emitter
print(sillage_emitter.__version__, sillage_emitter.__file__)
"""


def test_the_wheel_is_typed_and_imports_alone(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tmp_path)]
    subprocess.run(build, cwd=PROJECT, check=True, capture_output=True, timeout=60)
    (wheel,) = tmp_path.glob("sillage_emitter-*.whl")
    assert "sillage_emitter/py.typed" in zipfile.ZipFile(wheel).namelist()
    # Neither the environment's packages nor the working directory's.
    command = [sys.executable, "-I", "-S", "-W", "error", "-c", IMPORT, str(wheel)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60)
    version, file = done.stdout.split()
    assert version == __version__
    assert Path(file).is_relative_to(wheel)


def test_it_needs_nothing_but_the_standard_library() -> None:
    assert tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["dependencies"] == []
